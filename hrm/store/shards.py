"""Tables of puzzle embeddings in a model folder whose rows are parted over several files, as no process has them all.

::

    puzzles.json                         {"shards": 2, "tables": {"embedding.puzzles.weight": [rows, width]}}
    puzzles-00000-of-00002.safetensors   row 0, 2, 4 ... of every table
    puzzles-00001-of-00002.safetensors   row 1, 3, 5 ...

``model.safetensors`` beside them has everything else. Whoever reads them may have another number of ranks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import torch
from torch import Tensor

from hrm.errors import InputError
from hrm.files import read_json, whole_file
from hrm.nn.sharded import num_rows

INDEX = "puzzles.json"
ROWS_AT_ONCE = 2**18
"""Rows that are read or written at a time; of 512 numbers half a GB. Chosen by hand."""


class Shards(NamedTuple):
    """The sharded tables of a folder."""

    folder: Path
    num: int
    tables: dict[str, tuple[int, int]]  # name -> rows, width

    def file(self, shard: int) -> Path:
        return self.folder / file_name(shard, self.num)

    @property
    def names(self) -> list[str]:
        """The names of all files of the tables: the index, then the shards."""
        return [INDEX, *(file_name(shard, self.num) for shard in range(self.num))]

    def read_whole(self) -> dict[str, Tensor]:
        """Every table in one piece. Raises ``InputError`` where a file is missing or not what the index says."""
        return self.read(0, 1)

    def read(self, rank: int, size: int) -> dict[str, Tensor]:
        """The rows of one of ``size`` ranks, of every table; of the files, those that have any. Raises ``InputError``
        where one of them is missing or not what the index says."""
        for shard in range(self.num):  # all files, whoever reads: ranks must agree on whether a checkpoint is sound
            with _opened(self.file(shard)) as file:
                there = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            if there != {name: (num_rows(n, shard, self.num), width) for name, (n, width) in self.tables.items()}:
                raise InputError(f"{self.file(shard)} does not have the rows that {INDEX} tells of")
        return {name: self._read(name, rank, size) for name in self.tables}

    def _read(self, name: str, rank: int, size: int) -> Tensor:
        rows, width = self.tables[name]
        own: Tensor | None = None
        for shard in range(self.num):
            # Of the rows shard, shard + num ... those that are rank, rank + size ...: every step-th from the first on.
            step = size // math.gcd(size, self.num)
            first = next((k for k in range(step) if (shard + k * self.num) % size == rank), None)
            length = num_rows(rows, shard, self.num)
            if first is None or first >= length:
                continue
            place, stride = (shard + first * self.num) // size, self.num // math.gcd(size, self.num)
            with _opened(self.file(shard)) as file:
                there = file.get_slice(name)
                for start in range(first, length, ROWS_AT_ONCE * step):
                    part = there[start : start + ROWS_AT_ONCE * step][::step]
                    if own is None:
                        own = torch.zeros(num_rows(rows, rank, size), width, dtype=part.dtype)
                    at = place + (start - first) // step * stride
                    own[at : at + len(part) * stride : stride] = part
        return torch.zeros(num_rows(rows, rank, size), width) if own is None else own


def _opened(file: Path) -> safetensors.safe_open:
    try:
        return safetensors.safe_open(file, "pt")
    except (OSError, safetensors.SafetensorError) as error:
        raise InputError(f"cannot read {file}: missing, truncated, or not a safetensors file ({error})") from error


def file_name(shard: int, num: int) -> str:
    """The name of a shard's file."""
    return f"puzzles-{shard:05d}-of-{num:05d}.safetensors"


def write_shard(file: Path, tables: Mapping[str, Tensor], advice: str = "") -> None:
    """Write the float32 rows of one rank, as a safetensors file: some after the other, so that those of a device are
    never all in memory. Raises ``InputError`` where the disk refuses, with advice."""
    header: dict[str, dict[str, Any]] = {}
    end = 0
    for name, rows in tables.items():
        assert rows.dtype == torch.float32
        header[name] = {"dtype": "F32", "shape": list(rows.shape), "data_offsets": [end, end + rows.nbytes]}
        end += rows.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with whole_file(file, advice) as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for rows in tables.values():
            for part in torch.split(rows.detach(), ROWS_AT_ONCE):
                out.write(part.cpu().contiguous().numpy().data)


def index_json(num: int, tables: Mapping[str, tuple[int, int]]) -> bytes:
    """The content of ``puzzles.json``. tables: name -> rows, width."""
    return json.dumps({"shards": num, "tables": tables}, indent=2).encode()


def shards_in(folder: Path) -> Shards | None:
    """The sharded tables of a folder; None where it has none. Raises ``InputError`` for an index that is none."""
    if not (folder / INDEX).exists():
        return None
    values = read_json(folder / INDEX)
    num, tables = values.get("shards"), values.get("tables")
    if type(num) is not int or num < 1 or not isinstance(tables, dict):
        raise InputError(f"{folder / INDEX} is not an index of shards that hrm wrote")
    for shape in tables.values():
        if not isinstance(shape, list) or [type(n) for n in shape] != [int, int] or min(shape) < 1:
            raise InputError(f"{folder / INDEX} is not an index of shards that hrm wrote")
    return Shards(folder, num, {name: (rows, width) for name, (rows, width) in tables.items()})

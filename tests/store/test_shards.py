from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hrm.errors import InputError
from hrm.store import shards as shards_module
from hrm.store.shards import INDEX, file_name, index_json, shards_in, write_shard

NAME, NUM, WIDTH = "embedding.puzzles.weight", 23, 3


def write(folder: Path, num: int, rows: int = NUM) -> torch.Tensor:
    table = torch.arange(rows * WIDTH, dtype=torch.float32).view(rows, WIDTH)
    (folder / INDEX).write_bytes(index_json(num, {NAME: (rows, WIDTH)}))
    for shard in range(num):
        write_shard(folder / file_name(shard, num), {NAME: table[shard::num]})
    return table


@pytest.mark.parametrize("num", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("rows", [NUM, 3])
def test_any_number_of_ranks_reads_what_any_other_wrote(
    tmp_path: Path, num: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards_module, "ROWS_AT_ONCE", 2)
    table = write(tmp_path, num, rows)
    found = shards_in(tmp_path)
    assert found is not None
    assert torch.equal(found.read_whole()[NAME], table)
    for size in (1, 2, 3, 4, 5, 8):
        for rank in range(size):
            assert torch.equal(found.read(rank, size)[NAME], table[rank::size]), (size, rank)


def test_a_shard_is_a_safetensors_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards_module, "ROWS_AT_ONCE", 4)
    tables = {"one": torch.randn(11, 3), "none": torch.zeros(0, 3), "other": torch.randn(6, 2)[::2]}
    write_shard(tmp_path / "ours.safetensors", tables)
    found = load_file(tmp_path / "ours.safetensors")
    assert found.keys() == tables.keys()
    assert all(torch.equal(found[name], tables[name]) for name in tables)


def test_a_folder_without_an_index_has_none(tmp_path: Path) -> None:
    assert shards_in(tmp_path) is None


def test_what_is_missing_or_other_than_told_is_an_input_error_for_every_rank(tmp_path: Path) -> None:
    write(tmp_path, 2)
    found = shards_in(tmp_path)
    assert found is not None
    second = tmp_path / file_name(1, 2)
    whole = second.read_bytes()
    second.write_bytes(whole[:-10])
    for rank in (0, 1):
        with pytest.raises(InputError, match=r"cannot read .*puzzles-00001-of-00002.safetensors: missing, truncated"):
            found.read(rank, 2)
    second.unlink()
    with pytest.raises(InputError, match="missing, truncated"):
        found.read_whole()
    save_file({NAME: torch.zeros(2, WIDTH)}, second)
    with pytest.raises(InputError, match=r"does not have the rows that puzzles.json tells of"):
        found.read(0, 2)


@pytest.mark.parametrize("content", ['{"shards": 0, "tables": {}}', '{"shards": 1, "tables": {"a": [1]}}', "{}", "[]"])
def test_an_index_that_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / INDEX).write_text(content)
    with pytest.raises(InputError, match=r"that hrm wrote"):
        shards_in(tmp_path)

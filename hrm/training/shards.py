"""The sharded table of puzzle embeddings of a run (``training.shard_puzzle_table``): made, written, read by all ranks.

Checkpoints have a file of each rank (``store.shards``); a run goes on with any number of ranks.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from hrm.errors import InputError
from hrm.files import writable, write_whole
from hrm.models.base import Reasoner
from hrm.nn.embedding import PuzzleEmbedding, sharded_tables
from hrm.store.checksums import require_undamaged, sha256
from hrm.store.folder import require_finite
from hrm.store.shards import INDEX, file_name, index_json, shards_in, write_shard
from hrm.training.checkpoint import begin_checkpoint, unfinished_of
from hrm.training.config import RunConfig
from hrm.training.loop import TrainState
from hrm.types import TaskSpec
from hrm.world import World


def spec_to_build(spec: TaskSpec, config: RunConfig) -> TaskSpec:
    """``spec``, as a model is built by it that ``shard_tables`` is for: nobody makes a table of all puzzles, where it
    is to be sharded. Raises ``InputError`` for a run that has nothing to shard, or whose table would come from
    another."""
    if not config.training.shard_puzzle_table:
        return spec
    if not config.model.puzzle_embedding_size:
        raise InputError("training.shard_puzzle_table: the model has no puzzle embeddings, leave that out")
    if config.init is not None:
        raise InputError(
            "training.shard_puzzle_table: a sharded table begins anew, not with --init; leave one of them out"
        )
    return replace(spec, num_puzzles=1)


def shard_tables(model: Reasoner, spec: TaskSpec, config: RunConfig, world: World) -> None:
    """Give every rank its rows of the table, where it is to be sharded. ``model`` is on the device."""
    if config.training.shard_puzzle_table:
        for module in model.modules():
            if isinstance(module, PuzzleEmbedding):
                module.shard(spec.num_puzzles, world)


def num_weights(model: nn.Module) -> int:
    """The weights of a model, with all rows of a sharded table."""
    tables = sharded_tables(model).values()
    return sum(p.numel() for p in model.parameters()) + sum(rows.num * rows.own.shape[1] for rows in tables)


def write_shards(checkpoint: Path, state: TrainState) -> dict[str, str]:
    """Begin a checkpoint with the rows of every rank, and the index of the first, each written and synced by its rank:
    file name -> SHA-256, for ``write_checkpoint``. Where no table is sharded, nothing is begun: none. Every rank calls
    it. Raises ``InputError``; the unfinished folder is gone then."""
    tables, world = sharded_tables(state.model), state.world
    if not tables:
        return {}
    advice = "the checkpoints before are as they were; make room and go on with --resume"
    unfinished = unfinished_of(checkpoint)

    def begin() -> None:
        with writable(unfinished, advice):
            begin_checkpoint(checkpoint)

    def write() -> dict[str, str]:
        file = unfinished / file_name(world.rank, world.size)
        write_shard(file, {name: rows.own for name, rows in tables.items()}, advice)
        written = [file]
        if world.is_first:
            shapes = {name: (rows.num, rows.own.shape[1]) for name, rows in tables.items()}
            write_whole(unfinished / INDEX, index_json(world.size, shapes), advice)
            written.append(unfinished / INDEX)
        with writable(unfinished, advice):
            return {file.name: sha256(file) for file in written}

    try:
        world.first(begin)
        return {name: digits for sums in world.all(world.together(write)) for name, digits in sums.items()}
    except InputError:
        if world.is_first:
            shutil.rmtree(unfinished, ignore_errors=True)
        raise


def read_shards(folder: Path, state: TrainState) -> None:
    """Fill this rank's rows of sharded tables from a checkpoint that any number of ranks has written.

    Raises ``InputError`` where it has none, or others, or where they are not what was written. That is looked at by
    one rank for each file: what one finds, all must heed."""
    tables, world = sharded_tables(state.model), state.world
    if not tables:
        return
    found = shards_in(folder)
    if found is None:
        raise InputError(f"{folder} lacks {INDEX}")
    wanted = {name: (rows.num, rows.own.shape[1]) for name, rows in tables.items()}
    if found.tables != wanted:
        raise InputError(f"{folder / INDEX} tells of the tables {found.tables}, this run has {wanted}")
    own = found.read(world.rank, world.size)
    shards = found.names[1:]
    require_undamaged(folder, INDEX, *shards[world.rank :: world.size])
    require_finite(own, folder / INDEX)
    with torch.no_grad():
        for name, rows in tables.items():
            rows.own.copy_(own[name])

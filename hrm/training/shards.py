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
from hrm.store.folder import require_finite
from hrm.store.shards import INDEX, file_name, index_json, shards_in, write_shard
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


def write_shards(folder: Path, state: TrainState) -> bool:
    """True once every rank has written its rows into the new ``folder``, and the first the index; False, and no folder,
    where no table is sharded. What was unfinished beside it is deleted. Raises ``InputError``: the folder is gone."""
    tables, world = sharded_tables(state.model), state.world
    if not tables:
        return False

    advice = "the checkpoints before are as they were; make room and go on with --resume"

    def begin() -> None:
        with writable(folder, advice):
            for leftover in folder.parent.glob("tmp_*"):
                shutil.rmtree(leftover)
            folder.mkdir(parents=True)
        shapes = {name: (rows.num, rows.own.shape[1]) for name, rows in tables.items()}
        write_whole(folder / INDEX, index_json(world.size, shapes), advice)

    def write() -> None:
        own = {name: rows.own for name, rows in tables.items()}
        write_shard(folder / file_name(world.rank, world.size), own, advice)

    try:
        world.first(begin)
        world.together(write)
    except InputError:
        if world.is_first:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return True


def read_shards(folder: Path, state: TrainState) -> None:
    """Fill this rank's rows of sharded tables from a checkpoint that any number of ranks has written. Raises
    ``InputError`` where it has none, or others."""
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
    require_finite(own, folder / INDEX)
    with torch.no_grad():
        for name, rows in tables.items():
            rows.own.copy_(own[name])

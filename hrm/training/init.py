"""The start of a run from the weights of a trained model."""

from __future__ import annotations

from torch import nn

from hrm.errors import notify
from hrm.models.base import Reasoner
from hrm.nn.embedding import PuzzleEmbedding
from hrm.store.folder import load_model, load_weights


def begin_from(name: str, model: Reasoner) -> None:
    """The weights of the model called ``name`` (``store.locate.resolve``) in the place of those of ``model``.

    Those that are evaluated: of a run that keeps an average, the average. A table of puzzle embeddings with other
    puzzles than that of ``model`` stays behind, which is told. Raises ``InputError`` where there is no such model, or
    any other shape differs.
    """
    loaded = load_model(name)
    weights, fresh = dict(loaded.model.state_dict()), model.state_dict()
    for table in _tables(model):
        there = weights.get(table)
        if there is not None and there.shape[1:] == fresh[table].shape[1:] and len(there) != len(fresh[table]):
            notify(
                f"{name} knows {len(there):,} puzzle ids, this task has {len(fresh[table]):,}: their embeddings begin "
                "anew"
            )
            weights[table] = fresh[table]
    load_weights(model, weights, loaded.path, "the model of this run")


def _tables(model: nn.Module) -> list[str]:
    return [f"{name}.weight" for name, module in model.named_modules() if isinstance(module, PuzzleEmbedding)]

"""What holds for every model: it runs, learns to halt or not, resumes a carry, and reads what a segment reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hrm.errors import InputError
from hrm.inference.trace import recorded_updates
from hrm.models import MODELS, same_size_as
from hrm.models.hrm import HRMConfig
from hrm.models.settings import BackboneConfig, BlocksConfig
from hrm.segments.halting import is_exact
from hrm.segments.losses import LossKind, segment_loss
from hrm.types import Batch, TaskSpec

SPEC = TaskSpec(
    vocab_size=6, seq_len=16, num_puzzles=3, grid_shape=(4, 4), symbols=tuple(" .1234"), interchangeable=(2, 3, 4, 5)
)
BATCH = Batch(torch.randint(0, 6, (4, 16)), torch.randint(1, 6, (4, 16)), torch.tensor([0, 1, 2, 2]))


def small(name: str, **more: object) -> object:
    """A model's own levels and cycles at width 32."""
    sizes = HRMConfig(hidden_size=32, num_heads=2, puzzle_embedding_size=16)
    return replace(same_size_as(sizes, name), **more)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_thinks_and_learns(name: str) -> None:
    torch.manual_seed(0)
    config = small(name, puzzle_embedding_size=16)
    model = config.build(SPEC)
    carry = model.initial_carry(4)
    with recorded_updates(model) as updates:
        for _ in range(2):
            carry, prediction = model(carry, BATCH)
    assert prediction.logits.shape == (4, 16, 6)
    assert prediction.q_halt.shape == (4,)
    assert (prediction.q_continue is not None) == config.has_q_continue
    assert not any(part.requires_grad for part in carry)
    is_possible = prediction.logits > -1_000  # a lattice answers with what is alive
    torch.testing.assert_close(model.read(updates[-1][1])[is_possible], prediction.logits[is_possible])
    own = model.own_lesson(prediction, BATCH)
    (own.total if own else prediction.logits.square().sum() + prediction.q_halt.sum()).backward()
    assert all(p.grad is not None for p in model.parameters()), "every weight is used"


OF_BLOCKS = [name for name, config in MODELS.items() if issubclass(config, BlocksConfig)]


@pytest.mark.parametrize("mixing", ["attention", "mlp", "state_space", "hybrid"])
@pytest.mark.parametrize("name", OF_BLOCKS)
def test_every_model_of_blocks_lets_cells_see_each_other_in_every_way(name: str, mixing: str) -> None:
    torch.manual_seed(0)
    model = small(name, mixing=mixing, state_size=4).build(SPEC)
    names = [parameter for parameter, _ in model.named_parameters()]
    for part, ways in {".mixer.": ["mlp"], ".attention.": ["attention", "hybrid"]}.items():
        assert any(part in parameter for parameter in names) == (mixing in ways)
    first = [".blocks.0.state_space." in parameter for parameter in names]
    assert any(first) == (mixing in ("state_space", "hybrid")), "a hybrid begins with it"
    _, prediction = model(model.initial_carry(4), BATCH)
    own = model.own_lesson(prediction, BATCH)
    (own.total if own else prediction.logits.square().sum() + prediction.q_halt.sum()).backward()
    assert all(p.grad is not None for p in model.parameters()), "every weight is used"
    other = BATCH._replace(inputs=BATCH.inputs.clone())
    other.inputs[:, 0] = other.inputs[:, 0] % 5 + 1
    _, moved = model(model.initial_carry(4), other)
    if own is None:  # else a lattice, which answers with what is alive
        assert (moved.logits[:, -1] != prediction.logits[:, -1]).any(-1).all(), "the last cell sees the first"
    model.eval().double()
    with OnlyFloat64(), torch.no_grad():
        model(model.initial_carry(4, torch.float64), BATCH)


class OnlyFloat64(TorchDispatchMode):
    """Within, no operation may give a number of another precision."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        results = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves(results) if isinstance(leaf, torch.Tensor)]
        assert all(t.dtype == torch.float64 for t in tensors if t.is_floating_point()), func
        return results


@pytest.mark.parametrize("loss", ["stablemax", "softmax"])
@pytest.mark.parametrize("name", MODELS)
def test_in_float64_nothing_is_rounded_to_less(name: str, loss: LossKind) -> None:
    model = small(name).build(SPEC).double()
    with OnlyFloat64():
        _, prediction = model(model.initial_carry(4, torch.float64), BATCH)
        exact = is_exact(prediction.logits, BATCH.labels)
        target = None if prediction.q_continue is None else prediction.q_continue.detach().sigmoid()
        segment_loss(prediction, BATCH.labels, exact, target, loss).total.backward()


@pytest.mark.parametrize("name", MODELS)
def test_rows_do_not_see_each_other(name: str) -> None:
    torch.manual_seed(0)
    model = small(name).build(SPEC).eval()
    _, together = model(model.initial_carry(4), BATCH)
    _, alone = model(model.initial_carry(1), Batch(*(part[2:3] for part in BATCH)))
    torch.testing.assert_close(together.logits[2:3], alone.logits)


@pytest.mark.parametrize("name", ["hrm", "equivariant", "transformer"])
def test_random_starts_while_training_and_one_of_them_afterwards(name: str) -> None:
    model = small(name, random_start=True, noise=0.1, damping=0.05).build(SPEC)
    assert model.is_random
    one, two = model.initial_carry(4), model.initial_carry(4)
    assert not torch.equal(one[0], two[0])
    assert one[0].std() == pytest.approx(1.0, abs=0.1)
    model.eval()
    assert torch.equal(model.initial_carry(4)[0], model.initial_carry(4)[0])
    assert model.initial_carry(4)[0].shape == one[0].shape
    first, second = (model(model.initial_carry(4), BATCH)[1].logits for _ in range(2))
    assert torch.equal(first, second), "no noise while evaluating"
    assert not small(name).build(SPEC).is_random


def test_a_model_of_the_size_of_another_keeps_sizes_and_its_own_cycles() -> None:
    config = same_size_as(HRMConfig(hidden_size=96, H_cycles=5, mixing="mlp"), "trm")
    assert isinstance(config, BackboneConfig)
    assert (config.hidden_size, config.mixing, config.H_cycles) == (96, "mlp", 3)
    with pytest.raises(InputError, match="did you mean 'trm'"):
        same_size_as(HRMConfig(), "trn")

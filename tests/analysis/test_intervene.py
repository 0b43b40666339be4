"""Interventions reach the level they name, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from known import stay, subject, toy

from hrm.analysis.intervene import CHANGES, held, look_at_interventions, with_one_given_changed
from hrm.errors import InputError
from hrm.models.lattice import LatticeConfig
from hrm.models.recursion import TwoStates
from hrm.models.trm import TRMConfig


@pytest.mark.parametrize("level", ["L_level", "H_level"])
def test_a_held_level_stays_and_the_other_one_moves(level: str) -> None:
    about = subject(toy())
    model = TRMConfig(hidden_size=16, num_heads=2, puzzle_embedding_size=0).build(about.task.spec).eval()
    carry = model.initial_carry(12)
    carry, _ = model(carry, about.batch)
    with held(model, level):
        for _ in range(2):
            after, _ = model(carry, about.batch)
            other = "z_L" if level == "H_level" else "z_H"
            assert torch.equal(getattr(after, f"z_{level[0]}"), getattr(carry, f"z_{level[0]}"))
            assert not torch.equal(getattr(after, other), getattr(carry, other))
            carry = after
    free, _ = model(carry, about.batch)
    assert not torch.equal(getattr(free, f"z_{level[0]}"), getattr(carry, f"z_{level[0]}")), "afterwards it is free"


def test_an_identity_that_is_frozen_has_no_effect_and_one_that_is_exchanged_has() -> None:
    model = toy()
    weights = torch.linalg.qr(torch.randn(16, 16))[0][:6]
    model.lm_head.weight.data, model.embedding.tokens.data = weights, weights.clone()
    about = subject(model)
    start = model.carry_at(model.initial_carry(12), about.batch._replace(inputs=about.batch.labels))
    model.initial_carry = lambda rows, dtype=torch.float32: TwoStates(*(part[:rows] for part in start))  # type: ignore[method-assign]
    found = look_at_interventions(replace(about, batch_size=12))
    rows = found.figures["interventions"]
    effects = {(row["what"], row["level"], row["after"]): row["effect"]["mean"] for row in rows}
    assert found.figures["plain"]["mean"] == 1.0
    assert effects["swap", "H_level", 1] == effects["swap", "H_level", 3] == -1.0
    assert {effect for (what, level, _), effect in effects.items() if what == "freeze" or level == "L_level"} == {0.0}
    assert "swap of H_level after 1 segments costs 100.0" in found.sentence
    assert "no effect is seen of" in found.sentence


def test_one_given_is_changed_to_what_another_one_holds() -> None:
    batch = subject(toy()).batch
    changed = with_one_given_changed(batch, torch.Generator().manual_seed(0))
    differs = changed.inputs != batch.inputs
    assert (differs.sum(1) == 1).all()
    assert (batch.inputs == batch.labels)[differs].all(), "it was a given"
    for row, (before, after) in enumerate(zip(batch.inputs, changed.inputs, strict=True)):
        assert after[differs[row]].item() in before[before == batch.labels[row]].tolist()


def test_changes_are_what_they_say() -> None:
    model = toy(of_L=stay)
    carry = TwoStates(torch.randn(4, 16, 16), 3 * torch.randn(4, 16, 16))
    generator = torch.Generator().manual_seed(0)
    swapped = CHANGES["swap"](model, carry, "z_L", generator)
    assert torch.equal(swapped.z_L[1], carry.z_L[0])
    assert torch.equal(swapped.z_H, carry.z_H)
    noisy = CHANGES["noise"](model, carry, "z_L", generator)
    assert float((noisy.z_L - carry.z_L).std() / carry.z_L.std()) == pytest.approx(1.0, rel=0.1)
    anew = CHANGES["restart"](model, carry, "z_H", generator)
    assert torch.equal(anew.z_H, model.initial_carry(4).z_H)
    assert torch.equal(anew.z_L, carry.z_L)


def test_models_without_latent_states_are_refused() -> None:
    about = subject(toy())
    config = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=1, mixing="mlp", positions="none")
    with pytest.raises(InputError, match="no latent states"):
        look_at_interventions(replace(about, model=config.build(about.task.spec).eval()))
    with pytest.raises(InputError, match="at least 2 segments"):
        look_at_interventions(replace(about, segments=1))

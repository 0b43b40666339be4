"""Published checkpoints in our models; the numbers of ``shared/fixtures/official_checkpoint_*``."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import yaml
from published import RUNS, SMALL, Parity

from hrm.errors import InputError
from hrm.store.published import CONFIG, Source, find
from hrm.store.published_settings import read_settings
from hrm.store.published_weights import PUZZLES, TOKENS, fit, our_name, read_weights, without_end
from hrm.tasks.published import PublishedConfig
from hrm.types import Batch, TaskSpec

SPEC = TaskSpec(vocab_size=11, seq_len=81, num_puzzles=1, grid_shape=(9, 9), symbols=tuple("_.123456789"))


def copied(original: Path, folder: Path) -> Path:
    folder.mkdir()
    for name in (CONFIG, "step_1234", "expected.safetensors"):
        shutil.copyfile(original / name, folder / name)
    return folder


def change_config(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    values = yaml.safe_load((folder / CONFIG).read_text())
    change(values)
    (folder / CONFIG).write_text(yaml.safe_dump(values))


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    weights = torch.load(folder / "step_1234", weights_only=True)
    change(weights)
    torch.save(weights, folder / "step_1234")


@torch.no_grad()
def test_an_imported_checkpoint_thinks_as_the_published_one(folder: Path) -> None:
    """The first segment to 1e-5; the answers after 1, 2 and 16 segments.

    We think in float64; the stored outputs were computed in float32, and random weights make that rounding grow: HRM's
    logits are 2e-6, 5e-6 and 7e-3 apart after 1, 2 and 16 segments, TRM's 1e-5, 2e-5 and 9e-6. How exactly a model
    agrees is tested where both are float64: test_parity.py.
    """
    source = find(folder)
    model = read_settings(source).model.build(SPEC).double().eval()
    assert fit(model, read_weights(source.weights).weights, source, "keep") is None
    expected = safetensors.torch.load_file(folder / "expected.safetensors")
    inputs = expected["inputs"].long()
    batch = Batch(inputs, inputs, expected["puzzle_identifiers"].long())
    carry = model.initial_carry(len(inputs), torch.float64)
    for k in range(16):
        carry, prediction = model(carry, batch)
        if k == 0:
            for ours, name in ((prediction.logits, "logits"), (prediction.q_halt, "q_halt_logits")):
                torch.testing.assert_close(ours, expected[f"segment.0.{name}"].double(), rtol=0, atol=1e-5)
        if k in (0, 1, 15):
            assert torch.equal(prediction.logits.argmax(-1), expected[f"segment.{k}.logits"].argmax(-1))


@pytest.mark.parametrize("name", [*RUNS, "urm_forward"])
def test_every_architecture_takes_every_published_weight(name: str) -> None:
    parity = Parity(SMALL / f"{name}.safetensors")
    prefix = "weights." if name == "urm_forward" else "weights_before."
    weights = {
        our_name(f"_orig_mod.model.{k.removeprefix(prefix)}"): v for k, v in parity.tensors.items() if prefix in k
    }
    model = parity.read_arch()[0].build(parity.spec())
    assert fit(model, weights, Source(Path("step_1"), Path(CONFIG), 1), "keep") is None
    assert all(torch.equal(tensor, weights[key]) for key, tensor in model.state_dict().items())


@pytest.mark.parametrize("name", ["_orig_mod.model.inner.", "model.inner.", "model._orig_mod.inner.", "inner.", ""])
def test_prefixes_of_names(name: str) -> None:
    assert our_name(f"{name}H_level.layers.0.mlp.down_proj.weight") == "H_level.blocks.0.swiglu.down_proj.weight"


class Malicious:
    """A pickle of it calls ``Path.mkdir``."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.mkdir, (self.target,)


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_file_that_wants_to_run_code_is_refused_and_nothing_is_run(tmp_path: Path, is_zip: bool) -> None:
    target, file = tmp_path / "made by the file", tmp_path / "step_1"
    pickle.loads(pickle.dumps(Malicious(target)))
    assert target.is_dir(), "the pickle works"
    target.rmdir()
    torch.save({"model.inner.H_init": Malicious(target)}, file, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(InputError, match="refused"):
        read_weights(file)
    assert not target.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop(f"{PREFIX}lm_head.weight"), "missing lm_head.weight"),
        (lambda w: w.update({f"{PREFIX}extra.weight": torch.zeros(2)}), "unknown extra.weight"),
        (
            lambda w: w.update({f"{PREFIX}lm_head.weight": torch.zeros(11, 32)}),
            r"lm_head.weight is \(11, 32\), the model needs \(11, 64\)",
        ),
        (lambda w: w.update({f"{PREFIX}puzzle_emb.weights": torch.zeros(1, 9)}), r"puzzles.weight is \(1, 9\)"),
        (lambda w: w.pop(f"{PREFIX}puzzle_emb.weights"), "missing embedding.puzzles.weight"),
        (lambda w: w.update({f"{PREFIX}embed_tokens.embedding_weight": torch.zeros(6, 64)}), "knows 6 tokens"),
    ],
)
def test_weights_that_do_not_fit_are_named(trm_folder: Path, change: Callable[..., Any], message: str) -> None:
    change_weights(trm_folder, change)
    source = find(trm_folder)
    with pytest.raises(InputError, match=message):
        fit(read_settings(source).model.build(SPEC), read_weights(source.weights).weights, source, "drop")


PREFIX = "_orig_mod.model.inner."


def test_half_precision_becomes_float32(trm_folder: Path) -> None:
    change_weights(trm_folder, lambda w: w.update({name: tensor.bfloat16() for name, tensor in w.items()}))
    assert all(tensor.dtype == torch.float32 for tensor in read_weights(trm_folder / "step_1234").weights.values())


def test_a_table_of_puzzles_that_does_not_fit_is_never_ignored(trm_folder: Path) -> None:
    source = find(trm_folder)
    weights = read_weights(source.weights).weights
    weights[PUZZLES] = torch.ones(7, 64)
    config = read_settings(source).model
    with pytest.raises(InputError, match="7 rows, the task has 1 puzzle"):
        fit(config.build(SPEC), weights, source, "keep")
    for choice in ("drop", "separate"):
        model = config.build(SPEC)
        left_out = fit(model, weights, source, choice)
        assert left_out is not None
        assert torch.equal(left_out, torch.ones(7, 64))
        assert not model.state_dict()[PUZZLES].any()
    seven = replace(SPEC, num_puzzles=7)
    model = config.build(seven)
    assert fit(model, weights, source, "drop") is None, "one that fits is loaded, whatever was chosen"
    assert model.state_dict()[PUZZLES].all()
    with pytest.raises(InputError, match="numbered in another way"):
        fit(config.build(seven), weights, source, "keep", same_ids=False)


def test_the_task_of_the_fixture_is_the_one_above(shared: Path) -> None:
    spec = PublishedConfig(folder=shared / "fixtures/official_sudoku").build().spec
    assert (spec.vocab_size, spec.seq_len, spec.num_puzzles) == (SPEC.vocab_size, SPEC.seq_len, SPEC.num_puzzles)
    assert json.loads((shared / "fixtures/official_sudoku/test/dataset.json").read_text())["seq_len"] == 81


def test_weights_that_are_no_numbers_are_named(trm_folder: Path) -> None:
    name = f"{PREFIX}L_level.layers.1.mlp.down_proj.weight"
    for number in (float("nan"), float("inf"), -float("inf")):
        change_weights(trm_folder, lambda w, number=number: w[name].view(-1)[5:7].fill_(number))
        source = find(trm_folder)
        with pytest.raises(
            InputError, match=r"L_level\.blocks\.1\.swiglu\.down_proj\.weight holds NaN or infinity \(2 of"
        ):
            fit(read_settings(source).model.build(SPEC), read_weights(source.weights).weights, source, "keep")


def test_a_left_out_table_is_looked_at_too(trm_folder: Path) -> None:
    source = find(trm_folder)
    weights = read_weights(source.weights).weights | {PUZZLES: torch.full((7, 64), float("nan"))}
    with pytest.raises(InputError, match="holds NaN"):
        fit(read_settings(source).model.build(SPEC), weights, source, "separate")


def test_a_head_for_stopping_alone(trm_folder: Path) -> None:
    """nano-trm's has one row; ours has two, the second of which a model without the value of going on never reads."""
    source = find(trm_folder)
    weights = read_weights(source.weights).weights
    both = read_settings(source).model.build(SPEC)
    fit(both, weights, source, "keep")
    weights |= {name: weights[name][:1] for name in ("q_head.weight", "q_head.bias")}
    model = read_settings(source).model.build(SPEC)
    fit(model, weights, source, "keep")
    state = torch.randn(3, 64)
    torch.testing.assert_close(model.q_head(state)[0], both.q_head(state)[0])
    with pytest.raises(InputError, match=r"q_head\.weight is \(1, 64\)"):
        fit(replace(read_settings(source).model, has_q_continue=True).build(SPEC), weights, source, "keep")


def test_the_token_that_ends_a_grid_is_left_out() -> None:
    rows = torch.arange(12.0)[:, None]
    kept = without_end({TOKENS: rows, "lm_head.weight": rows, "H_init": rows})
    assert kept[TOKENS].flatten().tolist() == kept["lm_head.weight"].flatten().tolist() == [0, *range(2, 12)]
    assert len(kept["H_init"]) == 12

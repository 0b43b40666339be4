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
from hrm.store.published import CONFIG, PUZZLES, Source, choose, find, fit, our_name, read_weights, step_of
from hrm.store.published_settings import read_settings
from hrm.tasks.published import PublishedConfig
from hrm.types import Batch, TaskSpec

SPEC = TaskSpec(vocab_size=11, seq_len=81, num_puzzles=1, grid_shape=(9, 9), symbols=tuple("_.123456789"))


@pytest.fixture(params=["hrm", "trm"])
def folder(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Path:
    """A copy of a published checkpoint, to be spoilt."""
    return copied(shared / f"fixtures/official_checkpoint_{request.param}", tmp_path / "checkpoint")


@pytest.fixture
def trm_folder(shared: Path, tmp_path: Path) -> Path:
    return copied(shared / "fixtures/official_checkpoint_trm", tmp_path / "checkpoint")


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
    assert fit(model, read_weights(source.weights), source, "keep") is None
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


def test_files_that_are_no_state_dict(folder: Path) -> None:
    file = folder / "step_1234"
    for content in (b"", b"not a pickle", file.read_bytes()[:5000]):
        file.write_bytes(content)
        with pytest.raises(InputError, match="step_1234"):
            read_weights(file)
    torch.save({"model_state_dict": {"x": torch.zeros(1)}, "step": 3}, file)
    with pytest.raises(InputError, match="not a bare state dict"):
        read_weights(file)


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
        fit(read_settings(source).model.build(SPEC), read_weights(source.weights), source, "drop")


PREFIX = "_orig_mod.model.inner."


def test_half_precision_becomes_float32(trm_folder: Path) -> None:
    change_weights(trm_folder, lambda w: w.update({name: tensor.bfloat16() for name, tensor in w.items()}))
    assert all(tensor.dtype == torch.float32 for tensor in read_weights(trm_folder / "step_1234").values())


def test_a_table_of_puzzles_that_does_not_fit_is_never_ignored(trm_folder: Path) -> None:
    source = find(trm_folder)
    weights = read_weights(source.weights)
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


def test_which_checkpoint(trm_folder: Path) -> None:
    for name in ("step_99", "step_5000", "step_9999_all_preds.0", "step_x"):
        (trm_folder / name).touch()
    assert find(trm_folder).step == 5000
    assert find(trm_folder, 99).weights == trm_folder / "step_99"
    assert find(trm_folder / "step_99") == Source(trm_folder / "step_99", trm_folder / CONFIG, 99)
    with pytest.raises(InputError, match=r"no checkpoint of step 7\. Steps: 99, 1234, 5000"):
        find(trm_folder, 7)
    with pytest.raises(InputError, match="--step chooses among the files of a folder"):
        find(trm_folder / "step_99", 99)
    assert step_of("step_21700_sudoku_50k") == 21700
    assert choose(["README.md", "checkpoint", CONFIG], None, "x") == "checkpoint"


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no checkpoint at"):
        find(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"it holds no all_config\.yaml"):
        find(tmp_path)
    (tmp_path / CONFIG).touch()
    with pytest.raises(InputError, match="no file step_N"):
        find(tmp_path)


def test_the_task_of_the_fixture_is_the_one_above(shared: Path) -> None:
    spec = PublishedConfig(folder=shared / "fixtures/official_sudoku").build().spec
    assert (spec.vocab_size, spec.seq_len, spec.num_puzzles) == (SPEC.vocab_size, SPEC.seq_len, SPEC.num_puzzles)
    assert json.loads((shared / "fixtures/official_sudoku/test/dataset.json").read_text())["seq_len"] == 81

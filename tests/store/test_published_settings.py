"""What ``all_config.yaml`` of the published codes says, in our terms."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store.test_published_weights import change_config

from hrm.errors import InputError
from hrm.models.hrm import HRMConfig
from hrm.models.trm import TRMConfig
from hrm.store.published import CONFIG, find
from hrm.store.published_settings import ARCHITECTURES, read_arch, read_settings, read_yaml
from hrm.training.settings import TrainingConfig


def test_settings_become_ours(shared: Path) -> None:
    source = find(shared / "fixtures/official_checkpoint_trm")
    assert source.step == 1234
    settings = read_settings(source)
    assert settings.model == TRMConfig(
        hidden_size=64,
        num_heads=4,
        L_layers=2,
        H_cycles=3,
        L_cycles=4,
        puzzle_embedding_size=64,
        puzzle_embedding_len=4,
    )
    assert TrainingConfig(**settings.training) == TrainingConfig(
        steps=1234, batch_size=8, warmup_steps=10, max_segments=16, ema_decay=0.999, loss="stablemax"
    )
    of_hrm = read_settings(find(shared / "fixtures/official_checkpoint_hrm"))
    assert isinstance(of_hrm.model, HRMConfig)
    assert "ema_decay" not in of_hrm.training


ARCH = {"hidden_size": 64, "num_heads": 4, "expansion": 4, "pos_encodings": "rope", "H_cycles": 2, "L_cycles": 3}


def test_what_the_published_code_does_without_saying_it() -> None:
    of_trm = {"name": "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1", **ARCH, "L_layers": 2}
    config, training = read_arch(of_trm, "x")
    assert config == TRMConfig(hidden_size=64, num_heads=4, H_cycles=2, L_cycles=3, puzzle_embedding_size=0)
    assert training == {}
    config, _ = read_arch({**of_trm, "mlp_t": True, "pos_encodings": "none", "puzzle_emb_len": 0}, "x")
    assert isinstance(config, TRMConfig)
    assert (config.mixing, config.positions, config.puzzle_embedding_len) == ("mlp", "none", None)
    config, _ = read_arch({**of_trm, "no_ACT_continue": False}, "x")
    assert config.has_q_continue
    config, training = read_arch({"name": "urm.urm@URM", **ARCH, "num_layers": 4, "loops": 12}, "x")
    assert training == {"max_segments": 12, "exploration_prob": 0.1}
    name = "recursive_reasoning.transformers_baseline@Model_ACTV2"
    config, training = read_arch({"name": name, **ARCH, "H_layers": 8}, "x")
    assert (config.H_cycles, config.L_cycles) == (1, 1), "declared there, and never looked at"
    assert config.has_q_continue
    assert training == {"continue_share": 0.0}
    of_hrm = {"name": "recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1", **ARCH, "H_layers": 4, "L_layers": 4}
    config, _ = read_arch({**of_hrm, "mlp_t": False}, "x")  # as TRM's code writes it
    assert config == HRMConfig(hidden_size=64, num_heads=4, H_cycles=2, L_cycles=3, puzzle_embedding_size=0)
    with pytest.raises(InputError, match=r"arch\.mlp_t is True"):
        read_arch({**of_hrm, "mlp_t": True}, "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(wheels=4), "unknown settings: wheels"),
        (lambda c: c["arch"].update(num_experts=8), "arch.num_experts"),
        (lambda c: c["arch"].pop("hidden_size"), "arch.hidden_size is missing"),
        (lambda c: c["arch"].update(rope_theta=500.0), "arch.rope_theta is 500.0, our models know only 10000.0"),
        (lambda c: c["arch"].update(hidden_size="wide"), "hidden_size"),
        (lambda c: c["arch"].update(num_heads=5), "num_heads"),
        (lambda c: c["arch"].update(pos_encodings="spiral"), "positions"),
        (lambda c: c["arch"].update(name="other.model@Model"), "arch.name 'model@Model'"),
        (lambda c: c["arch"]["loss"].update(loss_type="hinge"), "loss_type 'hinge'"),
        (lambda c: c.pop("arch"), "must have a section arch"),
    ],
)
def test_settings_that_cannot_be_are_named(folder: Path, change: Callable[..., Any], message: str) -> None:
    change_config(folder, change)
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        read_settings(find(folder))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", r"yaml, line 1: not YAML \(expected"),
        ("arch:\n  a: 1\n\tb: 2\n", r"yaml, line 3: not YAML \(found character '\\t'"),
        ("arch:\n  a: &x\n  b: *y\n", r"yaml, line 3: not YAML \(found undefined alias"),
        ("day: 2020-13-45\n", r"not YAML \(month"),
        ("[" * 5000, "not YAML"),
        ("just words", "must hold settings, but holds a str"),
        ("", "is empty: it was not fetched whole"),
        ("# nothing\n", "must hold settings, but holds nothing"),
        ("<html>404</html>", "is a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 914\n", "is a git-lfs pointer"),
    ],
)
def test_a_configuration_that_is_none_is_told_in_one_line(folder: Path, text: str, message: str) -> None:
    (folder / CONFIG).write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_settings(find(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("no_ACT_continue", "maybe", "must be true or false"),
        ("no_ACT_continue", 1, "must be true or false"),
        ("H_cycles", 2.5, r"arch\.H_cycles is 2\.5: it must be a whole number"),
        ("L_layers", True, "must be a whole number"),
        ("H_cycles", -2, "H_cycles is -2"),
    ],
)
def test_values_of_another_type(trm_folder: Path, key: str, value: Any, message: str) -> None:
    change_config(trm_folder, lambda config: config["arch"].update({key: value}))
    with pytest.raises(InputError, match=message):
        read_settings(find(trm_folder))


def test_values_that_were_written_as_words_or_fractions_mean_what_they_say(trm_folder: Path) -> None:
    before = read_settings(find(trm_folder))
    words = {"mlp_t": "False", "no_ACT_continue": "true", "hidden_size": 64.0, "H_cycles": "3"}
    change_config(trm_folder, lambda config: (config["arch"].update(words), config.update(ema="True", lr="1e-4")))
    after = read_settings(find(trm_folder))
    assert after.model == before.model
    assert after.training.keys() == before.training.keys()


def test_without_a_configuration_it_says_what_is_missing(trm_folder: Path) -> None:
    (trm_folder / CONFIG).rename(trm_folder.parent / "mine.yaml")
    with pytest.raises(InputError, match=r"holds no all_config\.yaml, which says what model step_1234 is.*--config"):
        read_settings(find(trm_folder / "step_1234"))
    assert read_settings(find(trm_folder, config=trm_folder.parent / "mine.yaml")).model.hidden_size == 64


def test_without_pyyaml_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InputError, match=r"pip install 'hrm-lab\[import\]'"):
        read_settings(find(folder))


def test_a_configuration_cannot_run_code(folder: Path, tmp_path: Path) -> None:
    (folder / CONFIG).write_text(f"arch: !!python/object/apply:os.mkdir ['{tmp_path / 'made'}']\n")
    with pytest.raises(InputError, match="not YAML"):
        read_settings(find(folder))
    assert not (tmp_path / "made").exists()


def test_names_of_architectures_are_told_apart_by_module_and_class() -> None:
    """TRM's ablations have its class name, in modules of other names: they are other models."""
    assert "trm_singlez@TinyRecursiveReasoningModel_ACTV1" not in ARCHITECTURES
    with pytest.raises(InputError, match="trm_hier6"):
        read_arch({"name": "recursive_reasoning.trm_hier6@TinyRecursiveReasoningModel_ACTV1", **ARCH}, "x")


def test_a_configuration_that_another_program_wrote(folder: Path) -> None:
    text = (folder / CONFIG).read_text()
    (folder / CONFIG).write_text(text, encoding="utf-16")
    assert read_settings(find(folder)).architecture


def test_a_number_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    (tmp_path / "all_config.yaml").write_text("lr: 1e-4\nweight_decay: 1.0E+2\nname: 1e-4th\n")
    assert read_yaml(tmp_path / "all_config.yaml") == {"lr": 1e-4, "weight_decay": 100.0, "name": "1e-4th"}

"""What is in a file that passes for a checkpoint."""

from __future__ import annotations

import argparse
import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from hrm.errors import InputError
from hrm.store.published_file import pick, read_file

WEIGHTS = {"model.inner.lm_head.weight": torch.ones(3, 2), "model.inner.H_init": torch.zeros(2)}


def saved(content: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    torch.save(content, out, **options)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("step_1", "x")
    return out.getvalue()


def array() -> bytes:
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 109234567\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: it was not fetched whole"),
        (b"\n", "is empty"),
        (POINTER, "git-lfs pointer in place of the file of 109,234,567 bytes: run git lfs pull"),
        (b"<!doctype html><html>404</html>", "is a web page: fetch the file itself"),
        (b"\r\n<?xml version='1.0'?><Error/>", "is a web page"),
        (b"Entry not found", "is a text, not weights .'Entry not found'"),
        (b'{"error": "Repository not found"}', "is a text, not weights"),
        (gzip.compress(saved(WEIGHTS)), r"is packed \(gzip\): unpack it"),
        (b"\x28\xb5\x2f\xfd" + bytes(50), r"is packed \(zstd\)"),
        (bytes(257) + b"ustar" + bytes(300), r"is packed \(tar\)"),
        (zipped(), "is a zip archive, not a checkpoint"),
        (saved(WEIGHTS)[:700], "is cut off: 700 bytes of a longer file"),
        (saved(WEIGHTS, _use_new_zipfile_serialization=False)[:150], "truncated, or not written by torch.save|damaged"),
        (safetensors.torch.save(WEIGHTS)[:40], "is cut off: 40 bytes do not hold the header"),
        (safetensors.torch.save(WEIGHTS)[:-4], "truncated"),
        (b"GGUF" + bytes(40), "is a GGUF file"),
        (array(), "is a NumPy file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "is a HDF5"),
        (bytes(range(200, 256)) * 9, "damaged|truncated"),
    ],
)
def test_what_is_there_instead_is_said(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "step_1"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_file(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(file))


@pytest.mark.parametrize("name", ["step_1", "model.safetensors"])
def test_every_way_of_writing_tensors_is_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    for content in (
        saved(WEIGHTS),
        saved(WEIGHTS, _use_new_zipfile_serialization=False),
        safetensors.torch.save(WEIGHTS),
    ):
        file.write_bytes(content)
        assert torch.equal(read_file(file)["model.inner.lm_head.weight"], torch.ones(3, 2))


class Loud:
    """An object whose making is told to nobody."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1


def test_settings_beside_the_weights_are_thrown_away_and_other_classes_refused(tmp_path: Path) -> None:
    file = tmp_path / "step_1"
    args = argparse.Namespace(lr=1, path=Path("x"), number=np.float64(3))
    file.write_bytes(saved({"model": WEIGHTS, "args": args}))
    content = read_file(file)
    assert not hasattr(content["args"], "lr")
    assert pick(content, None, file)[0] is not None
    file.write_bytes(saved({"model": WEIGHTS, "args": Loud()}))
    Loud.made = 0
    with pytest.raises(InputError, match=r"is refused: it asks for .*test_published_file\.Loud to be run"):
        read_file(file)
    assert Loud.made == 0


FILE = Path("step_1")
AVERAGE = {name: tensor + 1 for name, tensor in WEIGHTS.items()}


@pytest.mark.parametrize("key", ["model", "state_dict", "model_state_dict", "net", "checkpoint.model"])
def test_weights_under_a_key(key: str) -> None:
    content: Any = WEIGHTS
    for part in reversed(key.split(".")):
        content = {part: content, "step": 3, "optimizer": {"state": {0: {"exp_avg": torch.zeros(1)}}}}
    tensors, said = pick(content, None, FILE)
    assert tensors.keys() == WEIGHTS.keys()
    assert said == f"The weights under {key!r} were taken."


@pytest.mark.parametrize("key", ["ema", "ema_shadow", "model_ema", "ema.shadow"])
def test_of_a_model_and_its_average_the_average_is_taken_and_said(key: str) -> None:
    content: Any = {"model": WEIGHTS}
    content |= {"ema": {"shadow": AVERAGE, "decay": 0.999}} if "." in key else {key: AVERAGE}
    tensors, said = pick(content, None, FILE)
    assert torch.equal(tensors["model.inner.H_init"], torch.ones(2))
    assert said == f"The weights under {key!r} were taken; 'model' was not (--weights KEY takes another)."
    tensors, said = pick(content, "model", FILE)
    assert not tensors["model.inner.H_init"].any()
    assert f"{key!r} was not" in said


def test_first_states_that_have_no_average_come_from_the_model() -> None:
    average = {"lm_head.weight": torch.full((3, 2), 5.0)}
    tensors, said = pick({"model": WEIGHTS, "ema": average}, None, FILE)
    assert tensors["lm_head.weight"].mean() == 5
    assert "H_init" in tensors
    assert "H_init first) from 'model'" in said


def test_two_models_in_one_state_dict_are_told_apart() -> None:
    both = {**{f"net.{k}": v for k, v in WEIGHTS.items()}, **{f"ema_model.{k}": v for k, v in AVERAGE.items()}}
    tensors, said = pick({"state_dict": both}, None, FILE)
    assert torch.equal(tensors["lm_head.weight"], torch.full((3, 2), 2.0))
    assert len(tensors) == 2
    assert "ema_model" in said
    assert "net" in said


def test_what_would_have_to_be_guessed_is_asked() -> None:
    with pytest.raises(InputError, match=r"several models: 'a' \(2 tensors\), 'b' .*--weights KEY"):
        pick({"a": WEIGHTS, "b": AVERAGE}, None, FILE)
    with pytest.raises(InputError, match=r"no weights under 'c'. There are: 'a'"):
        pick({"a": WEIGHTS}, "c", FILE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "an empty dictionary"),
        ([torch.ones(1)], "a list"),
        (torch.ones(1), "a tensor"),
        ({"step": 3, "loss": 0.1}, "a dictionary of step, loss"),
    ],
)
def test_what_is_no_state_dict(content: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"step_1 holds {message}"):
        pick(content, None, FILE)


def test_a_checkpoint_of_which_a_part_has_changed_is_refused(tmp_path: Path) -> None:
    weights = {name: torch.arange(4096.0) + place for place, name in enumerate(WEIGHTS)}
    content = bytearray(saved(weights))
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 255 for byte in content[middle : middle + 64])
    (tmp_path / "step_1").write_bytes(content)
    with pytest.raises(InputError, match=r"step_1 is damaged \(.*data/\d is not what was written\)"):
        read_file(tmp_path / "step_1")

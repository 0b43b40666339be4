from __future__ import annotations

import importlib.util
import os
import sys
import time

import pytest
import torch

from hrm.errors import InputError
from hrm.runtime import (
    PAYS,
    RuntimeConfig,
    cpu_name,
    has_fast_bfloat16,
    keep_memory,
    resolve,
    seconds,
)


def test_auto_finds_a_device_and_a_precision_that_work() -> None:
    runtime = resolve(RuntimeConfig())
    x = torch.ones(2, 2, device=runtime.device, dtype=runtime.dtype)
    assert (x @ x).sum().item() == 8
    assert runtime.dtype == (torch.bfloat16 if has_fast_bfloat16(runtime.device) else torch.float32)
    assert str(runtime.dtype).removeprefix("torch.") in str(runtime)


def test_what_is_told_is_obeyed() -> None:
    runtime = resolve(RuntimeConfig(device="cpu", precision="float32"))
    assert (runtime.device.type, runtime.dtype) == ("cpu", torch.float32)
    assert cpu_name()


def test_kernels_of_others_are_refused_where_they_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [False]
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: there[0] or None if name == "fla" else find(name))
    with pytest.raises(InputError, match=r"kernels fla need a package: pip install 'hrm-lab\[fla\]', or say torch"):
        resolve(RuntimeConfig(device="cpu", kernels="fla"))
    there[0] = True
    with pytest.raises(InputError, match=r"kernels fla run on a GPU \(cuda\), not on CPU .*: say torch"):
        resolve(RuntimeConfig(device="cpu", kernels="fla"))
    assert str(resolve(RuntimeConfig(device="cpu"))._replace(kernels="fla")).endswith(", kernels of fla")


@pytest.mark.parametrize("device", ["cudda", "cuda:99", "mps:7", "xpu", "hpu", "meta", "", "cuda:-1"])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(InputError, match=f"device '{device}' cannot be used here: PyTorch .* finds cpu") as raised:
        resolve(RuntimeConfig(device=device))
    assert len(str(raised.value)) < 120


def test_the_time_of_a_call_is_that_of_its_work() -> None:
    runtime = resolve(RuntimeConfig(device="cpu"))
    assert 0.02 <= seconds(lambda: time.sleep(0.02), runtime) < 2


def test_auto_does_not_take_what_nobody_has_run_this_on(monkeypatch: pytest.MonkeyPatch) -> None:
    mps = torch.device("mps")
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda check_available=False: mps)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert resolve(RuntimeConfig()).device.type == "cpu"


def test_compiling_has_to_pay_where_it_is_known_how_much_there_is_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrm.compiling._no_compiler", lambda device: None)
    monkeypatch.setattr("hrm.compiling.cache_problem", lambda: None)
    monkeypatch.setattr("hrm.compiling._failures", [])
    auto = RuntimeConfig(device="cpu", compile="auto")
    assert not resolve(auto, PAYS["cpu"] * 0.9).compile
    assert resolve(auto, PAYS["cpu"] * 1.1).compile
    assert resolve(auto).compile, "training has no end that is known"
    assert not resolve(RuntimeConfig(device="cpu"), 1e20).compile, "it was not asked for"


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_memory_is_kept_unless_a_person_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, parameter: int, value: int) -> int:
            calls.append((parameter, value))
            return 1

    monkeypatch.setattr("hrm.runtime.ctypes.CDLL", lambda name: Library())
    for name in list(os.environ):
        if name.startswith(("MALLOC_", "GLIBC_TUNABLES")):
            monkeypatch.delenv(name)
    keep_memory()
    assert calls == [(-3, 2**30), (-1, 2**31 - 1)]
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    keep_memory()
    assert len(calls) == 2
    monkeypatch.delenv("MALLOC_ARENA_MAX")
    monkeypatch.setattr("hrm.runtime.ctypes.CDLL", lambda name: object())
    keep_memory()


@pytest.mark.parametrize(
    ("bfloat16", "int8", "solving", "expected"),
    [
        (True, True, True, "bfloat16"),
        (False, True, True, "int8"),
        (False, True, False, "float32"),  # int8 has no gradient
        (False, False, True, "float32"),
    ],
)
def test_auto_is_bfloat16_and_int8_to_solve_with(
    monkeypatch: pytest.MonkeyPatch, bfloat16: bool, int8: bool, solving: bool, expected: str
) -> None:
    monkeypatch.setattr("hrm.runtime.has_fast_bfloat16", lambda device: bfloat16)
    monkeypatch.setattr("hrm.runtime.has_int8", lambda device: int8)
    runtime = resolve(RuntimeConfig(device="cpu"), solving=solving)
    assert expected in str(runtime)
    assert runtime.int8 == (expected == "int8")
    assert runtime.dtype == (torch.bfloat16 if expected == "bfloat16" else torch.float32)


def test_int8_is_refused_where_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrm.runtime.has_int8", lambda device: False)
    with pytest.raises(InputError, match="precision int8 cannot be used"):
        resolve(RuntimeConfig(device="cpu", precision="int8"), solving=True)
    with pytest.raises(InputError, match="precision int8 is to solve"):
        resolve(RuntimeConfig(device="cpu", precision="int8"))

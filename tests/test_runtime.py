from __future__ import annotations

import time

import pytest
import torch

from hrm.errors import InputError
from hrm.runtime import RuntimeConfig, cpu_name, has_fast_bfloat16, resolve, seconds


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


@pytest.mark.parametrize("device", ["cudda", "cuda:99"])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(InputError, match=f"device '{device}' cannot be used here"):
        resolve(RuntimeConfig(device=device))


def test_the_time_of_a_call_is_that_of_its_work() -> None:
    runtime = resolve(RuntimeConfig(device="cpu"))
    assert 0.02 <= seconds(lambda: time.sleep(0.02), runtime) < 2


def test_auto_does_not_take_what_nobody_has_run_this_on(monkeypatch: pytest.MonkeyPatch) -> None:
    mps = torch.device("mps")
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda check_available=False: mps)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert resolve(RuntimeConfig()).device.type == "cpu"

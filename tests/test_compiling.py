from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo

from hrm import compiling
from hrm.compiling import Compiled, CompileError, compile_failure
from hrm.errors import Notice
from hrm.runtime import RuntimeConfig, resolve


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A process in which nothing has failed to compile yet."""
    failures: list[str] = []
    monkeypatch.setattr(compiling, "_failures", failures)
    compiling.cache_problem.cache_clear()
    yield failures
    compiling.cache_problem.cache_clear()  # what it found is of this test


def broken(*args: Any, **options: Any) -> Any:
    def fail(*args: Any) -> Any:
        said = "CppCompileError: C++ compile error\n\nCommand:\ng++ x.cpp\n\nOutput:\nx:62: fatal error: Python.h: none"
        raise torch._dynamo.exc.TorchDynamoException(said)

    return fail


def test_the_first_failure_is_told_and_all_goes_on_without(
    failures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", broken)
    runtime = resolve(RuntimeConfig(device="cpu", compile="auto"))
    if not runtime.compile:
        pytest.skip("no C++ compiler here")
    assert str(runtime).endswith(", compiled")
    double, triple = Compiled(lambda x: 2 * x), Compiled(lambda x: 3 * x)
    with pytest.warns(Notice, match=r"does not work here \(Python\.h: none.*\): going on without it"):
        assert double(2) == 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # told once
        assert (double(3), triple(3)) == (6, 9)
    assert "compiled" not in str(runtime)
    assert not resolve(RuntimeConfig(device="cpu", compile="auto")).compile


def test_yes_is_refused_before_anything_is_done(failures: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(CompileError, match=r"compile yes: torch.compile does not work here .*Mend that, or say no"):
        resolve(RuntimeConfig(device="cpu", compile="yes"))


def test_what_is_no_fault_of_the_compiler_comes_through(failures: list[str]) -> None:
    function = Compiled(lambda: 1 / 0)
    function.fused = function.function
    with pytest.raises(ZeroDivisionError):
        function()
    assert failures == []
    assert compile_failure(torch.OutOfMemoryError("out of memory")) is None


def test_no_compiler_at_all(failures: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling.shutil, "which", lambda name: None)
    with pytest.warns(Notice, match="it needs a C\\+\\+ compiler and finds none"):
        assert not resolve(RuntimeConfig(device="cpu", compile="auto")).compile
    with pytest.raises(CompileError, match="finds none: install"):
        resolve(RuntimeConfig(device="cpu", compile="yes"))


def test_a_cache_folder_that_cannot_be_made(
    failures: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "file/x"))
    resolve(RuntimeConfig(device="cpu"))  # nobody has asked for it
    assert Path(os.environ["TORCHINDUCTOR_CACHE_DIR"]).is_dir()  # what the optimizers import wants one all the same
    with pytest.warns(Notice, match="its cache folder .*file/x cannot be made: Not a directory"):
        assert not resolve(RuntimeConfig(device="cpu", compile="auto")).compile


def test_a_path_with_a_space_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/a b")
    assert compile_failure(OSError("no")) == "no; there is a space in /a b"

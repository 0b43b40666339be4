from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.store.checksums import SUMS, require_undamaged, sha256, write_sums


def folder_with_two(path: Path) -> Path:
    (path / "a.bin").write_bytes(bytes(range(256)))
    (path / "b.json").write_text("{}")
    write_sums(path, ["a.bin", "b.json"])
    return path


def test_every_changed_bit_is_seen(tmp_path: Path) -> None:
    folder = folder_with_two(tmp_path)
    require_undamaged(folder, "a.bin", "b.json")
    whole = (folder / "a.bin").read_bytes()
    for place in range(0, 256, 51):
        (folder / "a.bin").write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        require_undamaged(folder, "b.json")
        with pytest.raises(InputError, match=r"a\.bin is damaged: its SHA-256 is not the one in SHA256SUMS beside it"):
            require_undamaged(folder, "b.json", "a.bin")


def test_a_file_that_is_gone_is_named_and_a_folder_without_sums_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = folder_with_two(tmp_path)
    (folder / "a.bin").unlink()
    with pytest.raises(InputError, match=r"a\.bin: no such file"):
        require_undamaged(folder, "a.bin")
    (folder / SUMS).unlink()
    require_undamaged(folder, "a.bin")


@pytest.mark.parametrize("spoil", [lambda b: b[:100], lambda b: b.replace(b"  b.json", b"  c.json"), lambda b: b""])
def test_sums_that_are_spoilt_themselves_are_named(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    folder = folder_with_two(tmp_path)
    (folder / SUMS).write_bytes(spoil((folder / SUMS).read_bytes()))
    with pytest.raises(InputError, match=r"SHA256SUMS is damaged, for it has no sum of b\.json: delete it"):
        require_undamaged(folder, "b.json")


def test_sums_that_others_have_made_are_joined(tmp_path: Path) -> None:
    folder = folder_with_two(tmp_path)
    both = (folder / SUMS).read_bytes()
    write_sums(folder, ["a.bin"], {"b.json": sha256(folder / "b.json")})
    assert (folder / SUMS).read_bytes() == both
    write_sums(folder, ["a.bin"], {"b.json": "0" * 64})
    with pytest.raises(InputError, match=r"b\.json is damaged"):
        require_undamaged(folder, "a.bin", "b.json")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_the_usual_program_reads_it(tmp_path: Path) -> None:
    folder = folder_with_two(tmp_path)
    subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=folder, check=True, capture_output=True)

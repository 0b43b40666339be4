from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hrm.errors import InputError
from hrm.training.lock import LOCK, locked

fcntl = pytest.importorskip("fcntl")
HOLD = "import sys, time; from pathlib import Path; from hrm.training.lock import locked\n"
HOLD += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


def test_a_run_is_one_processs_until_that_ends_however_it_does(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    other = f"process {process.pid} is training in .*: wait until it has ended"
    with pytest.raises(InputError, match=other), locked(tmp_path):
        pass
    process.kill()
    process.communicate()
    with locked(tmp_path):
        assert (tmp_path / LOCK).read_text() == str(os.getpid())
    assert (tmp_path / LOCK).read_text() == ""


def test_a_folder_that_cannot_be_written_and_a_disk_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    refused = r"cannot write .*file/\.lock: .*file is a file, not a folder; a run is resumed where"
    with pytest.raises(InputError, match=refused), locked(tmp_path / "file"):
        pass

    def unsupported(*args: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with locked(tmp_path):
        pass

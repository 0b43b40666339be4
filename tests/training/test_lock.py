from __future__ import annotations

import errno
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hrm.errors import InputError, Notice
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
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()} {platform.node()}"
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
    with (
        pytest.warns(Notice, match=r"knows no locks \(No locks available\): see to it that no second"),
        locked(tmp_path),
    ):
        pass


def test_who_is_refused_leaves_the_holders_name_and_its_machine(tmp_path: Path) -> None:
    with locked(tmp_path):
        for written, said in ((None, f"process {os.getpid()} is"), ("12 far-away", "process 12 on far-away is")):
            if written is not None:
                (tmp_path / LOCK).write_text(written)
            before = (tmp_path / LOCK).read_text()
            with pytest.raises(InputError, match=said), locked(tmp_path):
                pass
            assert (tmp_path / LOCK).read_text() == before


HOLD_AND_FORK = """
import os, sys, time
from pathlib import Path
from hrm.training.lock import locked
with locked(Path(sys.argv[1])):
    if os.fork() == 0:
        print('held', flush=True)  # by the parent; the child is there, and has let go
        time.sleep(60)
        os._exit(0)
    time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_a_child_that_outlives_the_one_that_held_it_does_not_hold_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_AND_FORK, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()
    try:
        with locked(tmp_path):
            pass
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()

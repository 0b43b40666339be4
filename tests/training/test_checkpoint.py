"""One checkpoint: whole or not at all, the library's own bytes, and no second copy of a table in memory."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from conftest import REPOSITORY

from hrm.errors import InputError
from hrm.store.checksums import SUMS, require_undamaged, sha256
from hrm.store.folder import read_tensors
from hrm.training.checkpoint import (
    STATE,
    begin_checkpoint,
    drop,
    read_state,
    saved_steps,
    unfinished_of,
    write_checkpoint,
)
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import prepare, run
from hrm.training.state import state_tensors

TENSORS = {
    "weights": torch.arange(12.0).view(3, 4).T,  # not contiguous
    "half": torch.ones(3, dtype=torch.bfloat16),
    "flags": torch.tensor([True, False]),
    "step": torch.tensor(3),
    "none": torch.zeros(0, 4),
}


def test_files_are_to_the_byte_those_of_the_library_in_memory(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder, prepared = RunFolder.create(tmp_path / "run", tiny_run), prepare(tiny_run)
    run(folder, prepared)
    last = folder.path / "checkpoints/step_00000012"
    weights = prepared.state.ema.evaluated(prepared.state.model)
    for name, tensors in (("model.safetensors", weights), (STATE, state_tensors(prepared.state))):
        inside = safetensors.torch.save({name: tensor.detach().contiguous() for name, tensor in tensors.items()})
        assert (last / name).read_bytes() == inside
    assert sorted(file.name for file in last.iterdir()) == sorted([SUMS, "config.json", "model.safetensors", STATE])


def test_it_appears_in_place_of_another_and_sweeps_away_what_others_left(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints/step_00000003"
    (folder.parent / "tmp_step_00000002").mkdir(parents=True)
    for content in (b"one", b"two"):
        write_checkpoint(folder, {"config.json": content}, {"model.safetensors": TENSORS, STATE: TENSORS})
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert (folder / "config.json").read_bytes() == b"two"
    found = read_state(folder)
    assert all(tensor.equal(found[name]) for name, tensor in TENSORS.items())
    mask = os.umask(0)
    os.umask(mask)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o666 & ~mask}
    assert saved_steps(tmp_path) == [folder]
    (folder / STATE).unlink()
    with pytest.raises(InputError, match=r"step_00000003 lacks state\.safetensors"):
        read_state(folder)
    drop(folder)
    assert not list(folder.parent.iterdir())


def test_what_ranks_have_begun_stays_with_their_sums_and_goes_where_the_rest_cannot_be_written(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "checkpoints/step_00000003"
    (folder.parent / "tmp_step_00000002").mkdir(parents=True)
    for is_refused in (False, True):
        begin_checkpoint(folder)
        assert [path.name for path in folder.parent.glob("tmp_*")] == ["tmp_step_00000003"]
        shard = unfinished_of(folder) / "puzzles-00000-of-00001.safetensors"
        shard.write_bytes(b"rows")
        sums = {shard.name: sha256(shard)}
        if is_refused:
            (unfinished_of(folder) / "model.safetensors").mkdir()  # as good as a disk that refuses
            with pytest.raises(OSError, match="directory"):
                write_checkpoint(folder, {"config.json": b"two"}, {"model.safetensors": TENSORS}, sums)
        else:
            write_checkpoint(folder, {"config.json": b"one"}, {"model.safetensors": TENSORS}, sums)
        assert [path.name for path in folder.parent.iterdir()] == [folder.name]
        assert (folder / shard.name).read_bytes() == b"rows"
        require_undamaged(folder, "config.json", "model.safetensors", shard.name)
        assert (folder / "config.json").read_bytes() == b"one"


def test_a_disk_that_takes_no_more_leaves_the_one_before(tmp_path: Path) -> None:
    """The system's own refusal, in the middle of a file: 1 MB is the most that this process may write into one."""
    folder = tmp_path / "checkpoints/step_00000003"
    write_checkpoint(folder, {"config.json": b"{}"}, {"model.safetensors": TENSORS})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)) as refused:
            write_checkpoint(folder, {"config.json": b"{}"}, {"model.safetensors": {"big": torch.zeros(1_000_000)}})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert refused.value.errno == errno.EFBIG
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert read_tensors(folder / "model.safetensors").keys() == TENSORS.keys()


SAVE_A_BIG_TABLE = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
from conftest import tiny_config
from hrm.runtime import Runtime
from hrm.training.folder import RunFolder
from hrm.training.loop import initial_state

def mib(key):
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith(key))

config = tiny_config()
config = replace(config, model=replace(config.model, puzzle_embedding_size=512))
folder = RunFolder.create(Path(sys.argv[1]), config)
spec = replace(config.task.build().spec, num_puzzles=200_000)
model = config.model.build(spec)
state = initial_state(model, spec, config.training, 3, Runtime(torch.device("cpu"), torch.float32, False))
folder.save(state)
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = mib("VmRSS")
state.step = 1
folder.save(state)
print(mib("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="Linux tells the peak of a time")
def test_saving_a_table_of_400_mb_takes_no_copy_of_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SAVE_A_BIG_TABLE, str(tmp_path / "run")]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    file = tmp_path / "run/checkpoints/step_00000001/model.safetensors"
    assert file.stat().st_size > 400e6
    assert float(said) < 40, "MiB: a tenth of the table"

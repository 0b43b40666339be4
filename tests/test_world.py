"""What ranks say to each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from ranks import in_ranks

from hrm.errors import InputError, ToldError
from hrm.world import ALONE, World, device_of_rank, joined, launch


class Pair(NamedTuple):
    one: torch.Tensor
    other: torch.Tensor


def talk(world: World, folder: Path) -> dict[str, Any]:
    rank = world.rank
    dense = [torch.full((2, 3), float(rank)), torch.tensor(rank), torch.full((4,), 2.0**rank)]
    world.add(dense)
    rows = torch.tensor([[0, 2, 0], [2, 2, 2]][rank])
    sparse = torch.sparse_coo_tensor(rows[None], torch.ones(3, 2) * (rank + 1), (4, 2))
    said = {}
    for name, failing in (("second", (1,)), ("both", (0, 1))):

        def call(failing: tuple[int, ...] = failing) -> str:
            if rank in failing:
                raise InputError(f"rank {rank} cannot")
            return "could"

        try:
            said[name] = world.together(call)
        except InputError as error:
            said[name] = f"{type(error).__name__}: {error}"
    return {
        "dense": dense,
        "sparse": world.add_sparse(sparse).to_dense(),
        "at_first": world.at_first(torch.tensor(rank)),
        "all": world.all(Pair(torch.tensor(rank), torch.tensor([rank]))),
        "any": [world.any(rank == 1), world.any(False)],
        "each": world.each(rank == 1, False, rank == 0),
        "first": world.first(lambda: f"said by {rank}"),
        "together": world.together(lambda: rank),
        "said": said,
    }


def test_ranks_add_join_and_agree(tmp_path: Path) -> None:
    both = in_ranks(2, talk, tmp_path)
    for rank, found in enumerate(both):
        assert torch.equal(found["dense"][0], torch.ones(2, 3))
        assert int(found["dense"][1]) == 1
        assert torch.equal(found["dense"][2], torch.full((4,), 3.0))
        expected = torch.tensor([[2.0, 2.0], [0, 0], [1 + 3 * 2, 1 + 3 * 2], [0, 0]])
        assert torch.equal(found["sparse"], expected), "rows of one index are added up, over the ranks, too"
        assert [int(pair.one) for pair in found["all"]] == [0, 1]
        assert type(found["all"][0]).__name__ == "Pair"
        assert found["each"] == [True, False, True]
        assert [int(one) for one in found["at_first"]] == ([0, 1] if rank == 0 else [1])
        assert found["any"] == [True, False]
        assert found["first"] == ("said by 0" if rank == 0 else None)
        assert found["together"] == rank
    assert both[0]["said"] == {"second": "ToldError: rank 1 has told why", "both": "InputError: rank 0 cannot"}
    assert both[1]["said"] == {"second": "InputError: rank 1 cannot", "both": "ToldError: rank 0 has told why"}


def lose(world: World, folder: Path) -> str:
    if world.rank == 1:
        return "gone"
    try:
        world.any(False)
    except InputError as error:
        return str(error)
    return "not noticed"


def test_a_rank_that_is_gone_is_told_in_one_line(tmp_path: Path) -> None:
    said, _ = in_ranks(2, lose, tmp_path)
    assert "lost each other" in said
    assert "--resume" in said
    assert "\n" not in said


def test_a_world_of_one_asks_nothing_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.distributed.all_reduce", lambda *_: pytest.fail("asked"))
    tensor = torch.ones(2)
    ALONE.add([tensor])
    assert torch.equal(tensor, torch.ones(2))
    assert ALONE.all("me") == ["me"]
    assert ALONE.any(True)
    assert not ALONE.any(False)
    assert ALONE.first(lambda: 3) == ALONE.together(lambda: 3) == 3
    with pytest.raises(InputError, match="no"):
        ALONE.together(lambda: (_ for _ in ()).throw(InputError("no")))
    assert ALONE.is_first
    with joined() as world:
        assert world is ALONE


def test_rows_that_cannot_be_shared_are_an_input_error() -> None:
    assert World(1, 4).share_of(8, "training.batch_size") == 2
    with pytest.raises(InputError, match=r"training.batch_size is 9: 4 ranks cannot have equally many"):
        World(1, 4).share_of(9, "training.batch_size")


def test_every_rank_has_the_device_of_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device_of_rank("auto", ALONE) == "auto"
    world = World(3, 4)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert device_of_rank("auto", world) == "cpu"
    assert device_of_rank("cpu", world) == "cpu"
    with pytest.raises(InputError, match=r"device 'cuda:0' is one, and there are 4 ranks"):
        device_of_rank("cuda:0", world)
    with pytest.raises(InputError, match=r"rank 3 has no device: it is number 4 on a machine with 0"):
        device_of_rank("cuda", world)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert device_of_rank("auto", world) == "cuda:1"


@pytest.mark.parametrize(("name", "value"), [("WORLD_SIZE", "y"), ("WORLD_SIZE", "-1"), ("RANK", "x")])
def test_words_in_the_place_of_ranks_are_an_input_error(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"{name} is '{value}' in the environment"), joined():
        pass


def test_a_launch_of_torchrun_has_a_word_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert launch() is None
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    here = launch()
    assert here == launch(), "however often it starts this process"
    monkeypatch.setattr("os.getppid", lambda: 12345)
    assert here != launch()
    assert issubclass(ToldError, InputError)

"""A film shows every step, whatever the puzzle, and is one file."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest

import hrm
from hrm.analysis.film import Frame, as_picture, check_film, film, frames_of
from hrm.cli import main
from hrm.errors import InputError
from hrm.inference.trace import Step

EASY = "530070000600195000098000060800060003400803001700020006060000280000419005000080079"
PIL = pytest.importorskip("PIL.Image", reason="pictures need hrm-lab[plot]")
BOARD = "\x1b[1m5\x1b[0m \x1b[43m3\x1b[0m\n\x1b[31m<\x1b[0m &"


def frames(num: int = 3) -> list[Frame]:
    return [Frame(BOARD, f"frame {i}", None if i == 0 else i / num, 0.5 if i else None) for i in range(num)]


def test_an_animation_has_a_picture_for_every_frame_and_shows_its_colours() -> None:
    found = PIL.open(io.BytesIO(film(frames(), "title", ".gif")))
    assert found.n_frames == 3
    colours = {colour for _, colour in found.convert("RGB").getcolors(100_000)}
    assert any(red > 240 and 210 < green < 235 and blue < 160 for red, green, blue in colours), "yellow ground"
    assert any(red > 150 and green < 130 and blue < 130 for red, green, blue in colours), "red letter"
    with pytest.raises(InputError, match="too many for an animation"):
        film(frames(401), "title", ".gif")


def test_a_picture_of_one_board_grows_with_what_is_said_above_it() -> None:
    small, large = as_picture(BOARD, ["1 of 2"]), as_picture(BOARD, ["1 of 2", "a line that is wider than the board"])
    assert (small.shape[2], small.dtype) == (3, np.uint8)
    assert large.shape[0] > small.shape[0]
    assert large.shape[1] > small.shape[1]
    red, green, blue = (small[..., index].astype(int) for index in range(3))
    assert ((red > 150) & (green < 130) & (blue < 130)).any(), "red letter"


def test_a_page_fetches_nothing_and_says_no_more_than_it_should() -> None:
    page = film(frames(), "a <title>", ".html").decode()
    assert "a &lt;title&gt;" in page
    assert not re.search(r"https?:|src=|href=", page)
    script = page[page.index("<script>") : page.index("</script>")]
    assert script.count("frame ") >= 3
    assert "</" not in script.replace("</script>", ""), "a board cannot end the script"
    assert "#ffe08a" in script


def test_frames_count_what_changed_and_say_how_it_ended() -> None:
    answer = np.zeros(4, dtype=np.int64)
    within = Step(1, "L_level", "first", answer, 1, None, 0.5, halted=False)
    ends = [Step(number, "", f"board {number}", answer, 3 - number, 0.5, 0.25, halted=number == 2) for number in (1, 2)]
    assert frames_of("puzzle", [within, *ends], "solved") == [
        Frame("puzzle", "the puzzle", None, None),
        Frame("first", "segment 1, L_level: 1 cell changed", None, 0.5),
        Frame("board 1", "segment 1: 2 cells changed", 0.5, 0.25),
        Frame("board 2", "segment 2: 1 cell changed; solved", 0.5, 0.25),
    ]
    assert [frame.caption for frame in frames_of("board", [], "solved")] == ["the puzzle"]


@pytest.mark.parametrize(("ending", "inner"), [("gif", False), ("html", True)])
def test_a_puzzle_is_filmed(tmp_path: Path, ending: str, inner: bool, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"film.{ending}"
    assert main(["solve", EASY, "--film", str(out), *(["--inner"] if inner else [])]) == 0
    assert "solved" in capsys.readouterr().out
    assert 1000 < out.stat().st_size < 300_000
    if inner:
        assert "L_level" in out.read_text(encoding="utf-8")
    assert main(["solve", EASY, "--film", str(out)]) == 2, "what is there is not replaced"


def test_mazes_are_filmed_too(tmp_path: Path) -> None:
    solver = hrm.load("maze").solver()
    maze = solver.text(next(iter(solver.task.eval_batches(1))).inputs[0].numpy())
    status = main(["solve", maze, "--model", "maze", "--film", str(tmp_path / "m.gif")])
    assert status in (0, 1)
    with PIL.open(tmp_path / "m.gif") as found:
        assert found.n_frames > 1


@pytest.mark.parametrize(
    "options",
    [
        ["--film", "out.mp4"],
        ["--film", "no/such/folder/out.gif"],
        ["--film", "out.gif", "--json"],
        ["--film", "out.gif", "--attempts", "3"],
        ["--film", "out.gif", "--trace"],
        ["--film", "out.gif", "--exact"],
        ["--inner"],
    ],
)
def test_what_cannot_be_filmed_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["solve", EASY, *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_film_is_of_one_puzzle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", EASY, EASY, "--film", str(tmp_path / "out.gif")]) == 2
    assert "films one puzzle, and there are 2" in capsys.readouterr().err


def test_a_film_without_pictures_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"hrm-lab\[plot\]"):
        check_film(tmp_path / "a.gif")
    check_film(tmp_path / "a.html")

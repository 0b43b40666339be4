from __future__ import annotations

from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.puzzles.boards.files import read_csv
from hrm.puzzles.lights_out import lights_out


def test_rows_are_read_with_their_ratings_or_the_familys(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("puzzle;solution;rating\n###.;x---;7.5\n##..;--xx;\n")
    boards = read_csv(path, lights_out(2))
    assert boards.inputs.tolist() == [[2, 2, 2, 1], [2, 2, 1, 1]]
    assert boards.labels.tolist() == [[4, 3, 3, 3], [3, 3, 4, 4]]
    assert boards.ratings.tolist() == [7.5, 2]
    assert boards.take(boards.names[1:]).names.tolist() == [1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("###,x---", "question has 3 cells, a Lights Out board of 2 x 2 4"),
        ("##x.,x---", r"question has 'x' at position 3: not one of \. #"),
        ("###.,x--?", "answer has '\\?' at position 4"),
        ("###.,-x--", "the answer does not solve the question"),
    ],
)
def test_bad_rows_are_named(row: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"question,answer\n###.,x---\n{row}\n")
    with pytest.raises(InputError, match=f"line 3: {message}"):
        read_csv(path, lights_out(2))

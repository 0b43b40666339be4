from __future__ import annotations

from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.puzzles.indices import read_indices


def test_row_numbers_come_ascending(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("7\n\n 0 \n3\n")
    assert read_indices(path, 8).tolist() == [0, 3, 7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n-2\n", "line 2: '-2' is not a row number"),
        ("1\ntwo\n", "line 2: 'two' is not a row number"),
        ("1.5", "line 1: '1.5' is not a row number"),
        ("3\n8\n", "line 2: row 8, but the data have rows 0 to 7 only"),
        ("3\n1\n3\n", "line 3: row 3 stands in line 1 already"),
        ("\n", "there are no row numbers in it"),
    ],
)
def test_a_bad_list_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=f"rows.txt.*{message}"):
        read_indices(path, 8)


def test_a_missing_list(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_indices(tmp_path / "none.txt", 8)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_list_that_another_program_wrote(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "rows.txt").write_text("3\r\n1\r\n", encoding=encoding)
    assert read_indices(tmp_path / "rows.txt", 8).tolist() == [1, 3]

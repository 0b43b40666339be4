from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from hrm.errors import FaultyRowsError, InputError
from hrm.puzzles import csv_file
from hrm.puzzles.csv_file import BAD, Chunk, read_all, read_chunks


def write(folder: Path, text: str, name: str = "puzzles.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def chunk(**columns: list[str]) -> Chunk:
    return Chunk(Path("puzzles.csv"), list(range(2, 2 + len(next(iter(columns.values()))))), columns)


def test_columns_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    text = "\ufeffMore, B ,a\n1,b1, a1 \n\n2,b2,a2\n"
    (read,) = read_chunks(write(tmp_path, text), ("a", "b"), ("c",))
    assert read.lines == [2, 4]
    assert read.columns == {"a": [" a1 ", "a2"], "b": ["b1", "b2"], "c": ["", ""]}
    assert read.stripped().columns["a"] == ["a1", "a2"]


def test_a_long_file_comes_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "CHUNK", 3)
    path = tmp_path / "puzzles.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("a\n" + "".join(f"{i}\n" for i in range(7)))
    chunks = list(read_chunks(path, ("a",)))
    assert [len(chunk.lines) for chunk in chunks] == [3, 3, 1]
    assert [text for chunk in chunks for text in chunk.columns["a"]] == list("0123456")
    with pytest.raises(InputError, match=r"puzzles\.csv\.gz, line 8: wrong"):
        chunks[2].fail(0, "wrong")


def test_the_line_is_where_a_row_ends(tmp_path: Path) -> None:
    (read,) = read_chunks(write(tmp_path, 'a\n"x\ny"\nz\n'), ("a",))
    assert read.lines == [3, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("a,b\n", "there are no puzzles below the header"),
        ("a,c\n", "line 1: no column b .columns: a, c"),
        ("x\n", "line 1: no column a and no column b"),
        ("a,b\n" + "x" * 200_000 + ",2\n", "not a CSV file .*field limit"),
    ],
)
def test_what_is_no_such_file_is_an_input_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=r"puzzles\.csv.*" + message):
        list(read_chunks(write(tmp_path, text), ("a", "b")))


def test_cells_are_looked_up_in_a_table() -> None:
    table = np.full(256, BAD, dtype=np.uint8)
    table[[ord("x"), ord(".")]] = 1, 0

    def cells(*texts: str) -> list[list[int]]:
        return chunk(q=list(texts)).cells("q", table, 3, board="a row", allowed="x or .").tolist()

    assert cells("x.x", "..x") == [[1, 0, 1], [0, 0, 1]]
    with pytest.raises(InputError, match=r"line 3: q has 2 cells, a row 3"):
        cells("x.x", "x.")
    with pytest.raises(InputError, match=r"line 3: q has 'y' at position 2: not x or \."):
        cells("x.x", ".y.")
    with pytest.raises(InputError, match=r"line 2: q has '█' at position 1"):
        cells("█..")


def test_numbers_may_be_missing() -> None:
    numbers = chunk(rating=["1.5", " ", ""]).numbers("rating")
    assert numbers[0] == 1.5
    assert np.isnan(numbers[1:]).all()
    with pytest.raises(InputError, match="line 3: the rating 'hard' is not a number"):
        chunk(rating=["1", "hard"]).numbers("rating")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["puzzles.csv", "puzzles.csv.gz"])
def test_a_file_that_a_spreadsheet_wrote(tmp_path: Path, encoding: str, name: str) -> None:
    content = 'a,b\r\n1,"é\r\n"\r\n'.encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (read,) = read_chunks(tmp_path / name, ("a", "b"))
    assert read.columns == {"a": ["1"], "b": ["é\r\n"]}


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    for content, encoding in ((b"a\n\xe9\n", "UTF-8"), (b"\xff\xfea\x00\n", "UTF-16")):
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(InputError, match=rf"a\.csv: not a text file in {encoding}"):
            list(read_chunks(tmp_path / "a.csv", ("a",)))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"\xef\xbb\xbfa\n1\n",))
    writer.start()
    (read,) = read_chunks(tmp_path / "pipe", ("a",))
    writer.join()
    assert read.columns == {"a": ["1"]}


def test_every_faulty_row_is_named_in_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "CHUNK", 3)
    path = write(tmp_path, "a,b\n1,2\nx,2\n1\n4,5\nx,y\n")

    def decode(chunk: Chunk) -> list[int]:
        for row, text in enumerate(chunk.columns["a"]):
            if text == "x":
                chunk.fail(row, "wrong")
        return list(map(int, chunk.columns["a"]))

    with pytest.raises(FaultyRowsError, match=r"line 3: wrong \(and 2 more such rows: 'hrm data check' lists") as found:
        read_all(path, ("a", "b"), (), decode)
    assert [fault.removeprefix(f"{path}, ") for fault in found.value.faults] == [
        "line 3: wrong",
        "line 4: 1 columns, but the header has 2",
        "line 6: wrong",
    ]
    assert read_all(write(tmp_path, "a,b\n1,2\n3,4\n"), ("a", "b"), (), decode) == [[1, 3]]


def test_a_file_that_is_not_there_is_looked_for_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"t.csv: no such file in .*; a run finds its files from the folder it was"):
        next(read_chunks(Path("t.csv"), ["question"]))
    with pytest.raises(InputError, match=r"t.csv: no such file \('hrm data fetch'"):
        next(read_chunks(tmp_path / "t.csv", ["question"]))

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.sudoku.files import read_csv
from hrm.puzzles.sudoku.rules import Layout, are_complete
from hrm.puzzles.sudoku.tokens import decode

NINE = Layout(size=9)
QUESTION = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
ANSWER = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
HEADER = "source,question,answer,rating\n"
ROW = f"wikipedia,{QUESTION},{ANSWER},7\n"


def write(folder: Path, text: str, name: str = "puzzles.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    zeros = f"x,{QUESTION.replace('.', '0')},{ANSWER},\n"
    puzzles = read_csv(write(tmp_path, HEADER + ROW + "\n" + zeros), NINE)
    assert puzzles.inputs.shape == (2, 81)
    assert (puzzles.inputs[0] == puzzles.inputs[1]).all()
    assert puzzles.inputs[0, :6].tolist() == [6, 4, 1, 1, 8, 1]
    assert puzzles.inputs.dtype == puzzles.labels.dtype == np.uint8
    assert are_complete(NINE, puzzles.labels - 1).all()
    assert puzzles.ratings[0] == 7
    assert np.isnan(puzzles.ratings[1])


def test_compressed_files_other_columns_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "puzzles.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8-sig") as file:
        file.write(f"Answer,more,Question\n{ANSWER},?,{QUESTION}\n")
    puzzles = read_csv(path, NINE)
    assert puzzles.inputs.shape == (1, 81)
    assert np.isnan(puzzles.ratings).all()


def test_16x16_letters_are_read(tmp_path: Path) -> None:
    # Row r of the plainest 16x16 grid counts up from where its band and its place in the band put it.
    rows = [
        "123456789ABCDEFG"[start:] + "123456789ABCDEFG"[:start] for start in (4 * (r % 4) + r // 4 for r in range(16))
    ]
    answer = "".join(rows)
    puzzles = read_csv(
        write(tmp_path, f"question,answer\n{answer.lower().replace('a', '.')},{answer}\n"), Layout(size=16)
    )
    assert puzzles.labels.max() == 17
    assert (puzzles.inputs == 1).sum() == 16


BAD_ROWS = {
    "question has 80 cells, a 9x9 board 81": f"x,{QUESTION[1:]},{ANSWER},1\n",
    "answer has 82 cells, a 9x9 board 81": f"x,{QUESTION},{ANSWER}1,1\n",
    "question has 'x' at position 3: not a digit or a blank": f"x,{QUESTION[:2]}x{QUESTION[3:]},{ANSWER},1\n",
    "answer has 'é' at position 1": f"x,{QUESTION},é{ANSWER[1:]},1\n",
    "the answer breaks the rules": f"x,{QUESTION},{ANSWER[:80]}8,1\n",
    "the answer contradicts the givens: r1c3 is 1, in the answer 4": f"x,531{QUESTION[3:]},{ANSWER},1\n",
    "the rating 'hard' is not a number": f"x,{QUESTION},{ANSWER},hard\n",
    "2 columns, but the header has 4": f"x,{QUESTION}\n",
}


@pytest.mark.parametrize("message", BAD_ROWS)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, message: str) -> None:
    path = write(tmp_path, HEADER + ROW + BAD_ROWS[message] + ROW)
    with pytest.raises(InputError) as error:
        read_csv(path, NINE)
    assert f"puzzles.csv, line 3: {message}" in str(error.value)


def test_an_incomplete_answer_breaks_the_rules(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2: the answer breaks the rules"):
        read_csv(write(tmp_path, HEADER + f"x,{QUESTION},{QUESTION},1\n"), NINE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (HEADER, "no puzzles below the header"),
        ("question,rating\n", "line 1: no column answer .columns: question, rating"),
        ("a,b\n", "line 1: no column question and no column answer"),
        (HEADER + ROW.replace("wikipedia", '"' + "x" * 200_000 + '"'), "not a CSV file .*field limit"),
    ],
)
def test_a_file_without_puzzles_is_an_input_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=r"puzzles\.csv.*" + message):
        read_csv(write(tmp_path, text), NINE)


def test_unreadable_files_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_csv(tmp_path / "none.csv", NINE)
    with pytest.raises(InputError, match=r"a\.csv\.gz: not a readable gzip file"):
        read_csv(write(tmp_path, HEADER + ROW, "a.csv.gz"), NINE)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress((HEADER + ROW * 100).encode())[:-20])
    with pytest.raises(InputError, match=r"cut\.csv\.gz: not a readable gzip file"):
        read_csv(cut, NINE)
    (tmp_path / "latin.csv").write_bytes(b"question,answer\n\xff\xfe")
    with pytest.raises(InputError, match=r"latin\.csv: not a text file in UTF-8"):
        read_csv(tmp_path / "latin.csv", NINE)
    with pytest.raises(InputError, match="cannot be read"):
        read_csv(tmp_path, NINE)


def test_puzzles_know_their_rows(tmp_path: Path) -> None:
    puzzles = read_csv(write(tmp_path, HEADER + "".join(ROW.replace(",7", f",{10 + i}") for i in range(10))), NINE)
    assert puzzles.names.tolist() == list(range(10))
    taken = puzzles.take(np.array([2, 5]))
    assert taken.names.tolist() == [2, 5]
    assert taken.ratings.tolist() == [12, 15]
    assert taken.inputs.shape == taken.labels.shape == (2, 81)


def test_the_shared_held_out_puzzles_are_read(shared: Path) -> None:
    path = shared / "data" / "sudoku" / "test.csv.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    puzzles = read_csv(path, NINE)
    assert len(puzzles) == 9919
    assert (puzzles.inputs > 1).sum(axis=1).min() == 17
    assert not np.isnan(puzzles.ratings).any()


@pytest.mark.parametrize(
    "header", ["quizzes,solutions", "puzzle;Solution", "QUESTION\tAnswer", "id,puzzle,solution,clues"]
)
def test_the_columns_and_separators_of_others(tmp_path: Path, header: str) -> None:
    question, answer = ROW.split(",")[1:3]
    separator = next(one for one in ",;\t" if one in header)
    row = [question, answer] if header.count(separator) == 1 else ["7", question, answer, "30"]
    read = read_csv(write(tmp_path, f"{header}\n{separator.join(row)}\n"), NINE)
    assert "".join(map(str, decode(read.labels[0]))) == answer


def test_leading_zeros_that_a_spreadsheet_dropped(tmp_path: Path) -> None:
    question, answer = ROW.split(",")[1:3]
    digits = question.replace(".", "0")
    lost = "0000" + digits[4:]
    read = read_csv(write(tmp_path, f"question,answer\n{lost[4:]},{answer}\n"), NINE)
    assert "".join(map(str, decode(read.inputs[0]))) == lost
    with pytest.raises(InputError, match=r"line 2: question has 80 cells.*a spreadsheet .* drops its leading zeros"):
        read_csv(write(tmp_path, f"question,answer\n{digits[:-1]},{answer}\n"), NINE)
    with pytest.raises(InputError, match="took the board for a number and rounded it"):
        read_csv(write(tmp_path, f"question,answer\n5.3007E+80,{answer}\n"), NINE)

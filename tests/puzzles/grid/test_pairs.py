from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.puzzles.grid.pairs import Header, read_pairs

PAIR = '{"input": [[0, 1], [2, 0]], "output": [[3, 1], [2, 3]]}'


def written(folder: Path, text: str) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_with_a_header(tmp_path: Path) -> None:
    header = '{"header": true, "symmetries": ["dihedral"], "rename": [1, "2"], "symbols": "3210"}'
    pairs = read_pairs(written(tmp_path, f'{header}\n\n{PAIR}\n{{"input": ["01", "20"], "output": ["00", "00"]}}\n'))
    assert pairs.header == Header(symmetries=("dihedral",), rename="12", symbols="3210")
    assert pairs.inputs == ["0120", "0120"]
    assert pairs.outputs == ["3123", "0000"]
    assert pairs.places == ["line 3", "line 4"]
    assert (pairs.shape, pairs.num_train, pairs.symbols) == ((2, 2), None, "0123")


def test_lines_without_a_header(tmp_path: Path) -> None:
    pairs = read_pairs(written(tmp_path, "\ufeff" + PAIR))
    assert pairs.header == Header()
    assert pairs.places == ["line 1"]


@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_of_pairs(tmp_path: Path, indent: int | None) -> None:
    pair, header = json.loads(PAIR), {"header": True, "symmetries": ["dihedral"]}
    pairs = read_pairs(written(tmp_path, json.dumps([header, pair, pair], indent=indent)))
    assert (pairs.header.symmetries, pairs.inputs, pairs.num_train) == (("dihedral",), ["0120", "0120"], None)
    assert pairs.places == ["pair 2", "pair 3"]
    with pytest.raises(InputError, match="pair 2: no 'output'"):
        read_pairs(written(tmp_path, json.dumps([pair, {"input": pair["input"]}], indent=indent)))
    assert read_pairs(written(tmp_path, json.dumps(pair, indent=indent))).outputs == ["3123"]


@pytest.mark.parametrize("name", ["g_array_pretty.json", "rearc/t1.json"])
def test_arrays_of_other_programs(shared: Path, name: str) -> None:
    assert len(read_pairs(shared / "cases" / name).inputs) > 1


def test_an_arc_task(tmp_path: Path) -> None:
    pair = json.loads(PAIR)
    task = {"train": [pair, pair], "test": [pair], "symmetries": ["rotations"]}
    pairs = read_pairs(written(tmp_path, json.dumps(task, indent=1)))
    assert pairs.places == ["train pair 1", "train pair 2", "test pair 1"]
    assert pairs.num_train == 2
    assert pairs.header.symmetries == ("rotations",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: there are no pairs"),
        ('{"header": true}\n', "there are no pairs"),
        (f"{PAIR}\nnonsense\n", "line 2: not JSON"),
        (f"{PAIR}\n" + "[" * 100_000, "line 2: not JSON"),
        (f"{PAIR}\n[1, 2]", "line 2: a pair is {"),
        ('{"input": [[1]]}', "line 1: no 'output' (keys: 'input')"),
        ('{"inputs": [[1]], "output": [[1]]}', "line 1: no 'input' (keys: 'inputs', 'output')"),
        ('{"input": [[1, 2], [3]], "output": [[1]]}', "line 1, input: row 2 has 1 cells, row 1 has 2"),
        ('{"input": [[1, 2]], "output": [[1]]}', "line 1: the output is 1 x 1, but the input of line 1 is 1 x 2"),
        (
            f'{PAIR}\n{{"input": ["1"], "output": ["1"]}}',
            "line 2: the input is 1 x 1, but the input of line 1 is",
        ),
        ('{"input": [[99]], "output": [[1]]}', "line 1, input, row 1, cell 1 is 99"),
        (f'{PAIR}\n{{"header": true}}', "line 2: a header is the first line"),
        ('{"header": 1}', "line 1: a header is the first line"),
        (
            '{"header": true, "symetries": []}',
            "line 1: unknown key 'symetries' in the header: did you mean",
        ),
        ('{"header": true, "symmetries": "dihedral"}', "line 1: symmetries is 'dihedral', it must be a list of names"),
        ('{"header": true, "rename": 12}', "line 1: rename is 12"),
        ('{"header": true, "symbols": ["ab"]}', "line 1: symbols is 'ab'"),
        ('{"train": []}', "the task: 'train' must be a list of pairs"),
        (f'{{"train": [{PAIR}]}}', "the task: 'test' must be a list of pairs"),
        (f'{{"train": [{PAIR}], "test": [{{"input": [[1]]}}]}}', "test pair 1: the input is 1 x 1"),
        (f'{{"train": [{PAIR}], "test": [{{"input": ["11", "11"]}}]}}', "test pair 1: no 'output'"),
        (f'{{"train": [{PAIR}], "test": [{PAIR}], "name": "x"}}', "the task: unknown key 'name'"),
    ],
)
def test_bad_files_are_told_with_file_place_and_reason(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_pairs(path)
    assert str(raised.value).startswith(f"{path}, ")


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl: no such file"):
        read_pairs(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        read_pairs(tmp_path)
    for content, encoding in ((b"\x00\xff\xfe", "UTF-8"), (b"\xff\xfe\x00", "UTF-16")):
        (tmp_path / "binary").write_bytes(content)
        with pytest.raises(InputError, match=f"not a text file in {encoding}"):
            read_pairs(tmp_path / "binary")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_other_programs_write(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "pairs.jsonl").write_text(f"{PAIR}\r\n", encoding=encoding)
    assert len(read_pairs(tmp_path / "pairs.jsonl").inputs) == 1

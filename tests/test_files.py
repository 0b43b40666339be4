from __future__ import annotations

import codecs
import gzip
import io
import os
import stat
import threading
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.files import (
    check_writable,
    kind_of,
    named_file,
    new_folder,
    parse_json,
    read_json,
    read_json_value,
    read_stream,
    read_text,
    refuse_existing,
    sync,
    typed_text,
    whole_file,
    within,
    writable,
    write_whole,
)


def full(*_args: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    write_whole(file, b"{}")
    write_whole(file, b'{"a": 1}')
    assert read_json(file) == {"a": 1}
    for refusing in ("os.fsync", "os.replace"):
        with monkeypatch.context() as patched:
            patched.setattr(refusing, full)
            with pytest.raises(InputError, match=r"cannot write .*a\.json: No space left on device; make room$"):
                write_whole(file, b"{", "make room")
        assert read_json(file) == {"a": 1}
        assert [path.name for path in tmp_path.iterdir()] == ["a.json"], "nothing unfinished stays"


def test_an_interrupted_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", b"x")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_written_bit_by_bit_appears_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "a"
    with whole_file(file) as out:
        out.write(b"x")
        assert not file.exists()
        out.write(b"y")
    assert file.read_bytes() == b"xy"

    def fail() -> None:
        with whole_file(file) as out:
            out.write(b"z")
            raise InputError("a puzzle that is none")

    with pytest.raises(InputError, match=r"^a puzzle that is none$"):
        fail()
    assert file.read_bytes() == b"xy"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_place_is_tried_without_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "new"):
        check_writable(place)
    for place, reason in (
        (tmp_path, "it is a folder; elsewhere"),
        (tmp_path / "none/a", "there is no folder .*none; elsewhere"),
        (tmp_path / "file/a", ".*file is a file, not a folder; elsewhere"),
        (tmp_path / "file/a/b", ".*file is a file, not a folder; elsewhere"),
        (tmp_path / ("n" * 300), "File name too long; elsewhere"),
    ):
        with pytest.raises(InputError, match=f"cannot write .*: {reason}"):
            check_writable(place, "elsewhere")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full_path)
        with pytest.raises(InputError, match=r"cannot write .*new: Read-only file system"):
            check_writable(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def full_path(*_args: object, **_options: object) -> None:
    raise OSError(30, "Read-only file system")


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file/a", tmp_path / "none/a", tmp_path):
        with pytest.raises(InputError, match="cannot write"):
            write_whole(place, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"results")
    reader.join()
    assert got == [b"results"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep/model") as unfinished:
        (unfinished / "a").write_text("a")
        assert not (tmp_path / "deep/model").exists()
    sync(tmp_path / "deep")
    assert [file.name for file in (tmp_path / "deep/model").iterdir()] == ["a"]
    with pytest.raises(InputError, match=r"cannot write .*other: no space left"), new_folder(tmp_path / "other"):
        raise OSError("no space left")
    assert [folder.name for folder in tmp_path.iterdir()] == ["deep"]


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match="exists already"), new_folder(tmp_path / "there"):
        raise AssertionError
    refuse_existing(tmp_path / "there", may_be_empty=True)
    (tmp_path / "there/a").write_text("")
    with pytest.raises(InputError, match="exists already"):
        refuse_existing(tmp_path / "there", may_be_empty=True)
    refuse_existing(tmp_path / "new")


def test_what_a_disk_refuses_is_one_line() -> None:
    with pytest.raises(InputError) as raised, writable("runs/x", "choose another place"):
        full()
    assert str(raised.value) == "cannot write runs/x: No space left on device; choose another place"


TEXT = "né 1\nzwei │\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be with a mark"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_text_is_read_whatever_wrote_it(tmp_path: Path, encoding: str, newline: str) -> None:
    text = TEXT.replace("\n", newline)
    is_big = encoding.startswith("utf-16-be")
    content = codecs.BOM_UTF16_BE + text.encode("utf-16-be") if is_big else text.encode(encoding)
    (tmp_path / "a.txt").write_bytes(content)
    assert read_text(tmp_path / "a.txt") == TEXT
    assert read_stream(io.TextIOWrapper(io.BytesIO(content), encoding="ascii"), "standard input") == TEXT


def test_standard_input_that_a_program_replaced() -> None:
    assert read_stream(io.StringIO(TEXT), "standard input") == TEXT


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"caf\xe9", "not a text file in UTF-8"), (codecs.BOM_UTF16_LE + b"\x00", "not a text file in UTF-16")],
)
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_text(tmp_path / "a")
    with pytest.raises(InputError, match=f"standard input: {message}"):
        read_stream(io.TextIOWrapper(io.BytesIO(content)), "standard input")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none: no such file, is it here"):
        read_text(tmp_path / "none", missing=", is it here")
    with pytest.raises(InputError, match=r"cannot be read .Is a directory"):
        read_text(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_is_read_whatever_wrote_it(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.json").write_text('{"é": [1]}', encoding=encoding)
    assert read_json(tmp_path / "a.json") == read_json_value(tmp_path / "a.json") == {"é": [1]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"a\.json: not JSON \(Expecting"),
        ("", r"a\.json: not JSON"),
        ("[" * 100_000, r"a\.json: not JSON \(too deeply nested\)"),
        ("[1]", "not a configuration that hrm wrote"),
    ],
)
def test_json_that_is_spoilt(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_json(tmp_path / "a.json")


def test_json_of_any_kind(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[1, null]")
    assert read_json_value(tmp_path / "a.json") == [1, None]
    assert parse_json('"x"', "line 3") == "x"
    with pytest.raises(InputError, match="line 3: not JSON"):
        parse_json("x", "line 3")
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        read_json(tmp_path / "none.json")


def test_what_is_there_under_a_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    assert kind_of(tmp_path) == "folder"
    assert kind_of(tmp_path / "file") == kind_of(str(tmp_path / "link")) == "file"
    for name in (tmp_path / "none", tmp_path / "dangling", tmp_path / "file/a", "", "x" * 10_000, "a\0b"):
        assert kind_of(name) is None


def test_a_file_or_a_text_that_was_typed(tmp_path: Path) -> None:
    (tmp_path / "puzzles").write_text("")
    assert named_file(str(tmp_path / "puzzles")) == tmp_path / "puzzles"
    rows, address = "1.34/3412/..43/4321", "https://example.org/sudoku?bd=1.34.txt"
    for typed in (
        "53..7....6..195",
        "....79",
        "53..7\n6..195\n.txt",
        "." * 100_000,
        "",
        rows,
        address,
        "S..XX.XG.X",
        "1x.xx",
    ):
        assert named_file(typed) is None
    for name in (
        "missing.txt",
        "none/missing.CSV",
        "missing.jsonl",
        "a.sdm",
        "b.ss",
        "c.sdx",
        "d.tsv",
        "e.md",
        "none/x",
    ):
        with pytest.raises(InputError, match=f"there is no file {name}"):
            named_file(name)
    with pytest.raises(InputError, match="is a folder: name a file"):
        named_file(str(tmp_path), "name a file")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a").write_bytes(TEXT.encode(encoding))
    assert read_text(tmp_path / "a") == TEXT


def test_a_packed_text(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT.encode("utf-16"))
    (tmp_path / "a").write_bytes(packed)
    assert read_text(tmp_path / "a") == TEXT
    for content, message in ((packed[:-9], "not a readable gzip file"), (b"PK\x03\x04...", "save it as CSV")):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(InputError, match=f"a: .*{message}"):
            read_text(tmp_path / "a")


def test_an_argument_is_utf_8_whatever_the_locale() -> None:
    assert typed_text("│1│") == "│1│"
    assert typed_text(os.fsdecode(b"\xff")) == os.fsdecode(b"\xff")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_pipes_are_files(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert named_file(str(pipe)) == pipe
    writer = threading.Thread(target=pipe.write_bytes, args=(TEXT.encode("utf-16"),))
    writer.start()
    assert read_text(pipe) == TEXT
    writer.join()
    end, start = os.pipe()  # what <(...) of a shell names
    os.write(start, TEXT.encode())
    os.close(start)
    assert (file := named_file(f"/dev/fd/{end}")) is not None
    assert read_text(file) == TEXT
    os.close(end)


def test_a_name_from_elsewhere_stays_in_its_folder(tmp_path: Path) -> None:
    assert within(tmp_path, "pictures/007bbfb7.svg") == tmp_path / "pictures/007bbfb7.svg"
    for name in ("../x", "a/../../x", "/etc/x", "a//x", ".", "", "..\\x", "C:x", "a\0b", "a\nb", "a/"):
        with pytest.raises(InputError, match="cannot be the name of a file"):
            within(tmp_path, name)


def test_a_link_that_leads_nowhere_is_told_as_one(tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to("gone.txt")
    for read in (lambda: read_text(link), lambda: named_file(str(link))):
        with pytest.raises(InputError, match=r"link.txt: a link to gone.txt, where there is nothing"):
            read()
    (tmp_path / "gone.txt").write_text("here")
    assert (read_text(link), named_file(str(link))) == ("here", link)


@pytest.mark.parametrize("name", ["file/new", "file/a/new"])
def test_a_file_in_the_place_of_a_folder_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(InputError, match=r"cannot write .*: .*/file is a file, not a folder"),
        new_folder(tmp_path / name),
    ):
        raise AssertionError("there is no such place")


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real/a.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to("real/a.csv")
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["a.csv"]


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16", "utf-8-sig", "utf-8", "utf-16-le", "utf-16-be"])
def test_a_text_says_itself_how_it_is_encoded(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("53..7\n".encode(encoding))
    assert read_text(tmp_path / "a") == "53..7\n"

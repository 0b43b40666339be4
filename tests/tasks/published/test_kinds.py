from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.puzzles.grid.cells import PAD
from hrm.tasks.published.kinds import PublishedKind, detect, make_spec


@pytest.mark.parametrize(
    ("vocab_size", "seq_len", "kind"),
    [
        (11, 81, "sudoku"),
        (6, 16, "sudoku"),
        (18, 256, "sudoku"),
        (6, 900, "maze"),
        (6, 81, "maze"),
        (12, 900, "arc"),
        (12, 100, "arc"),
        (11, 900, "grid"),
        (6, 80, "grid"),
        (12, 12, "grid"),
    ],
)
def test_the_kind_is_told_by_tokens_and_cells(vocab_size: int, seq_len: int, kind: PublishedKind) -> None:
    assert detect(vocab_size, seq_len) == kind
    spec = make_spec(kind, vocab_size, seq_len, 7)
    assert (spec.vocab_size, spec.seq_len, spec.num_puzzles) == (vocab_size, seq_len, 7)
    assert len(spec.symbols) == vocab_size
    assert all(len(symbol) == 1 for symbol in spec.symbols)
    assert spec.grid_shape[0] * spec.grid_shape[1] == seq_len


def test_symbols() -> None:
    assert "".join(make_spec("maze", 6, 900, 1).symbols) == "?# SGo"
    assert make_spec("arc", 12, 900, 9).symbols[2:] == tuple("0123456789")
    many = make_spec("grid", 200, 6, 1).symbols
    assert many[:3] == (PAD, "0", "1")
    assert len(set(many)) == 200


@pytest.mark.parametrize(
    ("kind", "vocab_size", "seq_len"),
    [("sudoku", 12, 81), ("maze", 7, 81), ("arc", 11, 900), ("arc", 12, 901), ("maze", 6, 80)],
)
def test_numbers_of_another_kind_are_refused(kind: PublishedKind, vocab_size: int, seq_len: int) -> None:
    with pytest.raises(InputError, match=f"{seq_len} cells and {vocab_size} tokens are no {kind}"):
        make_spec(kind, vocab_size, seq_len, 1)


def test_a_sudoku_of_a_size_without_rules() -> None:
    with pytest.raises(InputError, match="no sudoku"):
        make_spec("sudoku", 7, 25, 1)

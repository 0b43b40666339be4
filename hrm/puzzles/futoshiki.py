"""Futoshiki: a Latin square in which signs between neighbours say which of the two is less.

The board has a place for every cell and for every sign between two of them: 2 n - 1 rows and columns, cells where both
numbers (from 0) are even. A sign points at the smaller side: ``<`` and ``>`` between neighbours of a row, ``^`` (the
upper one is less) and ``v`` in a column. A puzzle has one solution, which the search of ``latin.py`` proves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, require_from
from hrm.puzzles.ansi import paint
from hrm.puzzles.boards.family import PAD, Family, GaveUpError, Line, Made, Tokens, or_larger
from hrm.puzzles.boards.symmetry import ListedSymmetries
from hrm.puzzles.latin import MOST_GUESSES, LatinSearch, random_square
from hrm.puzzles.symmetry import NUM_MOVES, move, moved_cells
from hrm.types import TaskSpec

SIZES = range(3, 10)
BLANK = 1
NOTHING = "_"
"""The symbol of a place without a sign, and of those between four cells."""

POINTERS = {"<": (0, -1), ">": (0, 1), "^": (-1, 0), "v": (1, 0)}
"""Sign -> where its smaller neighbour is: rows down, columns to the right."""

SIGNS = {"∧": "^", "⌃": "^", "∨": "v", "⌄": "v", "V": "v"}
"""Other characters for signs."""


class Layout:
    """The places of a board of one size."""

    def __init__(self, size: int) -> None:
        self.size, self.side = size, 2 * size - 1
        row, column = np.divmod(np.arange(self.side**2), self.side)
        self.cells = np.flatnonzero((row % 2 == 0) & (column % 2 == 0))
        self.signs = np.flatnonzero(row % 2 != column % 2)
        self.symbols = (PAD, ".", *"123456789"[:size], NOTHING, *POINTERS)
        self.nothing = size + 2
        self.token_of = {sign: token for token, sign in enumerate(POINTERS, start=size + 3)}
        place_of = {int(place): cell for cell, place in enumerate(self.cells)}
        self.pair_of = {}  # place of a sign, token -> the cells of the pair, the smaller one first
        for sign, (down, right) in POINTERS.items():
            for place in self.signs[(row[self.signs] % 2 == 0) == (down == 0)]:
                step = down * self.side + right
                self.pair_of[int(place), self.token_of[sign]] = place_of[int(place) + step], place_of[int(place) - step]

    def misplaced(self, board: Tokens) -> int | None:
        """The first place of a board (S,) of asked tokens that has what no such place can have."""
        is_cell = np.isin(np.arange(self.side**2), self.cells)
        for place, token in enumerate(board.tolist()):
            is_digit = token < self.nothing
            is_sign = (place, token) in self.pair_of or token == self.nothing
            if not (is_digit if is_cell[place] else is_sign):
                return place
        return None

    def digits(self, boards: Tokens) -> NDArray[np.int64]:
        """Digits (N, n**2) of boards (N, S), 0 for anything that is none."""
        cells = boards[:, self.cells].astype(np.int64) - 1
        return np.where((cells >= 1) & (cells <= self.size), cells, 0)

    def with_digits(self, board: Tokens, digits: list[int]) -> Tokens:
        """The board (S,) with these digits in its cells, 0 for a blank."""
        answer = np.array(board, dtype=np.int64)
        answer[self.cells] = np.array(digits) + 1
        return answer

    def broken(self, questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        """Places (N, S) of answers that are not as given, stand twice in a line, or have a sign that fails."""
        wrong = (questions != BLANK) & (answers != questions)
        digits = self.digits(answers)
        squares = digits.reshape(-1, self.size, self.size)
        same_row = (squares[:, :, :, None] == squares[:, :, None, :]).sum(axis=3) > 1
        same_column = (squares[:, :, None, :] == squares[:, None, :, :]).sum(axis=2) > 1
        twice = (same_row | same_column).reshape(digits.shape)
        wrong[:, self.cells] |= twice | (digits == 0)
        for (place, token), (smaller, larger) in self.pair_of.items():
            wrong[:, place] |= (questions[:, place] == token) & (digits[:, smaller] >= digits[:, larger])
        return np.asarray(wrong)

    def less(self, board: Tokens) -> list[tuple[int, int]]:
        """Pairs of cells, the smaller one first, that the signs of a board (S,) speak of."""
        return [
            self.pair_of[place, int(board[place])]
            for place in self.signs.tolist()
            if (place, int(board[place])) in self.pair_of
        ]

    def symmetries(self) -> ListedSymmetries:
        """The 8 moves, in which signs turn, with digits as they are and with n + 1 - d for d, every sign reversed."""
        num, digits = len(self.symbols), np.arange(2, self.size + 2)
        sign_at = {pointer: self.token_of[sign] for sign, pointer in POINTERS.items()}
        tokens = []
        for k in range(NUM_MOVES):
            turned = np.arange(num)
            around = np.array([[0, 1, 0], [2, 0, 3], [0, 4, 0]])
            for pointer, token in sign_at.items():
                mark = around[1 + pointer[0], 1 + pointer[1]]
                row, column = np.argwhere(move(around, k) == mark)[0]
                turned[token] = sign_at[int(row) - 1, int(column) - 1]
            reversed_ = turned.copy()
            reversed_[digits] = digits[::-1]
            for pointer, token in sign_at.items():
                reversed_[token] = turned[sign_at[-pointer[0], -pointer[1]]]
            tokens += [turned, reversed_]
        return ListedSymmetries(moved_cells(self.side).repeat(2, axis=0), np.stack(tokens))


def futoshiki(size: int, signs: tuple[int, int] | None = None, givens: tuple[int, int] | None = None) -> Family:
    """The family. signs, givens: fewest and most of a generated puzzle; None: a fifth to three fifths of all pairs of
    neighbours, none to a third of the cells. Raises ``InputError`` for settings that cannot be."""
    require_from(SIZES[0], SIZES[-1], size=size)
    layout, search = Layout(size), LatinSearch(size)
    pairs = len(layout.signs)
    signs = signs if signs is not None else (pairs // 5, 3 * pairs // 5)
    givens = givens if givens is not None else (0, size**2 // 3)
    for name, (fewest, most), bound in (("signs", signs, pairs), ("givens", givens, size**2 - 1)):
        if not 0 <= fewest <= most <= bound:
            raise InputError(f"{name} ({fewest}, {most}): give the fewest and the most, from 0 to {bound}")
    symmetries = layout.symmetries()

    def solved(questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        return np.asarray(~layout.broken(questions, answers).any(axis=1))

    def squares_alone(_: Tokens, labels: Tokens) -> list[bytes]:
        bare = np.full(labels.shape, layout.nothing)
        bare[:, layout.cells] = labels[:, layout.cells]
        return symmetries.keys(bare, bare)

    num = len(layout.symbols)
    return Family(
        name="futoshiki",
        title="a Futoshiki board",
        statement=(
            f"A Futoshiki of {size} x {size} cells, written with a place for every sign between two of them: "
            f"{layout.side} lines of {layout.side} places. Cells are the places in lines 1, 3, 5 ... and columns 1, 3, "
            "5 ...; a dot is an empty cell, and _ a place without a sign. Fill the empty cells so that every row and "
            f"every column of cells has each digit from 1 to {size} once, and every sign holds: < and > between "
            "neighbours of a row, ^ (the upper one is less) and v (the lower one is less) between neighbours of a "
            "column. All other places stay as they are."
        ),
        spec=TaskSpec.of_grid(
            (layout.side, layout.side),
            layout.symbols,
            answers=((0,), tuple(range(2, size + 2)), *((token,) for token in range(2, num))),
        ),
        names=("nothing at all", "blank", *layout.symbols[2:-5], "no sign", *(f"sign {sign}" for sign in POINTERS)),
        asked=tuple(range(1, num)),
        symmetries=symmetries,
        make=lambda draws: random_puzzle(layout, search, signs, givens, draws),
        solve=lambda question: solution(layout, search, question),
        solved=solved,
        broken=layout.broken,
        if_few=f"wider ranges of task.signs and task.givens{or_larger(size, SIZES)}",
        if_none="more task.signs or more task.givens: no board with so few has a single solution",
        measures={
            "givens": lambda questions, _: (layout.digits(questions) > 0).sum(axis=1),
            "signs": lambda questions, _: (questions[:, layout.signs] != layout.nothing).sum(axis=1),
        },
        held_out_keys=squares_alone,
        letters={"0": BLANK, "-": layout.nothing} | {other: layout.token_of[sign] for other, sign in SIGNS.items()},
        plain=lambda lines: list(plain_lines(lines, size)),
        draw=lambda shown, styles: drawn(layout, shown, styles),
        page=("?", "", *layout.symbols[2:-5], "", *POINTERS),
        page_units=[layout.cells[unit].tolist() for unit in search.units],
    )


def solution(layout: Layout, search: LatinSearch, question: Tokens) -> Tokens | None:
    """The only solution (S,) of a question (S,); None where there are several. Raises ``InputError`` where none is, and
    ``GaveUpError``."""
    if (place := layout.misplaced(question)) is not None:
        symbol, (row, column) = layout.symbols[question[place]], divmod(place, layout.side)
        raise InputError(f"{symbol!r} cannot stand in row {row + 1}, column {column + 1} of the board with its signs")
    found = search.search(search.candidates(layout.digits(question[None])[0].tolist()), layout.less(question))
    if not found.solutions and not found.gave_up:
        raise InputError("no digits agree with all signs and givens")
    if found.gave_up and len(found.solutions) < 2:
        raise GaveUpError(MOST_GUESSES)
    if len(found.solutions) != 1:
        return None
    return layout.with_digits(question, found.solutions[0])


def random_puzzle(
    layout: Layout,
    search: LatinSearch,
    signs: tuple[int, int],
    givens: tuple[int, int],
    draws: np.random.Generator,
) -> Made | None:
    """A puzzle with so many signs and givens, fewest and most of each; None where it needs more givens."""
    square = random_square(search, draws)
    board = np.full(layout.side**2, layout.nothing)
    for place in layout.signs[draws.permutation(len(layout.signs))[: draws.integers(signs[0], signs[1] + 1)]].tolist():
        ways = [token for token in layout.token_of.values() if (place, token) in layout.pair_of]
        board[place] = next(
            token for token in ways if square[layout.pair_of[place, token][0]] < square[layout.pair_of[place, token][1]]
        )
    wanted = int(draws.integers(givens[0], givens[1] + 1))
    shown = dig(search, square, layout.less(board), wanted, draws)
    if sum(map(bool, shown)) > givens[1]:
        return None
    return Made(layout.with_digits(board, shown), layout.with_digits(board, square))


def dig(
    search: LatinSearch, square: list[int], less: list[tuple[int, int]], wanted: int, draws: np.random.Generator
) -> list[int]:
    """The square without digits that the rest still tells, 0 for each; ``wanted`` are left, or as few as can be.

    Several are tried at once while that goes well: what is left is what trying one by one would leave.
    """
    shown, order = list(square), draws.permutation(len(square)).tolist()
    position, stride = 0, len(square)
    while position < len(order) and (too_many := sum(map(bool, shown)) - wanted) > 0:
        chosen = order[position : position + min(stride, too_many)]
        trial = [0 if cell in chosen else digit for cell, digit in enumerate(shown)]
        found = search.search(search.candidates(trial), less)
        if len(found.solutions) == 1 and not found.gave_up:
            shown = trial
        elif len(chosen) > 1:
            stride = max(1, len(chosen) // 2)
            continue
        position += len(chosen)
    return shown


def drawn(layout: Layout, shown: Tokens, styles: list[str]) -> str:
    """Lines of text without gaps: cells stand at every other place, signs between them."""
    symbols = [" " if token == layout.nothing else layout.symbols[token] for token in shown]
    cells = [paint(symbol, style if symbol != " " else "") for symbol, style in zip(symbols, styles, strict=True)]
    return "\n".join("".join(cells[at : at + layout.side]) for at in range(0, len(cells), layout.side))


def plain_lines(lines: list[Line], size: int) -> Iterator[Line]:
    """Boards as people write them, as lines of one symbol a place: gaps are anyhow, a sign of a column stands under the
    cell above it, rows of signs and signs may be missing. Boards in one line stay as they are."""
    side = 2 * size - 1
    cell_row = re.compile(rf"[.\d]([<>]?[.\d]){{{size - 1}}}")
    written, columns, below = 0, dict[int, int](), [NOTHING] * side  # rows of cells so far; where its cells stand
    last, fault = 0, ""
    for number, text, _ in lines:
        bare = re.sub(r"[\s_-]", "", text)
        if cell_row.fullmatch(bare) and len("".join(text.split())) != side**2:
            if 0 < written < size:
                yield Line(last, "".join(below), fault)
            written, below, last, fault = written % size + 1, [NOTHING] * side, number, ""
            columns = {at: 2 * cell for cell, at in enumerate(m.start() for m in re.finditer(r"[.\d]", text))}
            parts = re.findall(r"[.\d][<>]?", bare)
            yield Line(number, "".join(part.ljust(2, NOTHING) for part in parts)[:side])
        elif 0 < written < size and (signs := signs_of(text)) is not None:
            last = number if signs else last
            for at, sign in signs.items():
                if at in columns:
                    below[columns[at]] = sign
                else:
                    fault = f"the sign {sign} in line {number}, column {at + 1}, stands under no cell"
        else:
            written = 0
            yield Line(number, text)


def signs_of(text: str) -> dict[int, str] | None:
    """Column -> sign of a row of signs; None for any other line."""
    signs = {at: SIGNS.get(character, character) for at, character in enumerate(text) if character not in " _-\t"}
    return signs if set(signs.values()) <= {"^", "v"} else None

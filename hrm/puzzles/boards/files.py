"""Files of boards: CSV (or .csv.gz) with the columns question and answer, and if they like rating.

A board is a text of S symbols, row by row (``hrm data generate`` writes it).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.boards.family import Family
from hrm.puzzles.csv_file import BAD, Chunk, read_all
from hrm.puzzles.examples import Examples


def read_csv(path: Path, family: Family) -> Examples:
    """All puzzles of a file; their ratings are those of the file where it has them, else the family's own.

    Raises ``InputError`` with file, line and reason for what is no puzzle with an answer."""
    chunks = read_all(path, ("question", "answer"), ("rating",), lambda chunk: _decode(chunk.stripped(), family))
    inputs, labels, ratings = (np.concatenate(column) for column in zip(*chunks, strict=True))
    own = family.rate(inputs, labels)
    return Examples.of(inputs, labels, np.where(np.isnan(ratings), own, ratings))


def _decode(chunk: Chunk, family: Family) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float64]]:
    spec = family.spec
    rows, columns = spec.grid_shape
    tables = []
    for tokens in (family.asked, range(1, spec.vocab_size)):
        table = np.full(256, BAD, dtype=np.uint8)
        for token in tokens:
            table[ord(spec.symbols[token])] = token
        tables.append(table)
    board = f"{family.title} of {rows} x {columns}"
    asked, known = (
        " ".join(spec.symbols[token] for token in some) for some in (family.asked, range(1, len(spec.symbols)))
    )
    questions = chunk.cells("question", tables[0], spec.seq_len, board=board, allowed=f"one of {asked}")
    answers = chunk.cells("answer", tables[1], spec.seq_len, board=board, allowed=f"one of {known}")
    wrong = np.flatnonzero(~family.solved(questions, answers))
    if wrong.size:
        chunk.fail(int(wrong[0]), "the answer does not solve the question")
    return questions, answers, chunk.numbers("rating")

"""Lists of row numbers: a subset of a data file that stays the same whatever draws random numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.files import read_text


def read_indices(path: Path, num_rows: int) -> NDArray[np.int64]:
    """The numbers of a file, one a line, ascending. Raises ``InputError`` that names the line of the first bad one."""
    lines = read_text(path).splitlines()
    seen: dict[int, int] = {}
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        if not text.strip().isdecimal():
            raise InputError(f"{path}, line {line}: {text.strip()!r} is not a row number (0, 1, 2 ...)")
        row = int(text)
        if row >= num_rows:
            raise InputError(f"{path}, line {line}: row {row}, but the data have rows 0 to {num_rows - 1} only")
        if row in seen:
            raise InputError(f"{path}, line {line}: row {row} stands in line {seen[row]} already")
        seen[row] = line
    if not seen:
        raise InputError(f"{path}: there are no row numbers in it")
    return np.array(sorted(seen), dtype=np.int64)

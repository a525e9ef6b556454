"""Compressed sparse rows (CSR): the operations on index arrays that links are made of.

The m links of n rows are sorted by row: those of row i are at positions indptr[i]:indptr[i + 1] of the arrays beside
it, such as `indices`, the column of each.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

MARKED_FROM: Final = 64  # a row is marked, and found again, so many times as fast as it is sorted

I64 = npt.NDArray[np.int64]


def indptr_of(length: npt.NDArray[Any]) -> I64:
    """Row pointers int64[n + 1] of rows with `length` [n] links each.

    >>> indptr_of(np.array([2, 0, 1])).tolist()
    [0, 2, 2, 3]
    """
    pointers = np.zeros(len(length) + 1, np.int64)
    np.cumsum(length, out=pointers[1:])
    return pointers


def edge_index(indptr: npt.NDArray[Any], indices: npt.NDArray[Any]) -> tuple[I64, I64]:
    """Row and column of every link, int64[m] each, in the order of the links.

    >>> [side.tolist() for side in edge_index(np.array([0, 2, 2, 3]), np.array([1, 2, 0]))]
    [[0, 0, 2], [1, 2, 0]]
    """
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), np.asarray(indices, np.int64)


def ranges(low: npt.NDArray[Any], high: npt.NDArray[Any]) -> tuple[I64, I64]:
    """All positions of the ranges low[i]:high[i], each with its i: (i int64[m], position int64[m]).

    >>> [side.tolist() for side in ranges(np.array([5, 0]), np.array([7, 1]))]
    [[0, 0, 1], [5, 6, 0]]
    """
    length = high - low
    row = np.repeat(np.arange(len(low)), length)
    offset = np.cumsum(length) - length
    return row, np.arange(len(row)) + np.repeat(low - offset, length)


def distinct(n: int, *rows: npt.NDArray[Any]) -> I64:
    """The distinct rows among arrays of rows below n, int64 ascending: by marking them where they are many.

    >>> distinct(5, np.array([3, 1]), np.array([3])).tolist()
    [1, 3]
    """
    if sum(len(some) for some in rows) * MARKED_FROM < n:
        return np.asarray(np.unique(np.concatenate([np.empty(0, np.int64), *rows])), np.int64)
    marked = np.zeros(n, np.bool_)
    for some in rows:
        marked[some] = True
    return np.flatnonzero(marked)

"""Compressed sparse rows (CSR): the operations on index arrays that links are made of.

The m links of n rows are sorted by row: those of row i are at positions indptr[i]:indptr[i + 1] of the arrays beside
it, such as `indices`, the column of each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

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

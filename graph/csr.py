"""Compressed sparse rows: the few operations on index arrays that everything about links is made of.

The links of row i lie at positions indptr[i]:indptr[i + 1] of the arrays beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]


def indptr_of(length: npt.NDArray[Any]) -> I64:
    """Row pointers int64[n + 1] of rows with `length` [n] links each."""
    pointers = np.zeros(len(length) + 1, np.int64)
    np.cumsum(length, out=pointers[1:])
    return pointers


def edge_index(indptr: npt.NDArray[Any], indices: npt.NDArray[Any]) -> tuple[I64, I64]:
    """Row and column of every link, int64[m] each, in the order of the links."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), np.asarray(indices, np.int64)


def ranges(low: npt.NDArray[Any], high: npt.NDArray[Any]) -> tuple[I64, I64]:
    """All positions of the ranges low[i]:high[i], each with its i: (i int64[m], position int64[m])."""
    length = high - low
    which = np.repeat(np.arange(len(low)), length)
    offset = np.cumsum(length) - length
    return which, np.arange(len(which)) + np.repeat(low - offset, length)

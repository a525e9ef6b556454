"""Quantiles of sorted values, inside compiled loops."""

from __future__ import annotations

from typing import Any

import numba


@numba.njit(cache=True, nogil=True)
def fill_quantiles(ascending: Any, at: Any, out: Any) -> None:
    """Fill out[q] with the at[q]-quantile of ascending values [m], m > 0, by linear interpolation in their own type.

    The position of quantile q among them is q * (m - 1), as numpy's default method has it.
    """
    last = len(ascending) - 1
    for q in range(len(at)):
        position = at[q] * last
        low = int(position)
        value = ascending[low]
        if low < last:
            value += (ascending[low + 1] - value) * ascending.dtype.type(position - low)
        out[q] = value

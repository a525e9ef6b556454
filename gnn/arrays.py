"""Names of array types, and the one binary grid on which values lie so that their sums are exact in any order.

Shapes stand beside a name in docstrings: F32[n, w] is float32 with n rows and w columns.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

GRID: Final = 2.0**20  # steps in 1; float64 sums of up to 2^30 multiples of 1 / GRID within -8..8 are exact
STEP: Final = 1.0 / GRID
BOUND: Final = 8.0  # float32 holds every multiple of STEP within -BOUND..BOUND


def row_hashes(values: F32) -> U64:
    """A hash of each row of F32[n, w], U64[n], modulo 2^64; its lowest bits want mixing. -0 and 0 are alike."""
    content = np.ascontiguousarray(np.nan_to_num(values, nan=-99.0) + np.float32(0))
    factors = np.random.default_rng(0).integers(1, 2**63, values.shape[1], np.uint64) | np.uint64(1)
    return np.asarray((content.view(np.uint32).astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64), np.uint64)


def on_grid(x: npt.NDArray[Any]) -> F32:
    """Values clipped to -BOUND..BOUND and rounded to multiples of STEP, which float32 holds exactly."""
    exact = np.rint(np.clip(x, -BOUND, BOUND).astype(np.float64) * GRID) * STEP
    return np.asarray(exact, np.float32)


def round_to_grid(x: npt.ArrayLike) -> F64:
    """Values rounded to multiples of STEP, as float64 and without a bound."""
    return np.asarray(np.rint(np.asarray(x, np.float64) * GRID) * STEP, np.float64)

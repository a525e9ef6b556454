"""An array with a few rows replaced or appended: a change of a network costs what it changes, not what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.arrays import I64


def places_among(rows: I64, stale: I64) -> I64:
    """Where among `rows` those stand that are also in `stale`, ascending; nothing is searched where that is empty."""
    return np.flatnonzero(np.isin(rows, stale)) if len(stale) else stale


@dataclass(frozen=True, slots=True)
class PatchedRows:
    """`base` [n, ...] of which the `rows` (ascending; from n on: new ones) are `values` [k, ...] instead."""

    base: npt.NDArray[Any]
    rows: I64
    values: npt.NDArray[Any]

    @staticmethod
    def of(base: npt.NDArray[Any]) -> PatchedRows:
        """The array as it is."""
        return PatchedRows(base, np.empty(0, np.int64), np.empty((0, *base.shape[1:]), base.dtype))

    def take(self, rows: I64) -> npt.NDArray[Any]:
        """A copy of some rows, in the order asked for."""
        if not len(self.rows):
            return np.asarray(self.base[rows])
        at = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        is_patched = self.rows[at] == rows
        found = np.empty((len(rows), *self.base.shape[1:]), self.base.dtype)
        found[~is_patched] = self.base[rows[~is_patched]]
        found[is_patched] = self.values[at[is_patched]]
        return found

    def with_rows(self, rows: I64, values: npt.NDArray[Any]) -> PatchedRows:
        """The array with these rows (ascending, each once) replaced too."""
        others = ~np.isin(self.rows, rows)
        every = np.concatenate([self.rows[others], rows])
        order = np.argsort(every, kind="stable")
        merged = np.concatenate([self.values[others], np.asarray(values, self.base.dtype)])
        return PatchedRows(self.base, every[order], merged[order])

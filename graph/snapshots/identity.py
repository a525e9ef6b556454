"""Which ids are one party: those that SAME_AS facts join, directly or through others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Identity:
    """The party of each of k ids, which are sorted by their bytes. A party has the smallest of its ids.

    row int64[k] is the row of the party that an id belongs to; is_alias bool[k] says which ids are not its smallest.
    """

    row: Ints
    is_alias: npt.NDArray[np.bool_]

    @property
    def n_parties(self) -> int:
        """Number of parties."""
        return len(self.row) - int(self.is_alias.sum())

    def of_links(self, ids: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Rows of the parties that positions among the ids belong to: int32[m]."""
        rows: npt.NDArray[np.int32] = self.row.astype(np.int32)[ids]
        return rows

    def party_ids(self, ids: pa.Array) -> pa.Array:
        """The id of each party, by row."""
        return ids.filter(pa.array(~self.is_alias))

    def merged(self) -> npt.NDArray[np.bool_]:
        """Whether each party has several ids: bool[n]."""
        return np.bincount(self.row, minlength=self.n_parties) > 1


def identity_of(k: int, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Identity:
    """Who is who among k ids of which a[i] and b[i] are one party.

    >>> identity_of(4, np.array([3, 2]), np.array([1, 3])).row.tolist()
    [0, 1, 1, 1]
    """
    if not len(a):
        return Identity(np.arange(k), np.zeros(k, bool))
    joined = sparse.csr_array((np.ones(len(a), bool), (a, b)), shape=(k, k))
    _, label = connected_components(joined, directed=False)
    _, smallest = np.unique(label, return_index=True)
    is_alias = smallest[label] != np.arange(k)
    row = np.cumsum(~is_alias) - 1
    return Identity(row[smallest[label]], is_alias)

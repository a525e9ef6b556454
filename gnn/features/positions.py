"""Positions: where a party stands in the network of a category, as coordinates that come from its neighbours.

The eigenvectors v of the normalised adjacency D^-1/2 A D^-1/2, with eigenvalues lambda, place linked parties near one
another. In the scale of the random walk, u = v / sqrt(d), an eigenvector is a mean over neighbours:

    u(i) = mean over j in N(i) of u(j) / lambda

So a basis keeps u(j) / lambda of the landmarks j, and the position of any party, known or new, is the mean over those
of its neighbours that are landmarks. A change of a link moves only the positions of those around it.

A landmark is known again by its content: a hash of what it shows and of what its neighbours show. No id is looked at,
so renaming parties changes nothing. Parties whose content is not unique are no landmarks.

Source: Belkin and Niyogi 2003 (Laplacian eigenmaps), section 4; the extension to new parties, Bengio et al. 2004.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from gnn.arrays import F32, I32, I64, U64, on_grid, row_hashes
from gnn.propagation.eigenvectors import leading_eigenvectors
from gnn.propagation.neighbourhood import Neighbourhood
from gnn.propagation.patched_rows import PatchedRows

MAX_POSITIONS: Final = 128  # of a category
MOST_POSITIONS: Final = 256  # of all categories together, each of which has an equal part
MIN_LANDMARKS: Final = 500  # of fewer, positions would tell little that links and statistics do not
LANDMARKS_EACH: Final = 16  # for each position, so that there are not more of them than there is to tell apart
MAX_LANDMARKS: Final = 50_000  # a basis of more takes minutes to fit, and each process keeps it in memory
KEY_BYTES: Final = 8


@dataclass(frozen=True)
class Basis:
    """The landmarks of a category as bytes: their keys U64[m] ascending, then their vectors F32[m, width]."""

    width: int
    content: bytes

    @staticmethod
    def of(keys: U64, vectors: F32) -> Basis:
        """The basis of landmarks with ascending keys U64[m] and vectors F32[m, width]."""
        return Basis(vectors.shape[1], keys.astype("<u8").tobytes() + vectors.astype("<f4").tobytes())

    @cached_property
    def keys(self) -> U64:
        """U64[m], ascending."""
        return np.frombuffer(self.content, "<u8", self._landmarks)

    @cached_property
    def vectors(self) -> F32:
        """F32[m, width]."""
        start = KEY_BYTES * self._landmarks
        return np.frombuffer(self.content, "<f4", offset=start).reshape(-1, self.width)

    @property
    def _landmarks(self) -> int:
        return len(self.content) // (KEY_BYTES + 4 * self.width)

    def landmark_of(self, keys: U64) -> I32:
        """The place of parties with these keys among the landmarks, -1 for those that are none: I32[k]."""
        place = np.minimum(np.searchsorted(self.keys, keys), self._landmarks - 1)
        return np.where(self.keys[place] == keys, place, -1).astype(np.int32)

    def vectors_of(self, landmarks: I32) -> F32:
        """The vectors F32[k, width] of landmarks by their place, NaN for -1."""
        found = self.vectors[landmarks]
        found[landmarks < 0] = np.nan
        return found


def fit_basis(adjacency: Neighbourhood, visible: PatchedRows, categories: int = 1) -> Basis | None:
    """The basis of a whole category, from what each party shows, F32[n, w]; None where it is too small or too large.

    categories: how many the network has.

    Landmarks are of the largest connected part of the network between parties of unique content. Between parts an
    eigenvector says nothing.
    """
    every = np.arange(adjacency.n)
    degree, keys = adjacency.degree(every), content_keys(visible, every, adjacency)
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    unique = first[(times == 1) & (degree[first] > 0)]  # in the order of their keys, which no numbering changes
    if not MIN_LANDMARKS <= len(unique) <= MAX_LANDMARKS:
        return None
    most = min(MAX_POSITIONS, MOST_POSITIONS // categories)
    place, vectors = leading_eigenvectors(adjacency.adjacency, unique, most, LANDMARKS_EACH)
    if len(place) < MIN_LANDMARKS or not vectors.shape[1]:
        return None
    return Basis.of(keys[unique[place]], on_grid(vectors))


def content_keys(visible: PatchedRows, rows: I64, network: Neighbourhood) -> U64:
    """A hash of what each of some parties shows, and of what its neighbours show, in any order: U64[k].

    visible: what every party shows, F32[n, w].
    """
    indptr, neighbours = network.lists(rows)
    shown, at = np.unique(np.concatenate([rows, neighbours]), return_inverse=True)
    hashes = _hashed(visible.take(shown))[at]
    own, around = hashes[: len(rows)], hashes[len(rows) :]
    before = np.concatenate([np.zeros(1, np.uint64), np.cumsum(around, dtype=np.uint64)])
    total = before[indptr[1:]] - before[indptr[:-1]]  # modulo 2^64, so that the sum is exact
    return _mixed(own * np.uint64(0x9E3779B97F4A7C15) + _mixed(total))


def _hashed(values: F32) -> U64:
    """A mixed hash of each row of F32[k, w], U64[k]."""
    return _mixed(row_hashes(values) + np.uint64(1))


def _mixed(hashes: U64) -> U64:
    """The finaliser of MurmurHash3 (Appleby 2011)."""
    mixed = hashes ^ (hashes >> np.uint64(33))
    mixed = mixed * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed = mixed * np.uint64(0xC4CEB9FE1A85EC53)
    return np.asarray(mixed ^ (mixed >> np.uint64(33)), np.uint64)


def restricted(bases: Mapping[str, Basis], categories: frozenset[str]) -> dict[str, Basis]:
    """The bases of these categories."""
    return {category: basis for category, basis in bases.items() if category in categories}

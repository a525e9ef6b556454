"""Which statements count: those whose maker somebody other than the rated party deals with or rates.

Anybody can open accounts that praise a party and do nothing else. What others say of such a maker, or do with it,
cannot be made by itself: so a statement of a maker with which nobody else deals is not read. Where the network has a
core, that is many parties each of which is known to others of them all around, the maker must also be known, over any
number of parties, to a party of the core: accounts that only rate one another are not.

Source: the idea of trust that flows from those who are known, Levien 2009 (Advogato), chapter 3.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components

from gnn.arrays import I64, Bools

LEAST_CORE: Final = 100  # parties; a smaller one may be accounts of one hand
MOST_KNOWN: Final = (
    100  # parties that one party may know and still back: else one shop could back any number of accounts
)

Ends = npt.NDArray[Any]  # rows of parties, of an integer type


def pairs_of(source: Ends, target: Ends, n: int) -> I64:
    """Distinct ordered pairs of different parties as source * n + target, int64 ascending."""
    found = np.unique(source.astype(np.int64) * n + target)
    return np.asarray(found[found // n != found % n], np.int64)


def is_backed(source: Ends, target: Ends, knows: I64, n: int) -> Bools:
    """Whether each statement of `source` about `target` counts, Bools[m].

    knows: the ordered pairs (`pairs_of`) of a party that deals with or rates another.
    """
    knows = knows[_may_back(knows, n)[knows // n]]
    known_by = np.bincount(knows % n, minlength=n)
    by_target = target.astype(np.int64) * n + source
    place = np.searchsorted(knows, by_target).clip(max=max(len(knows) - 1, 0))
    by_target_alone = (knows[place] == by_target) if len(knows) else np.zeros(len(source), np.bool_)
    return np.asarray(known_by[source] - by_target_alone > 0, np.bool_)


def from_outside(knows: I64, n: int) -> I64:
    """The pairs of `knows` that do not lie within one strongly connected component; all where there is a core.

    Without a core, parties that know one another in a circle may be accounts of one hand, however many they are.
    """
    component, size = _components(knows, n)
    if _has_core(size):
        return knows
    return np.asarray(knows[component[knows // n] != component[knows % n]], np.int64)


def _may_back(knows: I64, n: int) -> Bools:
    """The parties that know few enough others, and are known to the core: Bools[n]."""
    return _in_reach_of_core(knows, n) & (np.bincount(knows // n, minlength=n) <= MOST_KNOWN)


def _in_reach_of_core(knows: I64, n: int) -> Bools:
    """The parties of the largest strongly connected component and those they know, Bools[n]; all where it is small."""
    component, size = _components(knows, n)
    if not _has_core(size):
        return np.ones(n, np.bool_)
    reached = np.zeros(n, np.bool_)
    start = int(np.flatnonzero(component == np.argmax(size))[0])
    reached[breadth_first_order(_links(knows, n), start, return_predecessors=False)] = True
    return reached


def _has_core(size: I64) -> bool:
    return bool(len(size) and size.max() >= LEAST_CORE)


def _components(knows: I64, n: int) -> tuple[I64, I64]:
    """The strongly connected component of each party, I64[n], and how many parties each has."""
    _, component = connected_components(_links(knows, n), connection="strong")
    return component, np.bincount(component, minlength=1)


def _links(knows: I64, n: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(knows), np.int8), (knows // n, knows % n)), shape=(n, n))

"""Money circles and guarantee loops: groups with directed cycles of three or more parties.

Cycles are not listed: there can be too many. The strongly connected components of the network, and of overlapping
windows of it (of time, and for money of amount), contain every cycle. Of components of a group's size, the parts with
cycles of three or more parties become candidates, for money those with one whose times never decrease
(`graph.rings.circuits`); larger components are left to shorter windows. A link is in two windows of each length at
most, so that the work is linear in the links.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import (
    MAX_INNOCENT_SHARE,
    MAX_MEMBERS,
    MIN_MEMBERS,
    MONEY,
    WINDOW_DAYS,
    RingCandidate,
    groups_by_label,
    windows,
)
from graph.rings.circuits import circuit_parts, flows_in_time
from graph.rings.network import DAY, DirectedLinks, Ints, RingNetwork
from graph.rings.passing_on import is_passed_on
from graph.rings.significance import loop_neg_log10_expected

MAX_BUSY_MEMBERS: Final = 20  # a larger component with many pairs is the centre of a busy network: loops of loops
MAX_CHORDS: Final = 2  # pairs of a larger circle beside those that make it one
AMOUNT_WINDOW: Final = log(1.5)  # a circle whose amounts differ by half at most


def loops(network: RingNetwork, kind: str) -> list[RingCandidate]:
    """Candidates of `kind` (MONEY or GUARANTEE), without those mostly between friends, kin or colleagues."""
    links = network.money if kind == MONEY else network.guarantees
    return [
        candidate
        for subset in _subsets(links, network.size, with_amounts=kind == MONEY)
        for candidate in _loops_in(links.select(subset.positions), subset, network, kind)
    ]


@dataclass(frozen=True)
class _Subset:
    """Some of the links by position, the number of such subsets that are searched, and whether it is all links."""

    positions: Ints
    n_windows: int
    whole: bool = False


def _subsets(links: DirectedLinks, size: int, with_amounts: bool) -> Iterator[_Subset]:
    """All links, those of pairs with several, money that is passed on, and those of each window of amount and time."""
    yield _Subset(np.arange(len(links.source)), 1, whole=True)
    yield _Subset(_of_repeated_pairs(links), 1)
    if with_amounts:
        yield _Subset(np.flatnonzero(is_passed_on(links, size)), 1)
        of_amount = list(windows(np.log(np.where(links.amount > 0, links.amount, np.nan)), AMOUNT_WINDOW))
        yield from (_Subset(positions, len(of_amount)) for positions in of_amount)
    for days in WINDOW_DAYS:
        of_time = list(windows(links.time, days * DAY))
        yield from (_Subset(positions, len(of_time) * len(WINDOW_DAYS)) for positions in of_time)


def _of_repeated_pairs(links: DirectedLinks) -> Ints:
    """Positions of the links of ordered pairs that have several: money that circulates more than once."""
    pair = links.source * (1 + int(links.target.max(initial=0))) + links.target
    _, place, counts = np.unique(pair, return_inverse=True, return_counts=True)
    return np.flatnonzero(counts[place] >= 2)


def _loops_in(links: DirectedLinks, subset: _Subset, network: RingNetwork, kind: str) -> Iterator[RingCandidate]:
    inner = _without_dead_ends(links)
    if len(inner.source) < MIN_MEMBERS:
        return
    rows, graph, source, target = _compact(inner)
    _, label = connected_components(graph, True, "strong")
    sizes = np.bincount(label)
    fits = (sizes >= MIN_MEMBERS) & (sizes <= MAX_MEMBERS)
    inside = np.flatnonzero((label[source] == label[target]) & fits[label[source]])
    if not len(inside):
        return
    # With all links at hand, a party guarantees or pays one of its number at the rate of the whole network.
    prior = min(len(links.source) / network.size, 1.0) if subset.whole else 1.0
    branching = _Branching.of(links, rows[fits[label]], prior)
    for _, chosen in groups_by_label(label[source[inside]]):
        for part in circuit_parts(inner.select(inside[chosen])):
            if kind == MONEY and not flows_in_time(part):
                continue
            members = np.unique(part.source)
            pairs = np.unique(np.stack([part.source, part.target], axis=1), axis=0)
            if len(members) > MAX_BUSY_MEMBERS and len(pairs) > len(members) + MAX_CHORDS:
                continue
            if network.innocent.explain_money(pairs[:, 0], pairs[:, 1]).mean() >= MAX_INNOCENT_SHARE:
                continue
            around = branching.around(members)
            significance = loop_neg_log10_expected(len(members), len(pairs), *around, subset.n_windows)
            once = part.each_once()
            figures = {"parties": len(members), "links": len(once.fact), "pairs": len(pairs)}
            yield RingCandidate(kind, tuple(members.tolist()), significance, figures | _total_amount_and_days(once))


def _without_dead_ends(links: DirectedLinks) -> DirectedLinks:
    """The links left when those whose source has none coming in, or whose target none going out, are removed until
    no such link is left.
    """
    while len(links.source):
        inner = np.isin(links.source, links.target) & np.isin(links.target, links.source)
        if inner.all():
            break
        links = links.select(inner)
    return links


def _compact(links: DirectedLinks) -> tuple[Ints, sparse.csr_array, Ints, Ints]:
    """The rows at the ends of the links, the graph of distinct pairs over them, and both ends as positions in them."""
    rows, ends = np.unique(np.concatenate([links.source, links.target]), return_inverse=True)
    n, m = len(rows), len(links.source)
    graph = sparse.csr_array((np.ones(m, np.int32), (ends[:m], ends[m:])), shape=(n, n))
    return rows, graph, ends[:m], ends[m:]


def _total_amount_and_days(links: DirectedLinks) -> dict[str, float | None]:
    """The sum of the known amounts, and the days from the first link to the last where all are dated."""
    amount, time = links.amount[np.isfinite(links.amount)], links.time[np.isfinite(links.time)]
    return {
        "amount": round(float(amount.sum()), 2) if len(amount) else None,
        "days": round(float(np.ptp(time)) / DAY, 1) if len(time) == len(links.time) else None,
    }


@dataclass(frozen=True)
class _Branching:
    """The mean number of outgoing links where an incoming link ends, of a whole graph and of each connected component.

    The parties of candidates are left out: they are compared with this background. `rows` are the parties, ascending,
    `component` int64[len(rows)] their component; of each component `links_of` is its number of pairs, `paths_of` of
    paths of two pairs, `size_of` of parties. `prior` is the branching of a network of which nothing else is known.
    """

    rows: Ints
    component: Ints
    links_of: Ints
    paths_of: Ints
    size_of: Ints
    prior: float

    @staticmethod
    def of(links: DirectedLinks, candidates: Ints, prior: float) -> _Branching:
        """The branching of these links without the rows of candidates."""
        rows, graph, _, _ = _compact(links)
        out, into = np.diff(graph.indptr), np.bincount(graph.indices, minlength=len(rows))
        _, component = connected_components(graph, False)
        counted = ~np.isin(rows, candidates)
        links_of, paths_of = (np.bincount(component, counted * values).astype(np.int64) for values in (out, out * into))
        return _Branching(rows, component, links_of, paths_of, np.bincount(component), prior)

    def around(self, members: Ints) -> tuple[float, int]:
        """The branching around a group, and the number of parties it is measured on.

        It is that of the group's component or of the whole graph, whichever is larger: in a busy part of a quiet
        network loops are common.
        """
        own = self.component[np.searchsorted(self.rows, members[0])]
        links = int(self.links_of[own])
        # One link of the prior is added, so that an empty window is not taken for one in which nothing can happen.
        whole = (int(self.paths_of.sum()) + self.prior) / (int(self.links_of.sum()) + 1)
        of_component = int(self.paths_of[own]) / max(links, 1)
        if of_component > whole and links >= len(members):
            return of_component, int(self.size_of[own])
        return whole, len(self.component)

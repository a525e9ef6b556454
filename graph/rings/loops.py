"""Money circles and guarantee loops: groups in which each reaches each along the direction of the links.

Cycles are not listed: there can be too many. The strongly connected parts of the network, and of overlapping windows
of it (of time, and for money of amount), hold every cycle; those of a group's size are looked at, larger ones are
left to shorter windows. A link is in two windows of each length at most, so that the work is linear in the links.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import EXPLAINED, FEWEST_MEMBERS, MONEY, WINDOWS, Finding, grouped, windows
from graph.rings.network import DAY, Explanations, Ints, RingNetwork, Ties
from graph.rings.significance import loop_surprise

LONGEST: Final = 20  # beyond it is the heart of a busy network: loops of loops that chance makes
AMOUNT_WINDOW: Final = log(1.5)  # a circle whose amounts differ by half at most


def loops(network: RingNetwork, kind: str) -> list[Finding]:
    """Findings of `kind` (MONEY or GUARANTEE); those between friends, kin or colleagues are left out."""
    ties = network.money if kind == MONEY else network.guarantees
    return [
        finding
        for view in _views(ties, kind == MONEY)
        for finding in _loops_in(ties.kept(view.rows), view, network.explanations, kind)
    ]


@dataclass(frozen=True)
class _View:
    """Some of the ties: their rows, and how many such views there are to look through."""

    rows: Ints
    looks: int


def _views(ties: Ties, amounts: bool) -> Iterator[_View]:
    yield _View(np.arange(len(ties.source)), 1)
    yield _View(_repeated(ties), 1)
    if amounts:
        chosen = list(windows(np.log(np.where(ties.amount > 0, ties.amount, np.nan)), AMOUNT_WINDOW))
        yield from (_View(rows, len(chosen)) for rows in chosen)
    for days in WINDOWS:
        chosen = list(windows(ties.time, days * DAY))
        yield from (_View(rows, len(chosen) * len(WINDOWS)) for rows in chosen)


def _repeated(ties: Ties) -> Ints:
    """The ties between pairs that have several: money that goes round more than once."""
    pair = ties.source * (1 + int(ties.target.max(initial=0))) + ties.target
    _, at, counts = np.unique(pair, return_inverse=True, return_counts=True)
    return np.flatnonzero(counts[at] >= 2)


def _loops_in(ties: Ties, view: _View, explanations: Explanations, kind: str) -> Iterator[Finding]:
    onward = _onward(ties)
    if len(onward.source) < FEWEST_MEMBERS:
        return
    rows, graph, source, target = _compact(onward)
    _, label = connected_components(graph, True, "strong")
    sizes = np.bincount(label)
    fit = (sizes >= FEWEST_MEMBERS) & (sizes <= LONGEST)
    inside = np.flatnonzero((label[source] == label[target]) & fit[label[source]])
    if not len(inside):
        return
    branching = _Branching.of(ties, rows[fit[label]])
    for _, chosen in grouped(label[source[inside]]):
        links = inside[chosen]
        a, b = rows[source[links]], rows[target[links]]
        members = np.unique(a)
        pairs = np.unique(np.stack([a, b], axis=1), axis=0)
        if explanations.of_money(pairs[:, 0], pairs[:, 1]).mean() >= EXPLAINED:
            continue
        surprise = loop_surprise(len(members), len(pairs), *branching.around(members), view.looks)
        figures = {"parties": len(members), "links": len(links), "pairs": len(pairs)}
        yield Finding(kind, tuple(members.tolist()), surprise, figures | _sums(onward.kept(links)))


def _onward(ties: Ties) -> Ties:
    """The ties left when those are taken away, again and again, that nothing leads to or that lead nowhere further."""
    while len(ties.source):
        keep = np.isin(ties.source, ties.target) & np.isin(ties.target, ties.source)
        if keep.all():
            break
        ties = ties.kept(keep)
    return ties


def _compact(ties: Ties) -> tuple[Ints, sparse.csr_array, Ints, Ints]:
    """The parties in the ties, the graph of distinct pairs over their places, and each tie's ends as places."""
    rows, ends = np.unique(np.concatenate([ties.source, ties.target]), return_inverse=True)
    n, m = len(rows), len(ties.source)
    graph = sparse.csr_array((np.ones(m, np.int32), (ends[:m], ends[m:])), shape=(n, n))
    return rows, graph, ends[:m], ends[m:]


def _sums(ties: Ties) -> dict[str, float | None]:
    """What went round, and within how many days, where that is known."""
    amount, time = ties.amount[np.isfinite(ties.amount)], ties.time[np.isfinite(ties.time)]
    return {
        "amount": round(float(amount.sum()), 2) if len(amount) else None,
        "days": round(float(np.ptp(time)) / DAY, 1) if len(time) == len(ties.time) else None,
    }


@dataclass(frozen=True)
class _Branching:
    """How many onward links an arriving link meets on average, in the whole of a graph and in each connected part.

    The parties on loops that are looked at have no part in it: what is to be judged is no background.
    """

    rows: Ints
    part: Ints
    links_of: Ints
    through_of: Ints
    size_of: Ints

    @staticmethod
    def of(ties: Ties, judged: Ints) -> _Branching:
        rows, graph, _, _ = _compact(ties)
        out, into = np.diff(graph.indptr), np.bincount(graph.indices, minlength=len(rows))
        _, part = connected_components(graph, False)
        counted = ~np.isin(rows, judged)
        links_of, through_of = (np.bincount(part, counted * values).astype(np.int64) for values in (out, out * into))
        return _Branching(rows, part, links_of, through_of, np.bincount(part))

    def around(self, members: Ints) -> tuple[float, int]:
        """The branching around a group, and the number of parties there.

        It is that of the group's connected part or of the whole, whichever is larger: in a busy quarter of a quiet
        town loops are common.
        """
        own = self.part[np.searchsorted(self.rows, members[0])]
        links = int(self.links_of[own])
        # One is added to both, so that an empty window is not taken for one in which nothing can happen.
        whole = (int(self.through_of.sum()) + 1) / (int(self.links_of.sum()) + 1)
        near = int(self.through_of[own]) / max(links, 1)
        return (near, int(self.size_of[own])) if near > whole and links >= len(members) else (whole, len(self.part))

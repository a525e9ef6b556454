"""Bursts of new links: groups whose members were hardly linked before and become densely linked within a few days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import (
    BURST,
    MAX_MEMBERS,
    MIN_MEMBERS,
    MIN_WINDOWS,
    WINDOW_DAYS,
    RingCandidate,
    groups_by_label,
    windows,
)
from graph.rings.network import DAY, Floats, Ints, Pairs, RingNetwork
from graph.rings.significance import burst_neg_log10_expected, dense_neg_log10_expected

MIN_BURST_SHARE: Final = 0.6  # of a group's beginnings that lie in the window of a burst
MAX_PARTNERS: Final = 100  # a party with more new partners in one window is a shop, not a member


def bursts(network: RingNetwork, history: History) -> list[RingCandidate]:
    """Candidates from dense groups of pairs first linked in one window, if most beginnings of a group are in a window.

    The significance is the smaller of that of the density and that of the window.
    """
    candidates = []
    for days in WINDOW_DAYS:
        all_windows = list(windows(network.pairs.first, days * DAY))
        for positions in all_windows:
            pairs = network.pairs.select(positions)
            for members, of_density in _dense_groups(pairs, len(all_windows) * len(WINDOW_DAYS)):
                burst = history.burst(members) if of_density > 0 else None
                if burst is not None:
                    significance = min(of_density, burst.neg_log10_expected)
                    candidates.append(RingCandidate(BURST, burst.members, significance, burst.figures))
    return candidates


class History:
    """Times of the beginnings in a network: first links of pairs and first uses of identifiers."""

    def __init__(self, network: RingNetwork) -> None:
        pairs, uses = network.pairs, network.uses
        shape = (network.size, network.size)
        self._pairs = sparse.csr_array((pairs.first, (pairs.a, pairs.b)), shape=shape)
        self._uses = sparse.csr_array((uses.time, (uses.party, uses.identifier)), shape=shape)
        times = np.concatenate([pairs.first, uses.time])
        self._times = np.sort(times[np.isfinite(times)])

    def burst(self, members: Ints, selected_for: int = 0) -> RingCandidate | None:
        """The most significant window of the group's dated beginnings, if one holds MIN_BURST_SHARE of them.

        The group is compared with all beginnings of the network in the same window. The number of beginnings that the
        group was `selected_for` does not count.
        """
        times = self._beginnings(members)
        if len(times) < MIN_MEMBERS + 1:
            return None
        span = float(self._times[-1] - self._times[0])
        best: RingCandidate | None = None
        for width in (days * DAY for days in WINDOW_DAYS if span >= MIN_WINDOWS * days * DAY):
            counts = np.searchsorted(times, times + width, side="right") - np.arange(len(times))
            start = int(np.argmax(counts))
            count = int(counts[start])
            if count < MIN_BURST_SHARE * len(times):
                continue
            low, high = np.searchsorted(self._times, [times[start], times[start] + width])
            share = min(max((high - low) / len(self._times), width / span), 1.0)
            significance = burst_neg_log10_expected(
                max(count - selected_for, 0), max(len(times) - selected_for, 0), share, int(2 * span / width)
            )
            if best is None or significance > best.neg_log10_expected:
                figures = {"links": count, "of": len(times), "days": width / DAY, "from": float(times[start])}
                best = RingCandidate(BURST, tuple(members.tolist()), significance, figures)
        return best

    def _beginnings(self, members: Ints) -> Floats:
        """Ascending times of the first links of the group's pairs and the first uses of its shared identifiers."""
        own = self._uses[members].tocoo()
        _, place, users = np.unique(own.col, return_inverse=True, return_counts=True)
        times = np.concatenate([self._pairs[members][:, members].data, own.data[users[place] >= 2]])
        result: Floats = np.sort(times[np.isfinite(times)])
        return result


def _dense_groups(pairs: Pairs, n_windows: int) -> Iterator[tuple[Ints, float]]:
    """Connected groups in which every pair closes a triangle, as rows and significance."""
    parties, degree = np.unique(np.concatenate([pairs.a, pairs.b]), return_counts=True)
    branching = float((degree * (degree - 1)).sum() / degree.sum())
    inner = _two_core(pairs, parties[degree > MAX_PARTNERS])
    if len(inner.a) <= MIN_MEMBERS:
        return
    rows, ends = np.unique(np.concatenate([inner.a, inner.b]), return_inverse=True)
    n, m = len(rows), len(inner.a)
    graph = sparse.csr_array((np.ones(m, np.int32), (ends[:m], ends[m:])), shape=(n, n))
    graph = (graph + graph.T).tocsr()
    closed = (graph @ graph).multiply(graph).tocsr()
    closed.eliminate_zeros()
    _, label = connected_components(closed, False)
    sizes = np.bincount(label)
    inside = np.flatnonzero(((sizes > MIN_MEMBERS) & (sizes <= MAX_MEMBERS))[label])
    links = np.diff(closed.indptr)
    for _, chosen in groups_by_label(label[inside]):
        own = inside[chosen]
        n_links = int(links[own].sum()) // 2
        yield rows[own], dense_neg_log10_expected(len(own), n_links, branching, len(parties), n_windows)


def _two_core(pairs: Pairs, excluded: Ints) -> Pairs:
    """The pairs without the excluded parties in which each party has two or more: their 2-core."""
    pairs = pairs.select(~np.isin(pairs.a, excluded) & ~np.isin(pairs.b, excluded))
    while len(pairs.a):
        _, place, counts = np.unique(np.concatenate([pairs.a, pairs.b]), return_inverse=True, return_counts=True)
        several = counts[place] >= 2
        inner = several[: len(pairs.a)] & several[len(pairs.a) :]
        if inner.all():
            break
        pairs = pairs.select(inner)
    return pairs

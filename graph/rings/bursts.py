"""Bursts of new links: groups whose members were hardly linked before and are densely linked within a few days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import (
    BURST,
    FEWEST_MEMBERS,
    FEWEST_WINDOWS,
    MOST_MEMBERS,
    WINDOWS,
    Finding,
    grouped,
    windows,
)
from graph.rings.network import DAY, Floats, Ints, Pairs, RingNetwork
from graph.rings.significance import burst_surprise, dense_surprise

LEAST_SHARE: Final = 0.6  # a burst holds at least this share of a group's beginnings
MOST_PARTNERS: Final = 100  # whoever has more new partners in one window is a shop, not a member


def bursts(network: RingNetwork, history: History) -> list[Finding]:
    """Dense groups of pairs that were first linked in one window, of whose beginnings the window holds most."""
    found = []
    for days in WINDOWS:
        chosen = list(windows(network.pairs.first, days * DAY))
        for rows in chosen:
            for members, surprise in _dense(network.pairs.kept(rows), len(chosen) * len(WINDOWS)):
                seen = history.burst(members) if surprise > 0 else None
                if seen is not None:
                    found.append(Finding(BURST, seen.members, min(surprise, seen.surprise), seen.figures))
    return found


class History:
    """When the pairs of a network were first linked and its things first used, ready to be asked about a group."""

    def __init__(self, network: RingNetwork) -> None:
        pairs, uses = network.pairs, network.uses
        shape = (network.size, network.size)
        self._pairs = sparse.csr_array((pairs.first, (pairs.a, pairs.b)), shape=shape)
        self._uses = sparse.csr_array((uses.time, (uses.party, uses.thing)), shape=shape)
        times = np.concatenate([pairs.first, uses.time])
        self._times = np.sort(times[np.isfinite(times)])

    def burst(self, members: Ints, known: int = 0) -> Finding | None:
        """The most surprising window of the group's dated beginnings, if one holds LEAST_SHARE of them.

        A beginning is the first link of a pair, or the first use of a thing that two members use. The group is
        compared with all beginnings of the network in the same window. `known` beginnings are left out, because the
        group was chosen for them.
        """
        times = self._beginnings(members)
        if len(times) < FEWEST_MEMBERS + 1:
            return None
        span = float(self._times[-1] - self._times[0])
        best: Finding | None = None
        for width in (days * DAY for days in WINDOWS if span >= FEWEST_WINDOWS * days * DAY):
            within = np.searchsorted(times, times + width, side="right") - np.arange(len(times))
            at = int(np.argmax(within))
            count = int(within[at])
            if count < LEAST_SHARE * len(times):
                continue
            low, high = np.searchsorted(self._times, [times[at], times[at] + width])
            share = min(max((high - low) / len(self._times), width / span), 1.0)
            surprise = burst_surprise(max(count - known, 0), max(len(times) - known, 0), share, int(2 * span / width))
            if best is None or surprise > best.surprise:
                figures = {"links": count, "of": len(times), "days": width / DAY, "from": float(times[at])}
                best = Finding(BURST, tuple(members.tolist()), surprise, figures)
        return best

    def _beginnings(self, members: Ints) -> Floats:
        """Ascending times at which the group's pairs were first linked and its shared things first used."""
        own = self._uses[members].tocoo()
        _, at, users = np.unique(own.col, return_inverse=True, return_counts=True)
        times = np.concatenate([self._pairs[members][:, members].data, own.data[users[at] >= 2]])
        result: Floats = np.sort(times[np.isfinite(times)])
        return result


def _dense(pairs: Pairs, looks: int) -> Iterator[tuple[Ints, float]]:
    """Connected groups in which every pair closes a triangle, with their surprise."""
    parties, degree = np.unique(np.concatenate([pairs.a, pairs.b]), return_counts=True)
    branching = float((degree * (degree - 1)).sum() / degree.sum())
    inner = _without_ends(pairs, parties[degree > MOST_PARTNERS])
    if len(inner.a) <= FEWEST_MEMBERS:
        return
    rows, ends = np.unique(np.concatenate([inner.a, inner.b]), return_inverse=True)
    n, m = len(rows), len(inner.a)
    graph = sparse.csr_array((np.ones(m, np.int32), (ends[:m], ends[m:])), shape=(n, n))
    graph = (graph + graph.T).tocsr()
    closed = (graph @ graph).multiply(graph).tocsr()
    closed.eliminate_zeros()
    _, label = connected_components(closed, False)
    sizes = np.bincount(label)
    inside = np.flatnonzero(((sizes > FEWEST_MEMBERS) & (sizes <= MOST_MEMBERS))[label])
    links = np.diff(closed.indptr)
    for _, chosen in grouped(label[inside]):
        own = inside[chosen]
        surprise = dense_surprise(len(own), int(links[own].sum()) // 2, branching, len(parties), looks)
        yield rows[own], surprise


def _without_ends(pairs: Pairs, barred: Ints) -> Pairs:
    """The pairs of the others that are left when those of parties with a single pair are taken away again and again."""
    pairs = pairs.kept(~np.isin(pairs.a, barred) & ~np.isin(pairs.b, barred))
    while len(pairs.a):
        _, at, counts = np.unique(np.concatenate([pairs.a, pairs.b]), return_inverse=True, return_counts=True)
        several = counts[at] >= 2
        keep = several[: len(pairs.a)] & several[len(pairs.a) :]
        if keep.all():
            break
        pairs = pairs.kept(keep)
    return pairs

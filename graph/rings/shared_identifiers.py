"""Groups that share identifiers: everybody uses two things or more of the group, each thing serves three or more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import EXPLAINED, MOST_MEMBERS, SHARED, Finding, grouped
from graph.rings.network import Ints, RingNetwork, Uses, ordinary_users
from graph.rings.significance import sharing_surprise

FEWEST_THINGS: Final = 2  # one thing in common is an office computer
FEWEST_USERS: Final = 3

Split = Callable[[Uses], Iterator[Uses]]


def shared_identifiers(network: RingNetwork) -> list[Finding]:
    """The (2, 3)-cores of who uses what, without the things that kinship, a household or an employer explains.

    A core in which several groups met on a thing or two is taken apart. One too large is taken again without its most
    popular things.
    """
    uses = unexplained(network)
    if not len(uses.party):
        return []
    judge = _Judge(network, uses)
    found: list[Finding] = []
    left = uses
    for popular in (MOST_MEMBERS, MOST_MEMBERS // 2, MOST_MEMBERS // 4, MOST_MEMBERS // 8):
        crowds: list[Uses] = []
        core = _core(left.kept(_users(left) <= popular))
        judge.claimed = np.unique(core.party)
        for part in _connected(core):
            found += judge.best(part, (_apart, _closer), crowds)
        if not crowds:
            break
        left = Uses(
            np.concatenate([crowd.party for crowd in crowds]),
            np.concatenate([crowd.thing for crowd in crowds]),
            np.concatenate([crowd.time for crowd in crowds]),
        )
    return found


def unexplained(network: RingNetwork) -> Uses:
    """The uses of things with 2 to MOST_MEMBERS users, most pairs of whom nothing innocent ties together."""
    users = _users(network.uses)
    uses = network.uses.kept((users >= 2) & (users <= MOST_MEMBERS))
    a, b, thing = _pairs_of_users(uses)
    innocent = network.explanations.of_things(a, b)
    things, at = np.unique(thing, return_inverse=True)
    share = np.bincount(at, innocent) / np.maximum(np.bincount(at), 1)
    return uses.kept(~np.isin(uses.thing, things[share >= EXPLAINED]))


class _Judge:
    """The uses of a network, ready to be asked about one group after another; `claimed` are the parties of any core."""

    claimed: Ints

    def __init__(self, network: RingNetwork, uses: Uses) -> None:
        ones = np.ones(len(uses.party), np.int32)
        self._by_party = sparse.csr_array((ones, (uses.party, uses.thing)), shape=(network.size, network.size))
        self._by_thing = self._by_party.T.tocsr()
        self._parties, things = len(np.unique(network.uses.party)), len(np.unique(network.uses.thing))
        self._density = len(network.uses.party) / self._parties / things
        self._ordinary = ordinary_users(network.uses)

    def best(self, core: Uses, splits: Sequence[Split], crowds: list[Uses]) -> list[Finding]:
        """The core as one group, or its parts, whichever chance explains less; too large a part goes to `crowds`."""
        fits = len(np.unique(core.party)) <= MOST_MEMBERS
        whole = [self.finding(core)] if fits else []
        if not splits:
            if not fits:
                crowds.append(core)
            return whole
        parts = [finding for part in splits[0](core) for finding in self.best(part, splits[1:], crowds)]
        return max(whole, parts, key=lambda findings: sum(finding.surprise for finding in findings))

    def finding(self, core: Uses) -> Finding:
        """The group around a core, and how surprising what it shares is."""
        members = self._with_missed(core)
        things, users = np.unique(self._by_party[members].indices, return_counts=True)
        things, users = things[users >= 2], users[users >= 2]
        links = int(users.sum())
        surprise = sharing_surprise(len(members), len(things), links, self._density, self._parties)
        counts = {"parties": len(members), "identifiers": len(things), "links": links}
        figures = counts | {"shared_by_most": int(users.max())}
        return Finding(SHARED, tuple(members.tolist()), surprise, figures, tuple(things.tolist()))

    def _with_missed(self, core: Uses) -> Ints:
        """The core's parties, and the others of a thing that has more of them than a thing ordinarily has users.

        One or two others are what chance brings. The core must still be half of the thing's users, and none of the
        others in a core.
        """
        members = np.unique(core.party)
        added = [members]
        for thing in np.unique(core.thing).tolist():
            users = self._by_thing[[thing]].indices
            others = np.setdiff1d(users, members)
            many = self._ordinary < len(others) <= len(users) / 2
            if many and not np.isin(others, self.claimed).any():
                added.append(others)
        return np.unique(np.concatenate(added)).astype(np.int64)


def _users(uses: Uses) -> Ints:
    """For each use, how many users its thing has."""
    _, at, counts = np.unique(uses.thing, return_inverse=True, return_counts=True)
    return counts[at]


def _things(uses: Uses) -> Ints:
    """For each use, how many things its party uses."""
    _, at, counts = np.unique(uses.party, return_inverse=True, return_counts=True)
    return counts[at]


def _pairs_of_users(uses: Uses) -> tuple[Ints, Ints, Ints]:
    """Every pair of users of one thing, and the thing; at most MOST_MEMBERS users each."""
    order = np.lexsort((uses.party, uses.thing))
    party, thing = uses.party[order], uses.thing[order]
    empty = np.empty(0, np.int64)
    a, b, shared = [empty], [empty], [empty]
    for step in range(1, MOST_MEMBERS):
        same = thing[:-step] == thing[step:]
        if not same.any():
            break
        a.append(party[:-step][same])
        b.append(party[step:][same])
        shared.append(thing[step:][same])
    return np.concatenate(a), np.concatenate(b), np.concatenate(shared)


def _core(uses: Uses) -> Uses:
    """The largest part in which each party has FEWEST_THINGS or more and each thing FEWEST_USERS or more."""
    while len(uses.party):
        keep = (_things(uses) >= FEWEST_THINGS) & (_users(uses) >= FEWEST_USERS)
        if keep.all():
            break
        uses = uses.kept(keep)
    return uses


def _connected(core: Uses) -> Iterator[Uses]:
    """The connected parts of a core."""
    parties, p = np.unique(core.party, return_inverse=True)
    things, t = np.unique(core.thing, return_inverse=True)
    n = len(parties) + len(things)
    _, label = connected_components(sparse.csr_array((np.ones(len(p)), (p, len(parties) + t)), shape=(n, n)), False)
    yield from _cores(core, label[p].astype(np.int64))


def _apart(core: Uses) -> Iterator[Uses]:
    """The parts of a core that more than one thing or one party holds together (its biconnected blocks)."""
    graph = nx.Graph()
    # A thing is told from a party by its sign: an account may be a party of its own elsewhere.
    edges = list(zip(core.party.tolist(), (-1 - core.thing).tolist(), strict=True))
    graph.add_edges_from(edges)
    label = {
        frozenset(edge): number for number, block in enumerate(nx.biconnected_component_edges(graph)) for edge in block
    }
    yield from _cores(core, np.array([label[frozenset(edge)] for edge in edges], np.int64))


def _closer(core: Uses) -> Iterator[Uses]:
    """The parts of a core whose parties are tied by two things at least: several rings that share a thing or two."""
    parties, p = np.unique(core.party, return_inverse=True)
    things, t = np.unique(core.thing, return_inverse=True)
    uses = sparse.csr_array((np.ones(len(p), np.int32), (p, t)), shape=(len(parties), len(things)))
    _, label = connected_components((uses @ uses.T) >= FEWEST_THINGS, False)
    yield from _cores(core, label[p].astype(np.int64))


def _cores(uses: Uses, label: Ints) -> Iterator[Uses]:
    for _, chosen in grouped(label):
        inner = _core(uses.kept(chosen))
        if len(inner.party):
            yield inner

"""Groups that share identifiers: everybody uses two or more of the group's identifiers, each has three or more users.

Such a group is a (2, 3)-core of the bipartite network of parties and identifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import MAX_INNOCENT_SHARE, MAX_MEMBERS, SHARED, RingCandidate, groups_by_label
from graph.rings.network import Ints, RingNetwork, Uses, usual_users
from graph.rings.significance import sharing_neg_log10_expected

MIN_IDENTIFIERS: Final = 2  # of a member; one in common is an office computer
MIN_USERS: Final = 3  # of an identifier

Split = Callable[[Uses], Iterator[Uses]]


def shared_identifiers(network: RingNetwork, uses: Uses) -> list[RingCandidate]:
    """Candidates from the (2, 3)-cores of the uses that kinship, a household or an employer does not explain.

    A core in which several groups met on one or two identifiers is split. One with too many members is searched again
    without its identifiers of most users.
    """
    if not len(uses.party):
        return []
    evaluation = _CoreEvaluation(network, uses)
    candidates: list[RingCandidate] = []
    remaining = uses
    for max_users in (MAX_MEMBERS, MAX_MEMBERS // 2, MAX_MEMBERS // 4, MAX_MEMBERS // 8):
        oversized: list[Uses] = []
        core = _core(remaining.select(users_of_identifier(remaining) <= max_users))
        evaluation.core_parties = np.unique(core.party)
        for part in _connected_parts(core):
            candidates += evaluation.best(part, (_biconnected_parts, _parts_sharing_two), oversized)
        if not oversized:
            break
        remaining = Uses(
            np.concatenate([part.party for part in oversized]),
            np.concatenate([part.identifier for part in oversized]),
            np.concatenate([part.time for part in oversized]),
        )
    return candidates


def unexplained_uses(network: RingNetwork) -> Uses:
    """The uses of identifiers with 2 to MAX_MEMBERS users, most pairs of whom have no innocent tie."""
    users = users_of_identifier(network.uses)
    uses = network.uses.select((users >= 2) & (users <= MAX_MEMBERS))
    a, b, shared = _pairs_of_users(uses)
    innocent = network.innocent.explain_group(a, b)
    identifiers, place = np.unique(shared, return_inverse=True)
    share = np.bincount(place, innocent) / np.maximum(np.bincount(place), 1)
    return uses.select(~np.isin(uses.identifier, identifiers[share >= MAX_INNOCENT_SHARE]))


class _CoreEvaluation:
    """Makes candidates of cores, by the uses of the whole network; `core_parties` are the parties of any core."""

    core_parties: Ints

    def __init__(self, network: RingNetwork, uses: Uses) -> None:
        ones = np.ones(len(uses.party), np.int32)
        self._by_party = sparse.csr_array((ones, (uses.party, uses.identifier)), shape=(network.size, network.size))
        self._by_identifier = self._by_party.T.tocsr()
        self._parties, identifiers = len(np.unique(network.uses.party)), len(np.unique(network.uses.identifier))
        self._density = len(network.uses.party) / self._parties / identifiers
        self._usual_users = usual_users(network.uses)

    def best(self, core: Uses, splits: Sequence[Split], oversized: list[Uses]) -> list[RingCandidate]:
        """The core as one candidate, or its parts, whichever are more significant together.

        A part with too many members that cannot be split further is appended to `oversized`.
        """
        fits = len(np.unique(core.party)) <= MAX_MEMBERS
        whole = [self.candidate(core)] if fits else []
        if not splits:
            if not fits:
                oversized.append(core)
            return whole
        parts = [candidate for part in splits[0](core) for candidate in self.best(part, splits[1:], oversized)]
        return max(whole, parts, key=lambda candidates: sum(c.neg_log10_expected for c in candidates))

    def candidate(self, core: Uses) -> RingCandidate:
        """The group around a core, with the significance of what it shares."""
        members = self._members(core)
        identifiers, users = np.unique(self._by_party[members].indices, return_counts=True)
        identifiers, users = identifiers[users >= 2], users[users >= 2]
        links = int(users.sum())
        significance = sharing_neg_log10_expected(len(members), len(identifiers), links, self._density, self._parties)
        counts = {"parties": len(members), "identifiers": len(identifiers), "links": links}
        figures = counts | {"shared_by_most": int(users.max())}
        return RingCandidate(SHARED, tuple(members.tolist()), significance, figures, tuple(identifiers.tolist()))

    def _members(self, core: Uses) -> Ints:
        """The core's parties, and the other users of an identifier that has more of them than is usual, ascending.

        Chance brings one or two other users. The core must be at least half of the identifier's users, and no other
        user in any core.
        """
        in_core = np.unique(core.party)
        members = [in_core]
        for identifier in np.unique(core.identifier).tolist():
            users = self._by_identifier[[identifier]].indices
            others = np.setdiff1d(users, in_core)
            many = self._usual_users < len(others) <= len(users) / 2
            if many and not np.isin(others, self.core_parties).any():
                members.append(others)
        return np.unique(np.concatenate(members)).astype(np.int64)


def users_of_identifier(uses: Uses) -> Ints:
    """For each use, the number of users of its identifier."""
    _, place, counts = np.unique(uses.identifier, return_inverse=True, return_counts=True)
    return counts[place]


def _identifiers_of_party(uses: Uses) -> Ints:
    """For each use, the number of identifiers of its party."""
    _, place, counts = np.unique(uses.party, return_inverse=True, return_counts=True)
    return counts[place]


def _pairs_of_users(uses: Uses) -> tuple[Ints, Ints, Ints]:
    """Every pair of users of one identifier, and the identifier; at most MAX_MEMBERS users each."""
    order = np.lexsort((uses.party, uses.identifier))
    party, identifier = uses.party[order], uses.identifier[order]
    empty = np.empty(0, np.int64)
    a, b, shared = [empty], [empty], [empty]
    for step in range(1, MAX_MEMBERS):
        common = identifier[:-step] == identifier[step:]
        if not common.any():
            break
        a.append(party[:-step][common])
        b.append(party[step:][common])
        shared.append(identifier[step:][common])
    return np.concatenate(a), np.concatenate(b), np.concatenate(shared)


def _core(uses: Uses) -> Uses:
    """The largest part in which a party has MIN_IDENTIFIERS or more, and an identifier MIN_USERS or more."""
    while len(uses.party):
        inner = (_identifiers_of_party(uses) >= MIN_IDENTIFIERS) & (users_of_identifier(uses) >= MIN_USERS)
        if inner.all():
            break
        uses = uses.select(inner)
    return uses


def _connected_parts(core: Uses) -> Iterator[Uses]:
    """The connected components of a core, each as its own core."""
    parties, p = np.unique(core.party, return_inverse=True)
    identifiers, i = np.unique(core.identifier, return_inverse=True)
    n = len(parties) + len(identifiers)
    _, label = connected_components(sparse.csr_array((np.ones(len(p)), (p, len(parties) + i)), shape=(n, n)), False)
    yield from _cores(core, label[p].astype(np.int64))


def _biconnected_parts(core: Uses) -> Iterator[Uses]:
    """The parts of a core that no single identifier or party holds together: its biconnected components."""
    graph = nx.Graph()
    # An identifier has a negative number, as an account may be a party of its own elsewhere.
    edges = list(zip(core.party.tolist(), (-1 - core.identifier).tolist(), strict=True))
    graph.add_edges_from(edges)
    label = {
        frozenset(edge): number for number, block in enumerate(nx.biconnected_component_edges(graph)) for edge in block
    }
    yield from _cores(core, np.array([label[frozenset(edge)] for edge in edges], np.int64))


def _parts_sharing_two(core: Uses) -> Iterator[Uses]:
    """The parts of a core that pairs with two or more identifiers in common connect."""
    parties, p = np.unique(core.party, return_inverse=True)
    identifiers, i = np.unique(core.identifier, return_inverse=True)
    uses = sparse.csr_array((np.ones(len(p), np.int32), (p, i)), shape=(len(parties), len(identifiers)))
    _, label = connected_components((uses @ uses.T) >= MIN_IDENTIFIERS, False)
    yield from _cores(core, label[p].astype(np.int64))


def _cores(uses: Uses, label: Ints) -> Iterator[Uses]:
    """The core of the uses of each label, where there is one."""
    for _, chosen in groups_by_label(label):
        inner = _core(uses.select(chosen))
        if len(inner.party):
            yield inner

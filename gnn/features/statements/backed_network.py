"""The network that the features of a score read: a snapshot without the statements that nothing backs.

Whether a statement of trust counts depends on statements alone (`gnn.features.statements.backing`), since no category
may speak through another: the same statements count where all other links are barred or removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from gnn.arrays import I64
from gnn.features.statements.backing import from_outside, is_backed, pairs_of
from graph.csr import edge_index
from graph.snapshots.links import Links
from graph.snapshots.live.view import SnapshotView
from graph.snapshots.overlay import OverlayLinks
from graph.snapshots.snapshot import Snapshot

TRUST: Final = "trust"


class BackedNetwork(SnapshotView):
    """`base` with `statements` for its links of the category trust, by kind; everything else is that of `base`.

    unbacked: by kind the entries, of the snapshot as it was built, that the statements lack.
    """

    def __init__(self, base: Snapshot, statements: Mapping[str, Links], unbacked: Mapping[str, I64]) -> None:
        super().__init__(base)
        self.unbacked = unbacked
        links = {kind: statements.get(kind) or base.links(kind) for kind in base.kinds}
        self._links = {kind: one for kind, one in links.items() if one.info.links}
        self.kinds = {kind: one.info for kind, one in self._links.items()}
        self.categories = tuple(sorted({info.category for info in self.kinds.values()}))


def backed_network(snapshot: Snapshot) -> Snapshot:
    """The snapshot without the statements that are not backed; itself where there are none."""
    return without_statements(snapshot, unbacked_statements(snapshot))


def unbacked_in(network: Snapshot) -> Mapping[str, I64]:
    """By kind the entries that a network of `backed_network` lacks; none where it is the snapshot itself."""
    return network.unbacked if isinstance(network, BackedNetwork) else {}


def unbacked_statements(snapshot: Snapshot) -> dict[str, I64]:
    """By kind the entries, ascending, of the statements that are not backed; kinds without any are left out.

    The statements of a symmetric kind are those of both ends, and stay.
    """
    kinds = snapshot.kinds_of({TRUST})
    ends = {kind: edge_index(snapshot.links(kind).out_indptr, snapshot.links(kind).out_target) for kind in kinds}
    knows = from_outside(_knows(snapshot, kinds, snapshot.n_parties), snapshot.n_parties)
    directed = [kind for kind in kinds if not snapshot.kinds[kind].symmetric]
    found = {kind: np.flatnonzero(~is_backed(*ends[kind], knows, snapshot.n_parties)) for kind in directed}
    return {kind: entries for kind, entries in found.items() if len(entries)}


def without_statements(snapshot: Snapshot, unbacked: Mapping[str, I64]) -> Snapshot:
    """The snapshot without these entries of each kind."""
    if not unbacked:
        return snapshot
    n = snapshot.n_parties
    statements = {kind: OverlayLinks(snapshot.links(kind), entries, [], n) for kind, entries in unbacked.items()}
    return BackedNetwork(snapshot, statements, unbacked)


def with_statements_of(changed: Snapshot, network: Snapshot) -> Snapshot:
    """The network of a changed snapshot whose statements are those of `network`, since none of them changed."""
    if isinstance(network, BackedNetwork):
        if changed.n_parties != network.n_parties:
            return without_statements(changed, network.unbacked)
        statements = {kind: network.links(kind) for kind in network.kinds_of({TRUST})}
        return BackedNetwork(changed, statements, network.unbacked)
    return changed


def ends_of_changed_statements(before: Snapshot, after: Snapshot) -> I64:
    """The ends of the statements that are in one of two networks and not in the other, ascending."""
    n = after.n_parties
    was, is_now = (_knows(network, network.kinds_of({TRUST}), n) for network in (before, after))
    changed = np.setxor1d(was, is_now, assume_unique=True)
    return np.asarray(np.unique(np.concatenate([changed // n, changed % n])), np.int64)


def _knows(snapshot: Snapshot, kinds: list[str], n: int) -> I64:
    """The ordered pairs, among n parties, of one that makes a statement about another (`pairs_of`)."""
    source, target = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for kind in kinds:
        links = snapshot.links(kind)
        ends = edge_index(links.out_indptr, links.out_target)
        source += ends if links.info.symmetric else ends[:1]
        target += ends[::-1] if links.info.symmetric else ends[1:]
    return pairs_of(np.concatenate(source), np.concatenate(target), n)

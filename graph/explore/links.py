"""Questions about the links of one party or between two: counts, kinds, shared identifiers, removals.

Rows are rows of the snapshot, and a link counts in either direction unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.cancellation import check_cancelled
from graph.csr import ranges
from graph.explore.bfs import adjacency_lists, check_rows, next_frontier, selected_kinds
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.links import IncidentLinks
from graph.snapshots.overlay import RemoveLinks
from graph.snapshots.snapshot import Snapshot

MOST_LINKS_READ: Final = 20_000  # of one party, kind and direction, where neighbours are counted one by one

Rows = npt.NDArray[np.int64]


def neighbour_counts(snapshot: Snapshot, row: int, category: str, first: Rows | None = None) -> dict[int, int]:
    """The number of links of a category to each neighbour, by its row ascending, without self-links.

    A link of count c counts c times. Of a party with more than MOST_LINKS_READ links of a kind in a direction only
    those to the parties `first` (rows, ascending) and as many others, by row, are read.
    """
    parties, counts = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for kind in snapshot.kinds_of({category}):
        links = snapshot.links(kind)
        for incident in (links.out(row), links.into(row)):
            if len(incident.party) > MOST_LINKS_READ:
                incident = _some_of(incident, first)
            parties.append(incident.party)
            counts.append(links.count[incident.entry])
    neighbours, place = np.unique(np.concatenate(parties), return_inverse=True)
    total = np.bincount(place, np.concatenate(counts), len(neighbours)).astype(np.int64)
    return {other: n for other, n in zip(neighbours.tolist(), total.tolist(), strict=True) if other != row}


def _some_of(incident: IncidentLinks, first: Rows | None) -> IncidentLinks:
    """The links to the parties `first`, and the first MOST_LINKS_READ of all."""
    chosen = [np.arange(MOST_LINKS_READ)]
    if first is not None:
        low, high = (incident.party.searchsorted(first.astype(np.int32), side) for side in ("left", "right"))
        chosen.append(ranges(low, high)[1])
    places = np.unique(np.concatenate(chosen))
    return IncidentLinks(incident.party[places], incident.entry[places])


def co_users(snapshot: Snapshot, row: int, first: Rows | None = None) -> dict[int, tuple[int, ...]]:
    """The other users of the phones, devices, addresses and accounts that a party uses, each with those in common.

    Identifiers are ascending. Only links of the category identifier count; first: see `neighbour_counts`.
    """
    common: dict[int, tuple[int, ...]] = {}
    for identifier in neighbour_counts(snapshot, row, "identifier"):
        check_cancelled()
        if snapshot.party_kinds[int(snapshot.party_kind[identifier])] in IDENTIFIER_KINDS:
            for other in neighbour_counts(snapshot, identifier, "identifier", first):
                if other != row:
                    common[other] = (*common.get(other, ()), identifier)
    return common


def shared_identifiers(snapshot: Snapshot, a: int, b: int) -> list[int]:
    """Rows of the phones, devices, addresses and accounts that two parties both use, ascending.

    To use is a link of the category identifier: a call to a phone or a payment into an account is none. `co_users`
    finds the same for all parties at once.

    Raises UsageError for a row outside the snapshot.
    """
    check_rows(snapshot, a, b)
    lists = adjacency_lists(snapshot, selected_kinds(snapshot, snapshot.kinds_of({"identifier"})))
    of_a, of_b = (next_frontier(lists, np.array([row], np.int32), np.zeros(snapshot.n_parties, bool)) for row in (a, b))
    common = np.intersect1d(of_a, of_b, assume_unique=True)
    codes = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    shared: list[int] = common[np.isin(snapshot.party_kind[common], codes)].tolist()
    return [row for row in shared if row not in (a, b)]


def kinds_between(snapshot: Snapshot, a: int, b: int, category: str) -> tuple[str, ...]:
    """Names of the kinds of a category that link two parties, ascending."""
    return tuple(
        kind
        for kind in snapshot.kinds_of({category})
        if len(snapshot.links(kind).between(a, b)) or len(snapshot.links(kind).between(b, a))
    )


def carried_through(snapshot: Snapshot, a: int, b: int, kinds: Iterable[str]) -> list[int]:
    """Rows of the identifiers through which links of these kinds between two parties are carried, ascending."""
    found: set[int] = set()
    for kind in kinds:
        links = snapshot.links(kind)
        for source, target in ((a, b), (b, a)):
            found.update(links.via_of(links.between(source, target)))
    return sorted(found)


def removals_between(snapshot: Snapshot, a: int, b: int, kinds: Iterable[str]) -> tuple[RemoveLinks, ...]:
    """The changes that remove every link of these kinds between two parties.

    One for each kind, ascending, and direction, from `a` first; for a symmetric kind one in all.
    """
    return tuple(
        RemoveLinks(kind, source, target)
        for kind in sorted(kinds)
        for source, target in ([(a, b)] if snapshot.kinds[kind].symmetric else [(a, b), (b, a)])
        if len(snapshot.links(kind).relationship(source, target))
    )


def rating_counts(snapshot: Snapshot, row: int) -> tuple[int, int]:
    """The number of negative ratings of a party, and of all its ratings; a link of trust without a weight is none."""
    weights = [np.empty(0, np.float32)]
    for kind in snapshot.kinds_of({"trust"}):
        links = snapshot.links(kind)
        received = links.into(row).entry
        weights.append(links.weight[received[links.counts_for_target[received]]])
    known = np.concatenate(weights)
    return int((known < 0).sum()), int((~np.isnan(known)).sum())

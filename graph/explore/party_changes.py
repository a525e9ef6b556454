"""What changed about one party between two snapshots: its links, told apart by their content.

As in `compare`, those of the same two parties and kind are compared as bags. Only the links of the party are read, so
that it costs as much as the party has links, whatever the network has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.explore.compare import LINK_CONTENT, bits
from graph.snapshots.snapshot import Snapshot

MOST_LINKS: Final = 20_000  # of a kind; those of a party with more are only counted


@dataclass(frozen=True, slots=True)
class LinksChanged:
    """How many links of a kind from one party to another are new, gone and changed.

    A symmetric link has the party that was asked about as its source.
    """

    kind: str
    source: str
    target: str
    new: int
    gone: int
    changed: int


@dataclass(frozen=True, slots=True)
class PartyLinksChanged:
    """The links of a party that changed, by kind and ends; `uncompared` kinds are of too many links."""

    links: tuple[LinksChanged, ...]
    uncompared: tuple[str, ...]


def links_changed(before: Snapshot, after: Snapshot, party: str, kinds: frozenset[str]) -> PartyLinksChanged:
    """What changed in the links of these kinds of a party, known by any of its ids in either snapshot."""
    found, uncompared = [], []
    for kind in sorted(kinds & {*before.kinds, *after.kinds}):
        sides = [_links(snapshot, kind, party) for snapshot in (before, after)]
        if any(side is None for side in sides):
            uncompared.append(kind)
            continue
        was, now = (side or {} for side in sides)
        for source, target in sorted({*was, *now}):
            old, new = was.get((source, target), Counter()), now.get((source, target), Counter())
            more, less = (new - old).total(), (old - new).total()
            if more or less:
                changed = min(more, less)
                found.append(LinksChanged(kind, source, target, more - changed, less - changed, changed))
    return PartyLinksChanged(tuple(found), tuple(uncompared))


Bags = dict[tuple[str, str], Counter[tuple[int, ...]]]


def _links(snapshot: Snapshot, kind: str, party: str) -> Bags | None:
    """The contents of a party's links of a kind, by their ends; None where they are too many."""
    row = snapshot.find(party)
    bags: Bags = defaultdict(Counter)
    if row is None or kind not in snapshot.kinds:
        return bags
    links = snapshot.links(kind)
    rows = np.array([row], np.int64)
    leaving, reaching = links.leaving(rows), links.reaching(rows)
    reaching = reaching.where(reaching.party != row)  # a self-link once
    if len(leaving.party) + len(reaching.party) > MOST_LINKS:
        return None
    for others, outgoing in ((leaving, True), (reaching, links.info.symmetric)):
        contents = zip(*(bits(links.values(name, others)).tolist() for name in LINK_CONTENT), strict=True)
        for other, content in zip(others.party.tolist(), contents, strict=True):
            id = snapshot.id_of(other)
            bags[(party, id) if outgoing else (id, party)][content] += 1
    return bags

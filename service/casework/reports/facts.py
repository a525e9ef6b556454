"""The facts of a case report: what the network holds of the parties, for the kinds that the reader may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.explore.links import shared_identifiers
from graph.explore.subgraph import links_within
from graph.rings.find import Ring
from graph.snapshots.snapshot import Snapshot
from service.closed import Closed
from service.wording.reasons import Language, fill, texts

MOST_LINKS: Final = 500  # among the parties, the largest and newest first
MOST_PAIRS: Final = 2_000  # of parties whose shared identifiers are looked for
UNUSUAL: Final = 90.0  # percentile of its peers above which a party's number of links is named


class ReportLink(Closed):
    """A link between two parties of the case. first, last: seconds since 1970."""

    source: str
    target: str
    kind: str
    category: str
    first: float | None
    last: float | None
    count: int
    amount: float | None
    via: tuple[str, ...]


class PeerFigure(Closed):
    """How many links of a kind a party has, beside the median and the 90th percentile of its kind of party."""

    kind: str
    links: int
    peers_median: float
    peers_p90: float


class SharedBy(Closed):
    """An identifier, its kind, and the parties of the case that use it."""

    identifier: str
    kind: str
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The parties of a case that the snapshot has, by row, and the kinds of links that count."""

    snapshot: Snapshot
    rows: tuple[int, ...]
    kinds: tuple[str, ...]


def links_among(found: Found) -> tuple[tuple[ReportLink, ...], int]:
    """The links among the parties, the largest amounts and then the newest first, and how many were left out."""
    snapshot = found.snapshot
    links = []
    for info, sources, entries in links_within(
        snapshot, np.array(found.rows, np.int32), [snapshot.kinds[kind] for kind in found.kinds]
    ):
        stored = snapshot.links(info.name)
        for source, entry in zip(sources.tolist(), entries.tolist(), strict=True):
            target = int(stored.out_target[entry])
            links.append(
                ReportLink(
                    source=snapshot.id_of(source),
                    target=snapshot.id_of(target),
                    kind=info.name,
                    category=info.category,
                    first=known(stored.first[entry]),
                    last=known(stored.last[entry]),
                    count=int(stored.count[entry]),
                    amount=known(stored.amount[entry]),
                    via=tuple(snapshot.id_of(row) for row in stored.via_of(np.array([entry]))),
                )
            )
    links.sort(key=lambda link: (-(link.amount or 0.0), -(link.last or 0.0), link.source, link.target, link.kind))
    return tuple(links[:MOST_LINKS]), max(0, len(links) - MOST_LINKS)


def shared_among(found: Found) -> tuple[SharedBy, ...]:
    """The identifiers that several of the parties use, the most shared first; none where these kinds are hidden."""
    snapshot = found.snapshot
    if not set(snapshot.kinds_of({"identifier"})) <= set(found.kinds):
        return ()
    users: dict[int, set[int]] = {}
    pairs = ((a, b) for place, a in enumerate(found.rows) for b in found.rows[place + 1 :])
    for (a, b), _ in zip(pairs, range(MOST_PAIRS), strict=False):
        for identifier in shared_identifiers(snapshot, a, b):
            users.setdefault(identifier, set()).update((a, b))
    return tuple(
        SharedBy(
            identifier=snapshot.id_of(identifier),
            kind=snapshot.kind_of(identifier),
            parties=tuple(snapshot.id_of(row) for row in sorted(users[identifier])),
        )
        for identifier in sorted(users, key=lambda one: (-len(users[one]), one))
    )


def beside_peers(found: Found, row: int) -> tuple[PeerFigure, ...]:
    """The kinds of which a party has more links than nine of ten parties of its own kind."""
    snapshot = found.snapshot
    peers = (snapshot.party_kind == snapshot.party_kind[row]) & ~snapshot.implied
    figures = []
    for kind in found.kinds:
        links = snapshot.links(kind)
        numbers = np.diff(links.out_indptr) + np.diff(links.in_indptr)
        if numbers[row] and peers.any():
            median, p90 = np.percentile(numbers[peers], [50, UNUSUAL]).tolist()
            if numbers[row] > p90:
                figures.append(PeerFigure(kind=kind, links=int(numbers[row]), peers_median=median, peers_p90=p90))
    return tuple(figures)


def rings_among(rings: Sequence[Ring], parties: Sequence[str]) -> Iterator[Ring]:
    """The rings that a party of the case is in."""
    for ring in rings:
        if ring.parties & set(parties):
            yield ring


def said(code: str, language: Language, **figures: object) -> str:
    """A sentence of the report."""
    return fill(texts(language)["report"][code], {name: str(value) for name, value in figures.items()})


def known(value: float) -> float | None:
    """The number, None where it is missing."""
    number = float(value)
    return None if number != number else number

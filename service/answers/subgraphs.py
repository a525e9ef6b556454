"""The parties around one, with the links among them: what an export holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pydantic import Field

from graph.explore.bfs import k_hop_subgraph, selected_kinds
from graph.explore.subgraph import links_within
from graph.schema import CONTEXTS
from graph.snapshots.snapshot import Snapshot
from service.answers.parties import attributes_of
from service.closed import Closed
from service.context import ServingContext


class SubgraphParty(Closed):
    """A party of a subgraph; `hops` is its distance from the one in the middle. Protected attributes are left out."""

    party: str
    kind: str
    name: str | None
    hops: int = Field(ge=0)
    attributes: dict[str, float | str]


class SubgraphLink(Closed):
    """A link between two parties of a subgraph. first, last: seconds since 1970."""

    source: str
    target: str
    kind: str
    category: str
    symmetric: bool
    weight: float | None
    first: float | None
    last: float | None
    count: int
    amount: float | None
    context: str | None


class Subgraph(Closed):
    """The parties at most `hops` links from one, the nearest first, and every link among them.

    total: how many parties there are; `parties` holds no more than were asked for.
    """

    party: str
    hops: int
    total: int
    parties: tuple[SubgraphParty, ...]
    links: tuple[SubgraphLink, ...]
    snapshot: str


def subgraph(
    context: ServingContext, party: str, hops: int, limit: int, kinds: Collection[str] | None = None
) -> Subgraph:
    """The nearest `limit` parties over links of `kinds` (None: all), with the links of these kinds among them.

    Raises UnknownParty, UnknownKind, UsageError.
    """
    snapshot = context.snapshot
    found = k_hop_subgraph(snapshot, snapshot.row_of(party), hops, limit, kinds)
    parties = zip(found.rows.tolist(), found.hops.tolist(), strict=True)
    return Subgraph(
        party=party,
        hops=hops,
        total=found.total,
        parties=tuple(_party(snapshot, row, distance) for row, distance in parties),
        links=tuple(_links(snapshot, found.rows, kinds)),
        snapshot=snapshot.id,
    )


def _party(snapshot: Snapshot, row: int, hops: int) -> SubgraphParty:
    attributes = attributes_of(snapshot, row)
    return SubgraphParty(
        party=snapshot.id_of(row),
        kind=snapshot.kind_of(row),
        name=snapshot.name_of(row),
        hops=hops,
        attributes={name: value for name, value in attributes.items() if name not in snapshot.protected},
    )


def _links(snapshot: Snapshot, rows: Any, kinds: Collection[str] | None) -> Iterator[SubgraphLink]:
    for info, sources, entries in links_within(snapshot, rows, selected_kinds(snapshot, kinds)):
        links = snapshot.links(info.name)
        for source, entry in zip(sources.tolist(), entries.tolist(), strict=True):
            context = int(links.context[entry])
            yield SubgraphLink(
                source=snapshot.id_of(source),
                target=snapshot.id_of(int(links.out_target[entry])),
                kind=info.name,
                category=info.category,
                symmetric=info.symmetric,
                weight=_known(links.weight[entry]),
                first=_known(links.first[entry]),
                last=_known(links.last[entry]),
                count=int(links.count[entry]),
                amount=_known(links.amount[entry]),
                context=CONTEXTS[context - 1] if context else None,
            )


def _known(value: Any) -> float | None:
    number = float(value)
    return None if number != number else number

"""The parties around one, with the links among them: what an export holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from graph.cancellation import check_cancelled
from graph.explore.bfs import k_hop_subgraph, selected_kinds
from graph.explore.subgraph import links_within
from graph.schema import CONTEXTS
from graph.snapshots.links import KindInfo
from graph.snapshots.snapshot import Snapshot
from service.answers.parties import attributes_of
from service.closed import Closed
from service.context import ServingContext

I64 = npt.NDArray[np.int64]


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
    """The parties at most `hops` links from one, the nearest first, and the links among them.

    total: how many parties there are; `parties` holds no more than were asked for. links_left_out: how many links among
    `parties` are not in `links`, since they were too many.
    """

    party: str
    hops: int
    total: int
    parties: tuple[SubgraphParty, ...]
    links: tuple[SubgraphLink, ...]
    links_left_out: int
    snapshot: str


def subgraph(
    context: ServingContext,
    party: str,
    hops: int,
    limit: int,
    kinds: Collection[str] | None = None,
    most_links: int | None = None,
) -> Subgraph:
    """The nearest `limit` parties over links of `kinds` (None: all), with the links of these kinds among them.

    most_links: the first so many of them alone, by kind and ends.

    Raises UnknownParty, UnknownKind, UsageError.
    """
    snapshot = context.snapshot
    found = k_hop_subgraph(snapshot, snapshot.row_of(party), hops, limit, kinds)
    parties = zip(found.rows.tolist(), found.hops.tolist(), strict=True)
    among = list(links_within(snapshot, found.rows, selected_kinds(snapshot, kinds)))
    total = sum(len(entries) for _, _, entries in among)
    return Subgraph(
        party=party,
        hops=hops,
        total=found.total,
        parties=tuple(_party(snapshot, row, distance) for row, distance in parties),
        links=tuple(islice(_links(snapshot, among), most_links)),
        links_left_out=0 if most_links is None else max(total - most_links, 0),
        snapshot=snapshot.id,
    )


def _party(snapshot: Snapshot, row: int, hops: int) -> SubgraphParty:
    check_cancelled()
    attributes = attributes_of(snapshot, row)
    return SubgraphParty(
        party=snapshot.id_of(row),
        kind=snapshot.kind_of(row),
        name=snapshot.name_of(row),
        hops=hops,
        attributes={name: value for name, value in attributes.items() if name not in snapshot.protected},
    )


def _links(snapshot: Snapshot, among: Iterable[tuple[KindInfo, I64, I64]]) -> Iterator[SubgraphLink]:
    for info, sources, entries in among:
        check_cancelled()
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

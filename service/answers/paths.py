"""How two parties are tied: the shortest paths between them."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field

from graph.explore.paths import Path, Step, paths
from graph.snapshots.snapshot import Snapshot
from service.closed import Closed
from service.context import ServingContext


class StepKindAnswer(Closed):
    """Links of one kind that a step can take: how many lead along the path (`out_links`), how many against it.

    via: the accounts or phones through which they are carried to the two parties.
    """

    kind: str
    category: str
    out_links: int = Field(ge=0)
    in_links: int = Field(ge=0)
    via: tuple[str, ...]


class StepAnswer(Closed):
    """From one party of a path to the next, and by which kinds of links."""

    source: str
    target: str
    kinds: tuple[StepKindAnswer, ...]


class PathAnswer(Closed):
    """Parties from one end to the other, each once, and the steps between them."""

    hops: int
    parties: tuple[str, ...]
    steps: tuple[StepAnswer, ...]


class PathList(Closed):
    """The first few paths between two parties, the shortest first; empty where none has at most max_hops."""

    source: str
    target: str
    max_hops: int
    paths: tuple[PathAnswer, ...]
    snapshot: str


def paths_between(
    context: ServingContext,
    source: str,
    target: str,
    max_hops: int,
    limit: int = 3,
    kinds: Collection[str] | None = None,
) -> PathList:
    """The first few shortest paths over links of `kinds` (None: all), read as undirected.

    Raises UnknownParty, UsageError.
    """
    snapshot = context.snapshot
    shortest = paths(snapshot, snapshot.row_of(source), snapshot.row_of(target), max_hops, limit, kinds)
    return PathList(
        source=source,
        target=target,
        max_hops=max_hops,
        paths=tuple(_path(snapshot, path) for path in shortest),
        snapshot=snapshot.id,
    )


def _path(snapshot: Snapshot, path: Path) -> PathAnswer:
    return PathAnswer(
        hops=path.hops,
        parties=tuple(snapshot.id_of(row) for row in path.rows),
        steps=tuple(_step(snapshot, step) for step in path.steps),
    )


def _step(snapshot: Snapshot, step: Step) -> StepAnswer:
    return StepAnswer(
        source=snapshot.id_of(step.source),
        target=snapshot.id_of(step.target),
        kinds=tuple(
            StepKindAnswer(
                kind=kind.kind,
                category=kind.category,
                out_links=kind.out_links,
                in_links=kind.in_links,
                via=tuple(snapshot.id_of(row) for row in kind.via),
            )
            for kind in step.kinds
        ),
    )

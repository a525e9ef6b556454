"""Where to draw parties: positions that leave what was drawn before where it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
from pydantic import Field

from graph.explore.bfs import selected_kinds
from graph.explore.layout import layout
from graph.explore.subgraph import links_within
from service.closed import Closed
from service.context import ServingContext

EDGE_LENGTH: Final = 100.0  # units of an answer's positions that a link is about long

DIGITS: Final = 4  # of a position

Position = tuple[float, float]


class LayoutAnswer(Closed):
    """A position for each party. `moved` counts those that were drawn before and moved, `placed` the new ones.

    links: how many links, of the kinds asked for, tie the parties; those of the same two count once.
    """

    positions: dict[str, Position]
    edge_length: float
    moved: int = Field(ge=0)
    placed: int = Field(ge=0)
    links: int = Field(ge=0)
    snapshot: str


def layout_of(
    context: ServingContext,
    parties: Sequence[str],
    positions: Mapping[str, Position],
    changed: Collection[str],
    kinds: Collection[str] | None = None,
    seed: int = 0,
    held: bool = False,
) -> LayoutAnswer:
    """Positions of parties, tied by links of `kinds` (None: all). What is not among the parties is left aside.

    positions: of those that were drawn before; without any it is a whole new layout. changed: those whose surroundings
    changed. held: nobody who was drawn moves. Raises UnknownParty, UnknownKind.
    """
    snapshot = context.snapshot
    # By row, so that neither the order asked in matters nor that one party may be asked for by two ids.
    rows, number_of = np.unique(snapshot.rows_of(parties), return_inverse=True)
    number = np.full(snapshot.n_parties, -1, np.int64)
    number[rows] = np.arange(len(rows))
    drawn, marked = np.full((len(rows), 2), np.nan), np.zeros(len(rows), bool)
    for id, place in zip(parties, number_of.tolist(), strict=True):
        if id in positions:
            drawn[place] = positions[id]
        marked[place] |= id in changed
    pairs = [np.empty((0, 2), np.int64)]
    for info, sources, entries in links_within(snapshot, rows, selected_kinds(snapshot, kinds)):
        targets = snapshot.links(info.name).out_target[entries]
        pairs.append(np.stack([number[sources], number[targets]], 1))
    ties = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
    found = layout(len(rows), ties[:, 0], ties[:, 1], drawn / EDGE_LENGTH, marked, seed, held)
    new = np.isnan(drawn).any(1)
    places = np.where((found.moved | new)[:, None], (found.positions * EDGE_LENGTH).round(DIGITS), drawn).tolist()
    return LayoutAnswer(
        positions={id: tuple(places[place]) for id, place in zip(parties, number_of.tolist(), strict=True)},
        edge_length=EDGE_LENGTH,
        moved=int(found.moved.sum()),
        placed=int(new.sum()),
        links=len(ties),
        snapshot=snapshot.id,
    )

"""How much of the network the changes that one explanation tries may read again.

Every change reads the neighbours of the party asked about again, and those of the parties at the ends of the changed
links. So an explanation of a party with very many links, or beside one, tries fewer changes, and none at all where one
alone would cost more than the explanations of a few others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gnn.scoring.scorer import Scorer
from graph.snapshots.overlay import Change, Cure

MOST_READ: Final = 20_000  # neighbours, by all changes that are tried together


def within_budget(scorer: Scorer, row: int, alternatives: Sequence[tuple[Change, ...]]) -> list[tuple[Change, ...]]:
    """Those of the alternatives, in their order, whose changes can be tried with what is left by those before."""
    left, found = MOST_READ, []
    for changes in alternatives:
        cost = _cost(scorer, row, changes)
        if cost <= left:
            left -= cost
            found.append(changes)
    return found


def _cost(scorer: Scorer, row: int, changes: Sequence[Change]) -> int:
    """How many neighbours are read again."""
    read: dict[str, set[int]] = {}
    for change in changes:
        for category in _categories(scorer, change):
            ends = {change.party} if isinstance(change, Cure) else {change.source, change.target}
            read.setdefault(category, {row}).update(ends)
    states = scorer.table.state.categories
    return sum(int(states[name].neighbours.degree(np.array(sorted(rows))).sum()) for name, rows in read.items())


def _categories(scorer: Scorer, change: Change) -> Sequence[str]:
    """The categories that the model reads and in which a change is read again."""
    states = scorer.table.state.categories
    if isinstance(change, Cure):
        return tuple(states)
    category = scorer.snapshot.kinds[change.kind].category
    return (category,) if category in states else ()

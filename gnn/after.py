"""How a party would stand after a change of the network: recomputed from the changed network, not estimated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from gnn.features import KnownOutcomes, compute
from gnn.neighbourhood import Floats
from gnn.scorer import Known, Scorer, Standing, known_outcomes
from graph.altered import Altered, Change, Cure
from graph.snapshot import Snapshot

Changes = Sequence[Change]


def standing_after(scorer: Scorer, row: int, changes: Changes) -> Standing:
    """What the scorer would hold of the party, had its snapshot been built from the changed facts; to the bit."""
    altered = Altered(scorer.snapshot, changes)
    cures = any(isinstance(change, Cure) for change in changes)
    known = known_outcomes(altered, scorer.closed_after) if cures else scorer.known
    values = features_after(scorer, altered, known, row)
    return Standing(values, bool(known.default[row]), bool(known.fraud[row]), _linked(altered, row))


def log_odds_after(
    scorer: Scorer, row: int, alternatives: Iterable[Changes], categories: frozenset[str], cap: float | None
) -> list[float]:
    """The log-odds that would be answered about the party after each of the alternatives."""
    standings = [standing_after(scorer, row, changes) for changes in alternatives]
    if not standings:
        return []
    values = np.stack([standing.values for standing in standings])
    found: list[float] = scorer.log_odds(values, categories, cap).tolist()
    return found


def features_after(scorer: Scorer, altered: Altered, known: Known, row: int) -> Floats:
    """The features float32[w] of the party in the altered network."""
    outcomes = KnownOutcomes.all(known.y)
    same_links = all(isinstance(change, Cure) for change in altered.changes)
    static = scorer.static if same_links else None
    return np.asarray(compute(scorer.model.spec, altered, outcomes, static).values[row])


def _linked(snapshot: Snapshot, row: int) -> frozenset[str]:
    found = set()
    for kind, info in snapshot.kinds.items():
        links = snapshot.links(kind)
        if links.out_indptr[row + 1] > links.out_indptr[row] or links.in_indptr[row + 1] > links.in_indptr[row]:
            found.add(info.category)
    return frozenset(found)

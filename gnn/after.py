"""How a party would stand after a change of the network: recomputed from the changed network, not estimated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from gnn.features import compute_rows
from gnn.labels import KnownOutcomes
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
    touched: dict[str, set[int]] = {}
    for change in altered.changes:
        if not isinstance(change, Cure):
            category = scorer.snapshot.kinds[change.kind].category
            touched.setdefault(category, set()).update((change.source, change.target))
    ends = {category: np.array(sorted(rows), np.int64) for category, rows in touched.items()}
    outcomes = KnownOutcomes.all(known.y)
    values: Floats = compute_rows(scorer.model.spec, altered, outcomes, scorer.static, np.array([row]), ends)[0]
    return values


def _linked(snapshot: Snapshot, row: int) -> frozenset[str]:
    found = set()
    for kind, info in snapshot.kinds.items():
        links = snapshot.links(kind)
        if links.out_indptr[row + 1] > links.out_indptr[row] or links.in_indptr[row + 1] > links.in_indptr[row]:
            found.add(info.category)
    return frozenset(found)

"""Scoring after changes of the network: features recomputed from the changed network, not estimated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gnn.arrays import F32, I32, I64
from gnn.features.featurizer import compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.spec import Block
from gnn.features.targets import OutcomeFlags, outcome_flags
from gnn.propagation.neighbourhood import Neighbourhood
from gnn.scoring.feature_table import FeatureTable, ScoringInput, scoring_input
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.snapshots.overlay import Change, Cure, RemoveLinks, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot

Changes = Sequence[Change]


def updated_input(table: FeatureTable, row: int, changes: Changes) -> ScoringInput:
    """The scoring input of the party in a table whose snapshot was built from the changed facts; to the bit."""
    overlay = SnapshotOverlay(table.snapshot, changes)
    cures = any(isinstance(change, Cure) for change in changes)
    outcomes = outcome_flags(overlay, table.closed_after, table.spec.bad) if cures else table.outcomes
    values = updated_features(table, overlay, outcomes, row)
    return scoring_input(values, outcomes, row)


def updated_log_odds(scorer: Scorer, row: int, alternatives: Iterable[Changes], terms: Terms) -> list[float]:
    """The log-odds that would be answered about the party after each of the alternatives."""
    inputs = [updated_input(scorer.table, row, changes) for changes in alternatives]
    if not inputs:
        return []
    log_odds: list[float] = scorer.log_odds(np.stack([one.values for one in inputs]), terms).tolist()
    return log_odds


def updated_features(table: FeatureTable, overlay: SnapshotOverlay, outcomes: OutcomeFlags, row: int) -> F32:
    """The features F32[w] of the party in the changed network; only blocks that the changes reach are computed."""
    spec, changed = table.spec, ends_by_category(table.snapshot, overlay.changes)
    cured = [change.party for change in overlay.changes if isinstance(change, Cure)]
    adjacency = table.label_free.adjacency_by_category
    reached = tuple(
        block
        for block in spec.blocks
        if block.needs & changed.keys() or any(_reaches(adjacency, block, party, row) for party in cured)
    )
    values: F32 = table.values[row].copy()
    if reached:
        labels = LabelVector.all(outcomes.y)
        partial = replace(spec, blocks=reached)
        found = compute_rows(partial, overlay, labels, table.label_free, np.array([row]), changed)[0]
        done = 0
        for block in reached:
            values[spec.slice(block.name)] = found[done : done + len(block.columns)]
            done += len(block.columns)
    return values


def ends_by_category(snapshot: Snapshot, changes: Changes) -> dict[str, I64]:
    """Of each category whose links change, the parties at the ends of those links, ascending."""
    found: dict[str, set[int]] = {}
    for change in changes:
        if not isinstance(change, Cure):
            ends = found.setdefault(snapshot.kinds[change.kind].category, set())
            ends.update((change.source, change.target))
            if isinstance(change, RemoveLinks):
                ends.update(snapshot.links(change.kind).ends_of_facts(change.source, change.target))
    return {category: np.array(sorted(ends), np.int64) for category, ends in found.items()}


def _reaches(adjacency: Mapping[str, Neighbourhood], block: Block, party: int, row: int) -> bool:
    """Whether an outcome of `party` reaches `row` along the block's path, in one hop or in two."""
    if not block.needs:
        return False
    first, second = block.name.split(">")[0], block.name.split(">")[-1]
    sources = _neighbours(adjacency[first], row)
    return party in sources or bool(np.isin(sources, _neighbours(adjacency[second], party)).any())


def _neighbours(of: Neighbourhood, row: int) -> I32:
    return of.adjacency.indices[of.adjacency.indptr[row] : of.adjacency.indptr[row + 1]]

"""Scoring after changes of the network: features recomputed from the changed network, not estimated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gnn.arrays import F32, I64
from gnn.features.featurizer import compute_rows
from gnn.features.label_state import LabelState
from gnn.features.network_state import changed_state
from gnn.scoring.feature_table import FeatureTable, ScoringInput
from gnn.scoring.reach import reaches
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.snapshots.overlay import Change, Cure, RemoveLinks, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot

Changes = Sequence[Change]
NOBODY: Final = np.empty(0, np.int64)


def changed_inputs(table: FeatureTable, rows: I64, changes: Changes) -> list[ScoringInput]:
    """The scoring inputs of some parties in a table whose snapshot was built from the changed facts; to the bit."""
    cured = _cured(changes)
    values, flags, is_cured = changed_values(table, rows, changes), table.outcomes, np.isin(rows, cured)
    known = (flags.default[rows] & ~is_cured, flags.fraud[rows], flags.late[rows] & ~is_cured)
    return [ScoringInput(*one) for one in zip(values, *(flag.tolist() for flag in known), strict=True)]


def updated_input(table: FeatureTable, row: int, changes: Changes) -> ScoringInput:
    """The scoring input of one party after the changes."""
    return changed_inputs(table, np.array([row]), changes)[0]


def updated_log_odds(scorer: Scorer, row: int, alternatives: Iterable[Changes], terms: Terms) -> list[float]:
    """The log-odds that would be answered about the party after each of the alternatives."""
    inputs = [updated_input(scorer.table, row, changes) for changes in alternatives]
    if not inputs:
        return []
    log_odds: list[float] = scorer.log_odds(np.stack([one.values for one in inputs]), terms).tolist()
    return log_odds


def changed_values(table: FeatureTable, rows: I64, changes: Changes, defaulted: I64 = NOBODY) -> F32:
    """Features F32[k, w] of some parties in the changed network, in which `defaulted` (ascending) have defaulted too.

    Only blocks that the changes reach are computed.
    """
    if not changes:
        return table.rows_if_defaulted(rows, defaulted)
    spec = table.spec
    ends, cured = ends_by_category(table.snapshot, changes), np.setdiff1d(_cured(changes), defaulted)
    outcomes = np.union1d(cured, defaulted)
    reached = tuple(
        block
        for block in spec.blocks
        if block.needs & ends.keys() or (block.needs and reaches(table.state, block, outcomes, rows))
    )
    values = table.rows(rows)
    if not reached:
        return values
    partial = replace(spec, blocks=reached)
    labels = _with_cures(table, cured).with_outcomes(defaulted, np.ones(len(defaulted), np.float32))
    labels = replace(labels, network=replace(table.state, spec=partial))
    if ends:
        overlay = SnapshotOverlay(table.snapshot, changes)
        labels = labels.on(changed_state(labels.network, overlay, ends))
    found, done = compute_rows(partial, labels, rows), 0
    for block in reached:
        values[:, spec.slice(block.name)] = found[:, done : done + len(block.columns)]
        done += len(block.columns)
    return values


def _cured(changes: Changes) -> I64:
    """The parties that are cured, ascending."""
    return np.array(sorted({change.party for change in changes if isinstance(change, Cure)}), np.int64)


def _with_cures(table: FeatureTable, cured: I64) -> LabelState:
    """The labels after defaults and late payments so far of some parties are cured, as `outcome_flags` would have them.

    A fraud is not cured, and whoever had a good outcome has it.
    """
    if not len(cured):
        return table.labels
    flags = table.outcomes
    y = np.where(flags.fraud[cured], 1.0, np.where(flags.good[cured], 0.0, np.nan))
    return table.labels.with_outcomes(cured, y.astype(np.float32))


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

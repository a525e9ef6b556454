"""How a party would stand after a change of the network: recomputed from the changed network, not estimated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gnn.features.featurizer import compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.spec import Block
from gnn.features.targets import OutcomeFlags, outcome_flags
from gnn.propagation.neighbourhood import Floats, Neighbourhood
from gnn.scoring.scorer import Scorer, ScoringInput
from graph.snapshots.overlay import Change, Cure, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot

Changes = Sequence[Change]


def updated_input(scorer: Scorer, row: int, changes: Changes) -> ScoringInput:
    """What the scorer would hold of the party, had its snapshot been built from the changed facts; to the bit."""
    altered = SnapshotOverlay(scorer.snapshot, changes)
    cures = any(isinstance(change, Cure) for change in changes)
    known = outcome_flags(altered, scorer.closed_after) if cures else scorer.known
    values = updated_features(scorer, altered, known, row)
    return ScoringInput(values, bool(known.default[row]), bool(known.fraud[row]))


def updated_log_odds(
    scorer: Scorer, row: int, alternatives: Iterable[Changes], categories: frozenset[str], cap: float | None
) -> list[float]:
    """The log-odds that would be answered about the party after each of the alternatives."""
    standings = [updated_input(scorer, row, changes) for changes in alternatives]
    if not standings:
        return []
    values = np.stack([standing.values for standing in standings])
    found: list[float] = scorer.log_odds(values, categories, cap).tolist()
    return found


def updated_features(scorer: Scorer, altered: SnapshotOverlay, known: OutcomeFlags, row: int) -> Floats:
    """The features float32[w] of the party in the altered network: only blocks that the changes reach are computed."""
    spec, touched = scorer.model.spec, ends_by_category(scorer.snapshot, altered.changes)
    cured = [change.party for change in altered.changes if isinstance(change, Cure)]
    reached = tuple(
        block
        for block in spec.blocks
        if block.needs & touched.keys() or any(_hears(scorer.static.near, block, row, party) for party in cured)
    )
    values = scorer.scoring_input(row).values.copy()
    if reached:
        outcomes, rows = LabelVector.all(known.y), np.array([row])
        found = compute_rows(replace(spec, blocks=reached), altered, outcomes, scorer.static, rows, touched)[0]
        done = 0
        for block in reached:
            values[spec.slice(block.name)] = found[done : done + len(block.columns)]
            done += len(block.columns)
    return values


def ends_by_category(snapshot: Snapshot, changes: Changes) -> dict[str, npt.NDArray[np.int64]]:
    """Of each category whose links change, the parties at the ends of those links, ascending."""
    found: dict[str, set[int]] = {}
    for change in changes:
        if not isinstance(change, Cure):
            found.setdefault(snapshot.kinds[change.kind].category, set()).update((change.source, change.target))
    return {category: np.array(sorted(ends), np.int64) for category, ends in found.items()}


def _hears(near: Mapping[str, Neighbourhood], block: Block, row: int, party: int) -> bool:
    """Whether an outcome of `party` reaches `row` along the block's path, in one hop or in two."""
    if not block.needs:
        return False
    first, second = block.name.split(">")[0], block.name.split(">")[-1]
    heard = _of(near[first], row)
    return party in heard or bool(np.isin(heard, _of(near[second], party)).any())


def _of(near: Neighbourhood, row: int) -> npt.NDArray[np.int32]:
    adjacency = near.adjacency
    return adjacency.indices[adjacency.indptr[row] : adjacency.indptr[row + 1]]

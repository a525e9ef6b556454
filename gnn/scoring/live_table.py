"""The feature table of a network that changes: rows that a change reached are computed when they are asked for.

Every other row is that of the table that was made for the snapshot. A feature reads at most two hops, so a change
reaches the parties that it touched, their neighbours, and the neighbours of those.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from gnn.arrays import F32, I64, Bools
from gnn.features.featurizer import PARTIES_AT_ONCE, compute_rows, in_blocks, interleaved
from gnn.features.network_state import NetworkState
from gnn.features.targets import outcome_flags
from gnn.scoring.feature_table import FeatureTable
from graph.csr import distinct
from graph.snapshots.snapshot import Snapshot

MOST_COMPUTED: Final = 20_000  # rows that stay in memory until the next change


@dataclass(frozen=True)
class LiveTable(FeatureTable):
    """The table of `snapshot`, of which `label_free` and `of_labels` are those of its base, before the changes.

    near Bools[n]: the parties that a change touched, and their neighbours.
    """

    near: Bools
    computed: dict[int, F32] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rows(self, rows: I64) -> F32:
        """The features of some parties, F32[k, spec.width]."""
        there = np.minimum(rows, len(self.label_free) - 1)
        values = interleaved(self.spec, self.label_free[there], self.of_labels[there])
        reached = np.flatnonzero(self._is_reached(rows))
        if len(reached):
            values[reached] = self._recomputed(rows[reached])
        return values

    def column(self, column: int) -> F32:
        """One feature of every party, F32[n]."""
        there = super().column(column)
        values = np.full(self.snapshot.n_parties, np.nan, np.float32)
        values[: len(there)] = there
        near = np.flatnonzero(self.near)
        reached = distinct(len(values), near, *self._neighbours(near))
        values[reached] = self._recomputed(reached)[:, column]
        return values

    def _neighbours(self, rows: I64) -> Iterable[I64]:
        for category in self.state.categories.values():
            yield category.neighbours.lists(rows)[1].astype(np.int64)

    def _is_reached(self, rows: I64) -> Bools:
        """Whether a change reaches each of some parties: Bools[k]."""
        reached = self.near[rows]
        for category in self.state.categories.values():
            indptr, parties = category.neighbours.lists(rows)
            before = np.concatenate([[0], np.cumsum(self.near[parties])])
            reached |= before[indptr[1:]] > before[indptr[:-1]]
        return reached

    def _recomputed(self, rows: I64) -> F32:
        """The features of some parties from the changed network, F32[k, spec.width]."""
        with self.lock:
            if len(self.computed) > MOST_COMPUTED:
                self.computed.clear()
            missing = np.array(sorted(set(rows.tolist()) - self.computed.keys()), np.int64)
            if len(missing):
                make = partial(compute_rows, self.spec, self.labels)
                few = len(missing) <= PARTIES_AT_ONCE
                values = make(missing) if few else np.concatenate(list(in_blocks(missing, make)))
                self.computed.update(zip(missing.tolist(), values, strict=True))
            found = [self.computed[row] for row in rows.tolist()]
        return np.stack(found) if found else np.empty((0, self.spec.width), np.float32)


def live_table(base: FeatureTable, state: NetworkState, snapshot: Snapshot, closed_after: float | None) -> LiveTable:
    """The table of a network that was that of `base` before changes.

    state: what features of the changed network are computed from, see `changed_state`.
    """
    flags = outcome_flags(snapshot, closed_after, base.spec.bad)
    y, before = flags.y, base.outcomes.y
    was = np.full(len(y), np.nan, np.float32)
    was[: len(before)] = before
    changed = np.flatnonzero((y != was) & ~(np.isnan(y) & np.isnan(was)))
    changed = distinct(len(y), changed, np.arange(len(before), len(y)))
    labels = base.labels.on(state).with_outcomes(changed, y[changed])
    near = np.zeros(len(y), np.bool_)
    for touched in (changed, state.visible.rows, *labels.stale.values()):
        near[touched] = True
    return LiveTable(base.spec, snapshot, closed_after, flags, labels, base.label_free, base.of_labels, near)

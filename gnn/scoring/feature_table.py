"""The feature table of a snapshot: one row of features for each party, as one visibility of outcomes allows.

Most columns do not depend on outcomes: they are computed once and shared by the tables of all visibilities, which add
the columns that read outcomes. Both may be arrays in memory or files that all processes share
(`gnn.scoring.published_table`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from gnn.arrays import F32, I64, Bools
from gnn.features.coverage import is_identifier
from gnn.features.featurizer import in_blocks, interleaved, label_columns_of, label_free_columns_of
from gnn.features.label_features import LabelVector
from gnn.features.label_state import LabelState, label_state
from gnn.features.network_state import NetworkState, network_state
from gnn.features.spec import FeatureSpec
from gnn.features.targets import OutcomeFlags, outcome_flags
from gnn.scoring.fact_codes import KNOWN_DEFAULT, KNOWN_FRAUD, KNOWN_LATE
from gnn.scoring.reach import reaches
from graph.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ScoringInput:
    """What the score of one party is computed from: its features F32[w] and its known bad outcomes."""

    values: F32
    default: bool
    fraud: bool
    late: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        """Codes of the known bad outcomes."""
        known = ((KNOWN_FRAUD, self.fraud), (KNOWN_DEFAULT, self.default), (KNOWN_LATE, self.late))
        return tuple(code for code, is_known in known if is_known)


@dataclass(frozen=True)
class FeatureTable:
    """Features of every party of `snapshot`; immutable.

    closed_after: outcomes that closed before this time (seconds since 1970) count for nobody.
    label_free F32[n, a] and of_labels F32[n, b] are the columns that do not read outcomes and those that do.
    """

    spec: FeatureSpec
    snapshot: Snapshot
    closed_after: float | None
    outcomes: OutcomeFlags
    labels: LabelState
    label_free: F32
    of_labels: F32

    @property
    def state(self) -> NetworkState:
        """What features are computed from."""
        return self.labels.network

    def rows(self, rows: I64) -> F32:
        """The features of some parties, F32[k, spec.width]."""
        return interleaved(self.spec, self.label_free[rows], self.of_labels[rows])

    def row(self, row: int) -> F32:
        """The features of one party, F32[spec.width]."""
        values: F32 = self.rows(np.array([row]))[0]
        return values

    def column(self, column: int) -> F32:
        """One feature of every party, F32[n]."""
        reads = self.spec.reads_outcomes
        place = int(np.count_nonzero(reads[:column] == reads[column]))
        values: F32 = (self.of_labels if reads[column] else self.label_free)[:, place]
        return values

    def scoring_input(self, row: int) -> ScoringInput:
        """What the score of one party is computed from."""
        return self.scoring_inputs(np.array([row]))[0]

    def scoring_inputs(self, rows: I64) -> list[ScoringInput]:
        """What the scores of some parties are computed from."""
        known = (self.outcomes.default, self.outcomes.fraud, self.outcomes.late)
        return [
            ScoringInput(*one) for one in zip(self.rows(rows), *(flag[rows].tolist() for flag in known), strict=True)
        ]

    def rows_if_defaulted(self, rows: I64, defaulted: I64) -> F32:
        """Features F32[k, w] of `rows` had the parties `defaulted` (ascending) a known bad outcome.

        Only columns of blocks that these outcomes reach are computed.
        """
        values = self.rows(rows)
        reached = tuple(one for one in self.spec.blocks if one.needs and reaches(self.state, one, defaulted, rows))
        if reached:
            labels = self.labels.with_outcomes(defaulted, np.ones(len(defaulted), np.float32))
            found = label_columns_of(replace(self.spec, blocks=reached), labels, rows)
            in_reached = np.zeros(self.spec.width, np.bool_)
            for block in reached:
                in_reached[self.spec.slice(block.name)] = True
            values[:, in_reached & self.spec.reads_outcomes] = found
        return values

    @cached_property
    def is_identifier(self) -> Bools:
        """Which parties only tie others together, Bools[n]."""
        return is_identifier(self.snapshot)


def feature_table(
    spec: FeatureSpec, snapshot: Snapshot, closed_after: float | None = None, shared: FeatureTable | None = None
) -> FeatureTable:
    """The feature table of a snapshot, in memory.

    shared: of the same spec and snapshot and another visibility, where there is one.

    Raises:
        ModelError: the snapshot does not allow the features of the spec.
    """
    state = network_state(spec, snapshot) if shared is None else shared.state
    flags = outcome_flags(snapshot, closed_after, spec.bad)
    labels = label_state(state, LabelVector.all(flags.y))
    every = np.arange(snapshot.n_parties)
    free = partial(label_free_columns_of, spec, state)
    label_free = _of_all(every, free) if shared is None else shared.label_free
    of_labels = _of_all(every, partial(label_columns_of, spec, labels))
    return FeatureTable(spec, snapshot, closed_after, flags, labels, label_free, of_labels)


def _of_all(rows: I64, columns: Callable[[I64], F32]) -> F32:
    return np.concatenate(list(in_blocks(rows, columns)))

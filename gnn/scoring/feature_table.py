"""The feature table of a snapshot: one row of features for each party, as one visibility of outcomes allows.

Most columns do not depend on outcomes. They are computed once (`compute_label_free`) and shared by the tables of all
visibilities, which add the columns that read outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnn.arrays import F32, I64, Bools
from gnn.features.coverage import is_identifier
from gnn.features.featurizer import LabelFreeFeatures, compute, compute_label_free, compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.spec import FeatureSpec
from gnn.features.targets import OutcomeFlags, outcome_flags
from gnn.scoring.fact_codes import KNOWN_DEFAULT, KNOWN_FRAUD, KNOWN_LATE
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


def scoring_input(values: F32, outcomes: OutcomeFlags, row: int) -> ScoringInput:
    """What the score of a party is computed from, of its features and of the outcomes known of all."""
    return ScoringInput(values, bool(outcomes.default[row]), bool(outcomes.fraud[row]), bool(outcomes.late[row]))


class FeatureTable:
    """Features of every party of `snapshot`, F32[n, spec.width]; immutable.

    closed_after: outcomes that closed before this time (seconds since 1970) count for nobody.
    label_free: of the same spec and snapshot, where it was computed before.

    Raises:
        ModelError: the snapshot does not allow the features of the spec.
    """

    def __init__(
        self,
        spec: FeatureSpec,
        snapshot: Snapshot,
        closed_after: float | None = None,
        label_free: LabelFreeFeatures | None = None,
    ) -> None:
        self.spec = spec
        self.snapshot = snapshot
        self.closed_after = closed_after
        self.outcomes: OutcomeFlags = outcome_flags(snapshot, closed_after, spec.bad)
        self.label_free = compute_label_free(spec, snapshot) if label_free is None else label_free
        self._labels = self.outcomes.y
        self.values = compute(spec, snapshot, LabelVector.all(self._labels), self.label_free).values

    def scoring_input(self, row: int) -> ScoringInput:
        """What the score of one party is computed from."""
        return scoring_input(self.values[row], self.outcomes, row)

    def rows_if_defaulted(self, rows: I64, defaulted: I64) -> F32:
        """Features F32[k, w] of `rows` had the parties `defaulted` a known bad outcome."""
        labels = LabelVector.all(self._labels_if_defaulted(defaulted))
        return compute_rows(self.spec, self.snapshot, labels, self.label_free, rows, {})

    def values_if_defaulted(self, defaulted: I64) -> F32:
        """Features F32[n, w] of every party had the parties `defaulted` a known bad outcome."""
        labels = LabelVector.all(self._labels_if_defaulted(defaulted))
        return compute(self.spec, self.snapshot, labels, self.label_free).values

    @cached_property
    def is_identifier(self) -> Bools:
        """Which parties only tie others together, Bools[n]."""
        return is_identifier(self.snapshot)

    def _labels_if_defaulted(self, defaulted: I64) -> F32:
        labels = self._labels.copy()
        labels[np.asarray(defaulted)] = 1.0
        return labels

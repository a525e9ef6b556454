"""Scores of the parties of a snapshot, by a trained model from a feature table.

What may not count is masked out of a party's features, which leaves exactly those of a network without these links.
All answers go through one path, `Scorer.calibrated`, so that the same question has the same bits whoever asks with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from gnn.arrays import F32, F64, I64
from gnn.features.coverage import has_evidence
from gnn.features.spec import masked
from gnn.models.model import Model
from gnn.models.score_scale import LEVELS, level, to_score
from gnn.scoring.cap import capped
from gnn.scoring.fact_codes import CAP_REACHED, IDENTIFIER, KNOWN_BAD, TOO_LITTLE_KNOWN, warning
from gnn.scoring.feature_table import FeatureTable, ScoringInput, feature_table
from gnn.scoring.terms import Terms
from graph.snapshots.snapshot import Snapshot

NOT_ASSESSED: Final = "not_assessed"
FLOOR: Final = "high"  # the least level of a party with a known bad outcome
MAX_ABS_LOG_ODDS: Final = 20.0  # so that probabilities stay apart from 0 and 1

RowsLike = npt.NDArray[np.integer[Any]] | Sequence[int]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The score of one party. `probability`, `score` and `interval` are None where it is not assessed.

    interval: (low, high) of the probability, see `gnn.models.intervals`.
    """

    row: int
    probability: float | None
    score: float | None
    level: str
    warnings: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None

    def reaches(self, threshold: float) -> bool:
        """Whether a decision against this score, rounded as it is told, is yes: reached, and nothing bad is known."""
        known_bad = any(warning(code) in self.warnings for code in KNOWN_BAD)
        return self.score is not None and round(self.score) >= threshold and not known_bad


class Scorer:
    """Scores of the parties of one feature table by one model; immutable."""

    def __init__(self, model: Model, table: FeatureTable) -> None:
        self.model = model
        self.table = table
        self.snapshot = table.snapshot
        self.outcomes = table.outcomes
        self.base = float(np.clip(logit(model.base_rate), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS))

    @staticmethod
    def of(
        model: Model,
        snapshot: Snapshot,
        closed_after: float | None = None,
        shared: FeatureTable | None = None,
    ) -> Scorer:
        """A scorer over a feature table that is made for it, see `feature_table`."""
        return Scorer(model, feature_table(model.spec, snapshot, closed_after, shared))

    def probability(self, rows: RowsLike, present: frozenset[str] | None = None) -> F64:
        """Probabilities of a bad outcome F64[k] of some rows, from the categories `present` (None: all)."""
        values = self.table.rows(np.asarray(rows))
        if present is not None:
            values = masked(values, self.model.spec, present)
        return np.asarray(expit(self.calibrated(values)), np.float64)

    def assess(self, row: int, terms: Terms) -> Assessment:
        """The score of one party."""
        return self.assess_rows([row], terms)[0]

    def assess_rows(self, rows: RowsLike, terms: Terms) -> list[Assessment]:
        """The scores of some parties, in their order: the same as one by one, and far faster."""
        some = np.asarray(rows, np.int64)
        return self._assessments(list(zip(some.tolist(), self.table.scoring_inputs(some), strict=True)), terms)

    def assess_inputs(self, rows: RowsLike, inputs: Sequence[ScoringInput], terms: Terms) -> list[Assessment]:
        """The scores that parties would have from an input each, such as those after changes; rows may repeat."""
        return self._assessments(list(zip(np.asarray(rows).tolist(), inputs, strict=True)), terms)

    def scores(self, rows: RowsLike, terms: Terms) -> F64:
        """The scores F64[k] of some parties, NaN where one is not assessed: without what is told beside a score."""
        some = np.asarray(rows, np.int64)
        found = np.full(len(some), np.nan)
        able = np.flatnonzero(~self.table.is_identifier[some])
        values = self.table.rows(some[able])
        known = has_evidence(values, self.model.spec, terms.categories)
        if known.any():
            found[able[known]] = to_score(expit(self.log_odds(values[known], terms)), terms.odds0)
        return found

    @cached_property
    def known_bad(self) -> I64:
        """The parties with a known bad outcome, ascending."""
        return np.flatnonzero(self.outcomes.bad)

    def scoring_input(self, row: int) -> ScoringInput:
        """What the score of one party is computed from."""
        return self.table.scoring_input(row)

    def contagion(self, row: int, defaulted: int, terms: Terms) -> float:
        """How much the default of `defaulted` would raise the probability of `row`, recomputed."""
        after = self.table.rows_if_defaulted(np.array([row]), np.array([defaulted]))
        before = self.table.rows(np.array([row]))
        was, is_now = expit(self.log_odds(np.concatenate([before, after]), terms))
        return float(is_now - was)

    def log_odds(self, values: F32, terms: Terms) -> F64:
        """The log-odds F64[k] that `assess` would answer for feature rows F32[k, w]."""
        return self._uncapped_and_capped(values, masked(values, self.model.spec, terms.categories), terms)[1]

    def calibrated(self, values: F32) -> F64:
        """Calibrated log-odds F64[k] of feature rows F32[k, w], nothing masked."""
        log_odds = self.model.calibration.log_odds(self.model.log_odds(values))
        return np.clip(log_odds, -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS)

    def _assessments(self, inputs: Sequence[tuple[int, ScoringInput]], terms: Terms) -> list[Assessment]:
        scored = [(row, one) for row, one in inputs if not self.table.is_identifier[row]]
        computed = iter(self._computed(scored, terms))
        return [
            Assessment(row, None, None, NOT_ASSESSED, (warning(IDENTIFIER),))
            if self.table.is_identifier[row]
            else next(computed)
            for row, _ in inputs
        ]

    def _computed(self, inputs: Sequence[tuple[int, ScoringInput]], terms: Terms) -> list[Assessment]:
        """The scores of parties that are no identifiers."""
        if not inputs:
            return []
        values = np.stack([one.values for _, one in inputs])
        whole = masked(values, self.model.spec, terms.categories)
        uncapped, answered = self._uncapped_and_capped(values, whole, terms)
        probability = expit(answered)
        each = zip(
            inputs,
            has_evidence(values, self.model.spec, terms.categories).tolist(),
            probability.tolist(),
            to_score(probability, terms.odds0).tolist(),
            self._intervals(uncapped, answered),
            (answered != uncapped).tolist(),
            self._unlike_training(whole, terms),
            strict=True,
        )
        found = []
        for (row, one), is_known, p, score, interval, is_capped, unlike in each:
            if is_known:
                codes = (*one.facts, *((CAP_REACHED,) if is_capped else ()), *unlike)
                found.append(Assessment(row, p, score, _level(score, one), tuple(map(warning, codes)), interval))
            else:
                codes = (TOO_LITTLE_KNOWN, *one.facts)
                found.append(Assessment(row, None, None, NOT_ASSESSED, tuple(map(warning, codes))))
        return found

    def _unlike_training(self, whole: F32, terms: Terms) -> list[tuple[str, ...]]:
        """For each row, the codes of what makes it unlike those with outcomes, by what may count alone."""
        support = self.model.support
        return [()] * len(whole) if support is None else support.codes(whole, terms.categories)

    def _uncapped_and_capped(self, values: F32, whole: F32, terms: Terms) -> tuple[F64, F64]:
        """Log-odds F64[k] each, without the cap and with it; `whole` are the values of what may count."""
        if terms.cap is None:
            uncapped = self.calibrated(whole)
            return uncapped, uncapped
        # Both at once: a learner takes as long for one row as for a few.
        own = masked(values, self.model.spec, frozenset())
        uncapped, of_own = np.split(self.calibrated(np.concatenate([whole, own])), 2)
        return uncapped, capped(of_own, uncapped, terms.cap)

    def _intervals(self, uncapped: F64, answered: F64) -> list[tuple[float, float] | None]:
        """What the held-out outcomes support around `uncapped`, moved in log-odds as far as the cap moved it."""
        intervals = self.model.calibration.intervals
        if intervals is None:
            return [None] * len(answered)
        moved = logit(np.stack(intervals.around(uncapped))) + (answered - uncapped)
        low, high = expit(np.clip(moved, -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS)).tolist()
        return list(zip(low, high, strict=True))


def _level(score: float, one: ScoringInput) -> str:
    """The level of a score; where a bad outcome is known, it is at least FLOOR."""
    found = level(score)
    return LEVELS[max(LEVELS.index(found), LEVELS.index(FLOOR))] if one.facts else found

"""Scores of the parties of a snapshot, by a trained model from a feature table.

What may not count is masked out of a party's features, which leaves exactly those of a network without these links.
All answers go through one path, `Scorer.calibrated`, so that the same question has the same bits whoever asks with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from gnn.scoring.fact_codes import CAP_REACHED, IDENTIFIER, TOO_LITTLE_KNOWN, warning
from gnn.scoring.feature_table import FeatureTable, ScoringInput, feature_table
from gnn.scoring.reach import reached_by
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


@dataclass(frozen=True, slots=True)
class Scenario:
    """Probabilities of a bad outcome F64[k] of the parties `rows` I64[k], before and after others default.

    rows are the parties that the defaults can reach, and that are scored. left_out and links_left_out: see `Reached`.
    """

    rows: I64
    before: F64
    after: F64
    left_out: int
    links_left_out: int


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

    def scenario(self, defaulted: RowsLike, terms: Terms, most: int | None = None) -> Scenario:
        """What the default of all of `defaulted` does to the others that it can reach, at most `most` of them."""
        failed, spec = np.unique(np.asarray(defaulted, np.int64)), self.model.spec
        reached = reached_by(self.table.state, spec, terms.categories, failed, most)
        rows = reached.rows[~self.table.is_identifier[reached.rows]]
        values = self.table.rows(rows)
        known = has_evidence(values, spec, terms.categories)
        rows, values = rows[known], values[known]
        before = expit(self.log_odds(values, terms))
        after = expit(self.log_odds(self.table.rows_if_defaulted(rows, failed), terms))
        return Scenario(rows, before, after, reached.left_out, reached.links_left_out)

    def log_odds(self, values: F32, terms: Terms) -> F64:
        """The log-odds F64[k] that `assess` would answer for feature rows F32[k, w]."""
        return self._uncapped_and_capped(values, terms)[1]

    def calibrated(self, values: F32) -> F64:
        """Calibrated log-odds F64[k] of feature rows F32[k, w], nothing masked."""
        log_odds = self.model.calibration.log_odds(self.model.log_odds(values))
        return np.clip(log_odds, -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS)

    def _assessments(self, inputs: Sequence[tuple[int, ScoringInput]], terms: Terms) -> list[Assessment]:
        scored = [(row, one) for row, one in inputs if not self.table.is_identifier[row]]
        if scored:
            values = np.stack([one.values for _, one in scored])
            evidence = has_evidence(values, self.model.spec, terms.categories).tolist()
            uncapped, answered = (x.tolist() for x in self._uncapped_and_capped(values, terms))
            computed = iter(zip(evidence, uncapped, answered, self._unlike_training(values, terms), strict=True))
        found = []
        for row, one in inputs:
            if self.table.is_identifier[row]:
                found.append(Assessment(row, None, None, NOT_ASSESSED, (warning(IDENTIFIER),)))
                continue
            known, without_cap, with_cap, unlike = next(computed)
            if known:
                assessment = self._assessment(row, one, without_cap, with_cap, terms)
                found.append(replace(assessment, warnings=(*assessment.warnings, *map(warning, unlike))))
            else:
                facts = (TOO_LITTLE_KNOWN, *one.facts)
                found.append(Assessment(row, None, None, NOT_ASSESSED, tuple(map(warning, facts))))
        return found

    def _assessment(self, row: int, one: ScoringInput, uncapped: float, answered: float, terms: Terms) -> Assessment:
        facts = one.facts if answered == uncapped else (*one.facts, CAP_REACHED)
        probability = float(expit(answered))
        score = float(to_score(probability, terms.odds0))
        floored = level(score)
        if one.facts:
            floored = LEVELS[max(LEVELS.index(floored), LEVELS.index(FLOOR))]
        interval = self._interval(uncapped, answered)
        return Assessment(row, probability, score, floored, tuple(map(warning, facts)), interval)

    def _unlike_training(self, values: F32, terms: Terms) -> list[tuple[str, ...]]:
        """For each row, the codes of what makes it unlike those with outcomes, by what may count alone."""
        support = self.model.support
        if support is None:
            return [()] * len(values)
        return support.codes(masked(values, self.model.spec, terms.categories), terms.categories)

    def _uncapped_and_capped(self, values: F32, terms: Terms) -> tuple[F64, F64]:
        """Log-odds F64[k] each, without the cap and with it."""
        uncapped = self.calibrated(masked(values, self.model.spec, terms.categories))
        if terms.cap is None:
            return uncapped, uncapped
        return uncapped, capped(self.calibrated(masked(values, self.model.spec, frozenset())), uncapped, terms.cap)

    def _interval(self, uncapped: float, answered: float) -> tuple[float, float] | None:
        """What the held-out outcomes support around `uncapped`, moved in log-odds as far as the cap moved it."""
        intervals = self.model.calibration.intervals
        if intervals is None:
            return None
        ends = np.concatenate(intervals.around(np.array([uncapped])))
        low, high = expit(np.clip(logit(ends) + (answered - uncapped), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS))
        return float(low), float(high)

"""Scores of the parties of a snapshot, from a trained model.

Features are computed once, for every party, when a scorer is made; an answer then reads one row of them. What may not
be used is masked out of that row, which leaves exactly the row of a network without those links.

All answers go through one path, `Scorer._logits`, so that the same question has the same bits, whoever asks with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from gnn.explain.attribute_effects import attributes_known, usual_attributes, without_attribute
from gnn.explain.reason_codes import (
    KNOWN_DEFAULT,
    KNOWN_FRAUD,
    NO_EFFECTS,
    AttributeEffect,
    Outcomes,
    OwnRecord,
    Reason,
    reasons,
)
from gnn.explain.shapley import OWN, Attribution, attribute
from gnn.features.coverage import Bools, has_evidence, is_identifier
from gnn.features.featurizer import compute, compute_label_free, compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.spec import masked
from gnn.features.targets import outcome_flags
from gnn.models.model import Model
from gnn.models.score_scale import LEVELS, ODDS0, POINTS_PER_LOG_ODDS, level, to_score
from gnn.scoring.cap import capped
from graph.snapshots.snapshot import Snapshot

NOT_ASSESSED: Final = "not_assessed"
FLOOR: Final = "high"  # the least level of a party with a known bad outcome
MAX_ABS_LOG_ODDS: Final = 20.0  # log-odds stay within this, so that probabilities stay apart from 0 and 1

# Codes of warnings; those of facts are the codes of the reasons in lower case.
IDENTIFIER: Final = "identifier"
TOO_LITTLE_KNOWN: Final = "too_little_known"
CAP_REACHED: Final = "cap_reached"

Rows = npt.NDArray[np.integer[Any]] | Sequence[int]


@dataclass(frozen=True, slots=True)
class Assessment:
    """An answer about one party. `probability`, `score` and `interval` are None where it is not assessed.

    interval: (low, high) of the probability, see `gnn.models.intervals`.
    """

    row: int
    probability: float | None
    score: float | None
    level: str
    warnings: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ScoringInput:
    """What an answer about one party rests on: its features float32[w] and its known bad outcomes."""

    values: npt.NDArray[np.float32]
    default: bool
    fraud: bool

    @property
    def facts(self) -> tuple[str, ...]:
        """Codes of what is known."""
        return tuple(code for code, is_so in ((KNOWN_FRAUD, self.fraud), (KNOWN_DEFAULT, self.default)) if is_so)

    @property
    def said(self) -> tuple[str, ...]:
        """The same as warnings."""
        return tuple(code.lower() for code in self.facts)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Probabilities of a bad outcome float64[k] of parties `rows` int64[k], before and after others have failed."""

    rows: npt.NDArray[np.int64]
    before: npt.NDArray[np.float64]
    after: npt.NDArray[np.float64]


class Scorer:
    """Answers about the parties of one snapshot by one model; nothing of it changes once it is made.

    `closed_after`: outcomes that closed before this time count for nobody (a purpose's retention).
    """

    def __init__(self, model: Model, snapshot: Snapshot, closed_after: float | None = None) -> None:
        self.model = model
        self.snapshot = snapshot
        self.closed_after = closed_after
        self.known = outcome_flags(snapshot, closed_after)
        self._y = y = self.known.y
        self.static = compute_label_free(model.spec, snapshot)
        self._values = compute(model.spec, snapshot, LabelVector.all(y), self.static).values
        self._slices = [(block.needs, model.spec.slice(block.name)) for block in model.spec.blocks]
        self.base = float(np.clip(logit(model.base_rate), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS))

    def probability(self, rows: Rows, present: frozenset[str] | None = None) -> npt.NDArray[np.float64]:
        """Probability of a bad outcome of each row, float64[k], from the categories `present` (None: all)."""
        values = self._values[np.asarray(rows)]
        if present is not None:
            values = masked(values, self.model.spec, present)
        return np.asarray(expit(self._logits(values)), np.float64)

    def assess(
        self, row: int, categories: frozenset[str], cap: float | None = None, odds0: float = ODDS0
    ) -> Assessment:
        """Score one party from `categories`, others' share held within +-`cap` log-odds."""
        return self.assessments(row, [self.scoring_input(row)], categories, cap, odds0)[0]

    def assessments(
        self,
        row: int,
        standings: Sequence[ScoringInput],
        categories: frozenset[str],
        cap: float | None = None,
        odds0: float = ODDS0,
    ) -> list[Assessment]:
        """Score one party as it would stand, once for each standing."""
        if self._identifiers[row]:
            return [Assessment(row, None, None, NOT_ASSESSED, (IDENTIFIER,)) for _ in standings]
        values = np.stack([standing.values for standing in standings])
        known = has_evidence(values, self.model.spec, categories)
        whole, answered = self._whole_and_answered(values, categories, cap)
        return [
            self._assessment(row, standing, float(whole[i]), float(answered[i]), odds0)
            if known[i]
            else Assessment(row, None, None, NOT_ASSESSED, (TOO_LITTLE_KNOWN, *standing.said))
            for i, standing in enumerate(standings)
        ]

    def scoring_input(self, row: int) -> ScoringInput:
        """What is known of one party in this snapshot."""
        return ScoringInput(self._values[row], bool(self.known.default[row]), bool(self.known.fraud[row]))

    def _assessment(self, row: int, standing: ScoringInput, whole: float, answered: float, odds0: float) -> Assessment:
        facts = standing.said
        if answered != whole:
            facts = (*facts, CAP_REACHED)
        probability = float(expit(answered))
        score = float(to_score(probability, odds0))
        floored = level(score)
        if standing.facts:
            floored = LEVELS[max(LEVELS.index(floored), LEVELS.index(FLOOR))]
        return Assessment(row, probability, score, floored, facts, self._interval(whole, answered))

    def contagion(self, row: int, failed: int, categories: frozenset[str], cap: float | None = None) -> float:
        """How much the default of `failed` would raise the probability of `row`, recomputed."""
        y = self._y.copy()
        y[failed] = 1.0
        known, here = LabelVector.all(y), np.array([row])
        after = compute_rows(self.model.spec, self.snapshot, known, self.static, here, {})
        before = self._values[row : row + 1]
        was, is_now = expit(self.log_odds(np.concatenate([before, after]), categories, cap))
        return float(is_now - was)

    def scenario(self, failed: Rows, categories: frozenset[str], cap: float | None = None) -> Scenario:
        """What the default of all of `failed` does to every other party, in one propagation over the whole network."""
        y = self._y.copy()
        y[np.asarray(failed)] = 1.0
        values = compute(self.model.spec, self.snapshot, LabelVector.all(y), self.static).values
        other = has_evidence(self._values, self.model.spec, categories) & ~self._identifiers
        other[np.asarray(failed)] = False
        rows = np.flatnonzero(other)
        before, after = (expit(self.log_odds(x[rows], categories, cap)) for x in (self._values, values))
        return Scenario(rows, before, after)

    def explain(self, row: int, categories: frozenset[str], cap: float | None = None) -> Attribution:
        """Share the log-odds that `assess` answers out over the own record and `categories`, exactly."""
        usable = self._usable(categories)
        values = self._values[row]
        absent = self._absent(row)
        active: set[str] = set()
        for needs, columns in self._slices:
            if needs and needs <= usable and not _same(values[columns], absent[columns]):
                active |= needs
        return attribute(lambda coalitions: self._coalitions(row, coalitions), sorted(usable), frozenset(active), cap)

    def reasons(
        self,
        row: int,
        attribution: Attribution,
        cap: float | None = None,
        effects: Mapping[int, float] = NO_EFFECTS,
    ) -> tuple[Reason, ...]:
        """The coded reasons of an explanation that was made with this cap, with points and evidence.

        effects: points that other parties' removal was found to move, by row.
        """
        outcomes = Outcomes(self.known.bad, self.known.good)
        own = self._own_record(row, frozenset(attribution.contributions) - {OWN}, cap)
        return reasons(self.snapshot, row, attribution, outcomes, self.scoring_input(row).facts, own, effects)

    def log_odds(
        self, values: npt.NDArray[np.float32], categories: frozenset[str], cap: float | None = None
    ) -> npt.NDArray[np.float64]:
        """The log-odds that `assess` would answer for feature rows float32[k, w]: float64[k]."""
        return self._whole_and_answered(values, categories, cap)[1]

    def _whole_and_answered(
        self, values: npt.NDArray[np.float32], categories: frozenset[str], cap: float | None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Log-odds float64[k] each, without a cap and with it."""
        whole = self._logits(masked(values, self.model.spec, categories))
        if cap is None:
            return whole, whole
        return whole, capped(self._logits(masked(values, self.model.spec, frozenset())), whole, cap)

    def _own_record(self, row: int, categories: frozenset[str], cap: float | None) -> OwnRecord:
        values, spec = self._values[row], self.model.spec
        names = attributes_known(values, spec)
        rows = np.stack([values, *(without_attribute(values, spec, name) for name in names)])
        found = self.log_odds(rows, categories, cap)
        effects = [
            AttributeEffect(name, -POINTS_PER_LOG_ODDS * float(found[0] - x))
            for name, x in zip(names, found[1:], strict=True)
        ]
        effects.sort(key=lambda effect: (-abs(effect.points), effect.attribute))
        usual = self._usual[int(self.snapshot.party_kind[row])]
        known = len(usual & set(names)) / len(usual) if usual else 1.0
        return OwnRecord(known, tuple(effect for effect in effects if effect.points))

    def _logits(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Calibrated log-odds float64[k] of feature rows float32[k, w]."""
        return np.clip(self.model.calibration.log_odds(self.model.logit(values)), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS)

    def _interval(self, whole: float, answered: float) -> tuple[float, float] | None:
        """What the held-out outcomes support around `whole`, moved in log-odds as far as the cap moved the answer."""
        intervals = self.model.calibration.intervals
        if intervals is None:
            return None
        ends = np.concatenate(intervals.around(np.array([whole])))
        low, high = expit(np.clip(logit(ends) + (answered - whole), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS))
        return float(low), float(high)

    def _coalitions(self, row: int, coalitions: Sequence[tuple[bool, frozenset[str]]]) -> npt.NDArray[np.float64]:
        """Log-odds of one party with its own record or without it, and some categories; equal inputs run once."""
        values, absent = self._values[row], self._absent(row)
        live = [
            (needs, columns)
            for needs, columns in self._slices
            if not needs or not _same(values[columns], absent[columns])
        ]
        keys = [
            tuple(i for i, (needs, _) in enumerate(live) if (needs <= present if needs else own))
            for own, present in coalitions
        ]
        distinct = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        inputs = np.repeat(absent[None], len(distinct), axis=0)
        for needs, columns in self._slices:
            if not needs:
                inputs[:, columns] = np.nan
        for key, i in distinct.items():
            for block in key:
                inputs[i, live[block][1]] = values[live[block][1]]
        logits = self._logits(inputs)
        if () in distinct:
            logits[distinct[()]] = self.base
        return logits[[distinct[key] for key in keys]]

    def _absent(self, row: int) -> npt.NDArray[np.float32]:
        """The party's features with no category present."""
        return np.asarray(masked(self._values[row : row + 1], self.model.spec, frozenset())[0])

    def _usable(self, categories: frozenset[str]) -> frozenset[str]:
        return categories & frozenset(self.snapshot.categories)

    @cached_property
    def _usual(self) -> dict[int, frozenset[str]]:
        return usual_attributes(self._values, self.model.spec, self.snapshot.party_kind)

    @cached_property
    def _identifiers(self) -> Bools:
        return is_identifier(self.snapshot)


def _same(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))

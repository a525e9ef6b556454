"""The outcomes of a snapshot as training targets, and as flags that count when a question is answered.

`BadOutcome` is the one place that says which outcomes are bad. Targets and flags differ for a default that was cured:
it did happen, so it is a target; once cured, it counts against nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, Bools
from graph.schema import BAD_OUTCOMES, OUTCOME_STATES, OUTCOMES_KNOWN
from graph.snapshots.snapshot import Outcomes, Snapshot


@dataclass(frozen=True, slots=True)
class BadOutcome:
    """What a model calls bad: default or fraud, and late from so many days past due on (None: never)."""

    late_from: int | None = None

    def among(self, outcomes: Outcomes) -> Bools:
        """Which outcomes are bad."""
        return is_any(outcomes, *sorted(BAD_OUTCOMES)) | self.late_among(outcomes)

    def late_among(self, outcomes: Outcomes) -> Bools:
        """Which outcomes are bad since they are late enough."""
        if self.late_from is None:
            return np.zeros(len(outcomes.party), np.bool_)
        at_least = np.where(np.isnan(outcomes.days_late), 0, outcomes.days_late)
        return is_any(outcomes, "late") & (at_least >= self.late_from)

    def undecided_among(self, outcomes: Outcomes) -> Bools:
        """Which outcomes may be bad or not: late by nobody knows how many days."""
        if not self.late_from:
            return np.zeros(len(outcomes.party), np.bool_)
        return is_any(outcomes, "late") & np.isnan(outcomes.days_late)


DEFAULT_OR_FRAUD = BadOutcome()


def outcomes_as_labels(snapshot: Snapshot, bad: BadOutcome = DEFAULT_OR_FRAUD) -> F32:
    """y float32[n] from the snapshot's active outcomes: 1 where any is bad, 0 where others are known, NaN unknown.

    A party with an outcome that may be bad or not, and none that is bad, is unknown.
    """
    return _labels(snapshot, is_active(snapshot.outcomes), bad)


def outcomes_between(snapshot: Snapshot, after: float, until: float, bad: BadOutcome = DEFAULT_OR_FRAUD) -> F32:
    """`outcomes_as_labels` from the outcomes that opened in (after, until], in seconds since 1970, alone."""
    opened = snapshot.outcomes.opened
    return _labels(snapshot, is_active(snapshot.outcomes) & (opened > after) & (opened <= until), bad)


def _labels(snapshot: Snapshot, counted: Bools, bad: BadOutcome) -> F32:
    facts = snapshot.outcomes
    y = np.full(snapshot.n_parties, np.nan, np.float32)
    y[facts.party[counted]] = 0
    y[facts.party[counted & bad.undecided_among(facts)]] = np.nan
    y[facts.party[counted & bad.among(facts)]] = 1
    return y


def in_open_default(snapshot: Snapshot, bad: BadOutcome = DEFAULT_OR_FRAUD) -> Bools:
    """Bools[n]: the parties with an outcome that is bad, or may be, and is neither cured nor closed.

    How late an open outcome is that is late may not be known at the snapshot's time.
    """
    facts = snapshot.outcomes
    still = is_active(facts) & np.isnan(facts.closed) & (is_uncured(snapshot) | is_any(facts, "fraud"))
    found = np.zeros(snapshot.n_parties, np.bool_)
    found[facts.party[still & (bad.among(facts) | bad.undecided_among(facts))]] = True
    return found


@dataclass(frozen=True, slots=True)
class LateParties:
    """Numbers of parties that were late, by what that made of them as targets, where nothing else made them bad.

    as_good: late, and good. left_out: late by nobody knows how many days, and unknown.
    """

    as_good: int
    left_out: int


def late_parties(snapshot: Snapshot, bad: BadOutcome = DEFAULT_OR_FRAUD) -> LateParties:
    """What became of parties with an active outcome that is late."""
    facts = snapshot.outcomes
    late = np.unique(facts.party[is_active(facts) & is_any(facts, "late")])
    y = outcomes_as_labels(snapshot, bad)[late]
    return LateParties(int(np.count_nonzero(y == 0)), int(np.count_nonzero(np.isnan(y))))


def is_active(outcomes: Outcomes) -> Bools:
    """Which outcomes count: those that are neither disputed, corrected nor expired."""
    return np.asarray(outcomes.state == OUTCOME_STATES.index("active"))


def is_any(outcomes: Outcomes, *names: str) -> Bools:
    """Which outcomes have one of these names of OUTCOMES_KNOWN."""
    return np.isin(outcomes.outcome, [OUTCOMES_KNOWN.index(name) for name in names])


@dataclass(frozen=True, slots=True)
class OutcomeFlags:
    """Known outcomes that still count, Bools[n] each: facts, not predictions. late: late enough to be bad."""

    default: npt.NDArray[np.bool_]
    fraud: npt.NDArray[np.bool_]
    late: npt.NDArray[np.bool_]
    good: npt.NDArray[np.bool_]

    @property
    def bad(self) -> npt.NDArray[np.bool_]:
        any_bad: npt.NDArray[np.bool_] = self.default | self.fraud | self.late
        return any_bad

    @property
    def y(self) -> npt.NDArray[np.float32]:
        """1 for a known bad outcome, 0 for a good one, NaN for unknown: float32[n]."""
        return np.where(self.bad, 1.0, np.where(self.good, 0.0, np.nan)).astype(np.float32)


def is_uncured(snapshot: Snapshot) -> Bools:
    """Bools[k]: the outcomes of a snapshot that opened after every cure of their party."""
    facts = snapshot.outcomes
    opened = np.where(np.isnan(facts.opened), -np.inf, facts.opened)
    cured = np.full(snapshot.n_parties, np.nan)
    is_cured = is_active(facts) & is_any(facts, "cured")
    np.fmax.at(cured, facts.party[is_cured], np.where(np.isnan(facts.opened), np.inf, facts.opened)[is_cured])
    return np.asarray(~(opened <= cured[facts.party]))


def outcome_flags(
    snapshot: Snapshot, closed_after: float | None = None, bad: BadOutcome = DEFAULT_OR_FRAUD
) -> OutcomeFlags:
    """The active outcomes of a snapshot, without bad ones that closed before `closed_after` (seconds since 1970).

    A default, or a payment late enough to be bad, that was cured later, or at a time that nobody knows, no longer
    counts as one; a fraud is not cured. A cure is never forgotten before what it cured, and a good outcome never:
    forgetting only takes bad news away.
    """
    facts = snapshot.outcomes
    active = is_active(facts)
    forgotten = np.zeros(len(active), np.bool_) if closed_after is None else facts.closed < closed_after
    uncured = is_uncured(snapshot)
    entries = {
        "default": is_any(facts, "default") & uncured & ~forgotten,
        "fraud": is_any(facts, "fraud") & ~forgotten,
        "late": bad.late_among(facts) & uncured & ~forgotten,
        "good": is_any(facts, "good"),
    }
    flags = {name: np.zeros(snapshot.n_parties, np.bool_) for name in entries}
    for name, which in entries.items():
        flags[name][facts.party[active & which]] = True
    return OutcomeFlags(**flags)

"""The outcomes of a snapshot as training targets, and as flags that count when a question is answered.

They differ for a default that was cured: it did happen, so it is a target; once cured, it counts against nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, Bools
from graph.schema import BAD_OUTCOMES, OUTCOME_STATES, OUTCOMES_KNOWN
from graph.snapshots.snapshot import Outcomes, Snapshot


def is_active(outcomes: Outcomes) -> Bools:
    """Bools[k]: the outcomes that nobody disputes or withdrew."""
    return np.asarray(outcomes.state == OUTCOME_STATES.index("active"))


def is_bad(outcomes: Outcomes) -> Bools:
    """Bools[k]: the outcomes that a model is to foretell."""
    return np.isin(outcomes.outcome, [OUTCOMES_KNOWN.index(name) for name in sorted(BAD_OUTCOMES)])


def outcomes_as_labels(snapshot: Snapshot) -> F32:
    """y float32[n] from the snapshot's active outcomes: 1 where any is bad, 0 where others are known, NaN unknown."""
    return _labels(snapshot, is_active(snapshot.outcomes))


def outcomes_between(snapshot: Snapshot, after: float, until: float) -> F32:
    """`outcomes_as_labels` from the outcomes that opened in (after, until], in seconds since 1970, alone."""
    opened = snapshot.outcomes.opened
    return _labels(snapshot, is_active(snapshot.outcomes) & (opened > after) & (opened <= until))


def _labels(snapshot: Snapshot, counted: Bools) -> F32:
    facts, bad = snapshot.outcomes, is_bad(snapshot.outcomes)
    y = np.full(snapshot.n_parties, np.nan, np.float32)
    y[facts.party[counted]] = 0
    y[facts.party[counted & bad]] = 1
    return y


def in_open_default(snapshot: Snapshot) -> Bools:
    """Bools[n]: the parties with a bad outcome that is neither cured nor closed at the snapshot's time."""
    facts = snapshot.outcomes
    still = is_active(facts) & is_bad(facts) & np.isnan(facts.closed)
    found = np.zeros(snapshot.n_parties, np.bool_)
    found[facts.party[still]] = True
    return found & outcome_flags(snapshot).bad


def late_as_good(snapshot: Snapshot) -> int:
    """The number of parties whose target is good although an active outcome of theirs is late."""
    facts = snapshot.outcomes
    late = (facts.state == OUTCOME_STATES.index("active")) & (facts.outcome == OUTCOMES_KNOWN.index("late"))
    parties = np.unique(facts.party[late])
    return int(np.count_nonzero(outcomes_as_labels(snapshot)[parties] == 0))


@dataclass(frozen=True, slots=True)
class OutcomeFlags:
    """Known outcomes that still count, Bools[n] each: facts, not predictions."""

    default: npt.NDArray[np.bool_]
    fraud: npt.NDArray[np.bool_]
    good: npt.NDArray[np.bool_]

    @property
    def bad(self) -> npt.NDArray[np.bool_]:
        either: npt.NDArray[np.bool_] = self.default | self.fraud
        return either

    @property
    def y(self) -> npt.NDArray[np.float32]:
        """1 for a known bad outcome, 0 for a good one, NaN for unknown: float32[n]."""
        return np.where(self.bad, 1.0, np.where(self.good, 0.0, np.nan)).astype(np.float32)


def outcome_flags(snapshot: Snapshot, closed_after: float | None = None) -> OutcomeFlags:
    """The active outcomes of a snapshot, without bad ones that closed before `closed_after` (seconds since 1970).

    A default that was cured later, or at a time that nobody knows, no longer counts as one; a fraud is not cured. A
    cure is never forgotten before what it cured, and a good outcome never: forgetting only takes bad news away.
    """
    facts = snapshot.outcomes
    active = facts.state == OUTCOME_STATES.index("active")
    forgotten = np.zeros(len(active), np.bool_) if closed_after is None else facts.closed < closed_after
    opened = np.where(np.isnan(facts.opened), -np.inf, facts.opened)

    def has(outcome: str) -> npt.NDArray[np.bool_]:
        return np.asarray(active & (facts.outcome == OUTCOMES_KNOWN.index(outcome)))

    cured = np.full(snapshot.n_parties, np.nan)
    is_cured = has("cured")
    np.fmax.at(cured, facts.party[is_cured], np.where(np.isnan(facts.opened), np.inf, facts.opened)[is_cured])
    uncured = ~(opened <= cured[facts.party])
    entries = {
        "default": has("default") & uncured & ~forgotten,
        "fraud": has("fraud") & ~forgotten,
        "good": has("good"),
    }
    flags = {name: np.zeros(snapshot.n_parties, np.bool_) for name in entries}
    for name, which in entries.items():
        flags[name][facts.party[which]] = True
    return OutcomeFlags(**flags)

"""What a rule would have approved without a deposit, and what became of that, with intervals.

A rule is a mask of the orders that it lets through. Rates have Wilson intervals. Losses are resampled by party, since
orders of one party are no independent evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from gnn.arrays import F64, I64, Bools
from gnn.metrics import INTERVAL_QUANTILES, Estimate, wilson

RESAMPLES: Final = 400


@dataclass(frozen=True)
class Evidence:
    """m orders that were scored.

    party I64[m]: number of its party. defaulted, decided Bools[m]: whether it defaulted, and whether that is known.
    asked Bools[m]: whether a deposit or the like was asked for. amount F64[m]: 0 where missing.
    """

    party: I64
    defaulted: Bools
    decided: Bools
    asked: Bools
    amount: F64


@dataclass(frozen=True, slots=True)
class Rates:
    """What a rule lets through.

    approve: share of all orders. bad: share that defaulted of those let through and decided, None of none.
    asked: of those let through, how many had a deposit or the like behind them.
    loss: amount of those that defaulted, as a share of the amount let through and decided; None without amounts.
    lost: that amount.
    """

    approved: int
    approve: Estimate
    decided: int
    defaulted: int
    asked: int
    bad: Estimate | None
    lost: float
    loss: Estimate | None

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        for name in ("approve", "bad", "loss"):
            found: Estimate | None = getattr(self, name)
            value[name] = None if found is None else found._asdict()
        return value


def rates_of(evidence: Evidence, rules: Sequence[Bools], seed: int) -> list[Rates]:
    """The rates of each rule, a mask Bools[m] of the orders that it lets through; the same draws for all of them."""
    if not len(evidence.party):
        return []
    losses = _losses(evidence, rules, seed)
    return [_rates(evidence, rule, loss) for rule, loss in zip(rules, losses, strict=True)]


def _rates(evidence: Evidence, rule: Bools, loss: Estimate | None) -> Rates:
    through = rule & evidence.decided
    defaulted = through & evidence.defaulted
    approve = wilson(int(rule.sum()), len(rule))
    assert approve is not None
    return Rates(
        approved=int(rule.sum()),
        approve=approve,
        decided=int(through.sum()),
        defaulted=int(defaulted.sum()),
        asked=int((rule & evidence.asked).sum()),
        bad=wilson(int(defaulted.sum()), int(through.sum())),
        lost=float(evidence.amount[defaulted].sum()),
        loss=loss,
    )


def _losses(evidence: Evidence, rules: Sequence[Bools], seed: int) -> list[Estimate | None]:
    """The share of the amount that each rule loses, with intervals from resampling parties."""
    n = int(evidence.party.max()) + 1
    of_party = np.zeros((2, len(rules), n))  # lost, and let through
    for number, rule in enumerate(rules):
        through = rule & evidence.decided
        amount = np.where(through, evidence.amount, 0.0)
        of_party[1, number] = np.bincount(evidence.party, amount, n)
        of_party[0, number] = np.bincount(evidence.party, np.where(evidence.defaulted, amount, 0.0), n)
    random = np.random.default_rng(seed)
    drawn = np.full((RESAMPLES, len(rules)), np.nan)
    for draw in range(RESAMPLES):
        times = np.bincount(random.integers(0, n, n), minlength=n)
        lost, through_all = of_party @ times
        drawn[draw] = _share(lost, through_all)
    shares = _share(*of_party.sum(axis=2))
    return [_estimate(share, draws) for share, draws in zip(shares.tolist(), drawn.T, strict=True)]


def _share(lost: F64, through: F64) -> F64:
    return np.asarray(np.divide(lost, through, out=np.full(len(lost), np.nan), where=through > 0), np.float64)


def _estimate(share: float, draws: F64) -> Estimate | None:
    found = draws[~np.isnan(draws)]
    if np.isnan(share) or not len(found):
        return None
    low, high = np.quantile(found, INTERVAL_QUANTILES)
    return Estimate(share, float(low), float(high))

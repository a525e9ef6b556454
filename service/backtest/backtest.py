"""A backtest from the file of orders to its result."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnn.metrics import Estimate, auroc_difference
from gnn.scoring.terms import Terms
from gnn.training.train import TrainingConfig
from gnn.training.trees import Progress
from graph.errors import UsageError
from graph.purposes import Purpose
from graph.stores.base import ConsentReader
from loaders.orders import DEFAULTED, LATE, OPEN, Orders
from service.backtest.rates import Evidence, Rates, rates_of
from service.backtest.verdict import Verdict, sentences, verdict
from service.backtest.walk_forward import UNTRAINED, ScoredOrders, WalkForward, walk_forward

THRESHOLDS: Final = tuple(range(600, 901, 10))  # below 600 the level is high, and a decision is no


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """How to backtest. max_bad_rate: that is accepted, None for that of the file. late_is_bad: whether late defaults.

    blocks, snapshots, horizon_days, seed: see `WalkForward`.
    """

    purpose: Purpose
    odds0: float
    config: TrainingConfig = field(default_factory=TrainingConfig)
    horizon_days: int = 365
    blocks: int = 3
    snapshots: int = 24
    seed: int = 0
    max_bad_rate: float | None = None
    late_is_bad: bool = False

    @property
    def how(self) -> WalkForward:
        """How orders are scored."""
        purpose = self.purpose
        terms = Terms(purpose.categories, purpose.cap, self.odds0)
        return WalkForward(
            terms,
            purpose.retention_days,
            self.config,
            self.horizon_days,
            self.blocks,
            self.snapshots,
            self.seed,
            purpose.name if purpose.consent else None,
        )

    def check(self) -> None:
        """Raises UsageError for a share that is none."""
        if self.max_bad_rate is not None and not 0 < self.max_bad_rate < 1:
            raise UsageError(f"--max-bad-rate is a share between 0 and 1, such as 0.03, not {self.max_bad_rate:g}")


@dataclass(frozen=True)
class Backtest:
    """The result: the policy of the file beside the score at each threshold, with the graph and without.

    file: what went through with nothing asked; None where no order was scored. gain: see `sentences`.
    """

    request: BacktestRequest
    orders: Orders
    scored: ScoredOrders
    evidence: Evidence
    file: Rates | None
    thresholds: tuple[int, ...]
    rates: tuple[Rates, ...]
    without: tuple[Rates, ...]
    gain: Estimate | None
    verdict: Verdict

    @property
    def states(self) -> Mapping[str, int]:
        """The number of orders in each state of `ScoredOrders`."""
        return dict(sorted(Counter(self.scored.state).items()))

    @property
    def sentences(self) -> list[str]:
        """What has to be known to read the figures."""
        return sentences(self.orders, self.scored, self.evidence, self.gain)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `kith backtest`."""
        thresholds = [
            {"threshold": threshold, "score": one.to_json(), "without_graph": other.to_json()}
            for threshold, one, other in zip(self.thresholds, self.rates, self.without, strict=True)
        ]
        return {
            "orders": len(self.orders),
            "rejected": dict(self.orders.rejected),
            "examples": [reject.to_json() for reject in self.orders.examples],
            "states": dict(self.states),
            "purpose": self.request.purpose.name,
            "policy": self.request.purpose.policy(),
            "seed": self.request.seed,
            "file": None if self.file is None else self.file.to_json(),
            "thresholds": thresholds,
            "gain": None if self.gain is None else self.gain._asdict(),
            "verdict": asdict(self.verdict),
            "notes": self.sentences,
            "warnings": list(self.orders.warnings),
            "blocks": [asdict(block) for block in self.scored.blocks],
        }


def backtest(
    orders: Orders, facts: ConsentReader, request: BacktestRequest, progress: Progress | None = None
) -> Backtest:
    """The backtest of orders on the facts of a store. Raises UsageError."""
    request.check()
    if not len(orders):
        raise UsageError("the file holds no order that can be read")
    with tempfile.TemporaryDirectory(prefix="kith-backtest-") as scratch:
        scored = walk_forward(orders, facts, request.how, Path(scratch), progress)
    return judged(orders, scored, request)


def judged(orders: Orders, scored: ScoredOrders, request: BacktestRequest) -> Backtest:
    """The result of scored orders."""
    of_score = ~scored.are(UNTRAINED)
    evidence = _evidence(orders, of_score, request)
    rules = [~evidence.asked]
    for reached in (scored.reached[of_score], scored.reached_without[of_score]):
        rules += [reached >= threshold for threshold in THRESHOLDS]
    found = rates_of(evidence, rules, request.seed)
    file, rates = (found[0] if found else None), tuple(found[1 : len(THRESHOLDS) + 1])
    thresholds = THRESHOLDS if found else ()
    return Backtest(
        request,
        orders,
        scored,
        evidence,
        file,
        thresholds,
        rates,
        tuple(found[len(THRESHOLDS) + 1 :]),
        _gain(scored, of_score, evidence, request.seed),
        verdict(evidence, file, thresholds, rates, request.max_bad_rate),
    )


def _evidence(orders: Orders, some: Any, request: BacktestRequest) -> Evidence:
    outcome = np.array(orders.outcome, object)[some]
    bad = (DEFAULTED, LATE) if request.late_is_bad else (DEFAULTED,)
    _, party = np.unique(np.array(orders.party, object)[some], return_inverse=True)
    return Evidence(
        party=party.astype(np.int64),
        defaulted=np.isin(outcome, bad),
        decided=outcome != OPEN,
        asked=orders.asked[some],
        amount=np.nan_to_num(orders.amount[some]),
    )


def _gain(scored: ScoredOrders, some: Any, evidence: Evidence, seed: int) -> Estimate | None:
    """AUROC of the model less that of the one without the graph, on orders that both score; None of one class."""
    p, without = scored.probability[some], scored.probability_without[some]
    both = ~np.isnan(p) & ~np.isnan(without) & evidence.decided
    y = evidence.defaulted[both].astype(np.int64)
    if not 0 < y.sum() < len(y):
        return None
    return auroc_difference(p[both], without[both], y, seed)

"""A split by time: taught by what was known at a moment, judged by what became known later."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from gnn.findings import apart_by_time
from gnn.judged import judge
from gnn.metrics import Doubles, auroc, auroc_error
from gnn.neighbourhood import Floats
from gnn.splits import Split
from gnn.training import train
from graph.schema import OUTCOME_STATES
from graph.snapshot import Snapshot

DATED: Final = 0.9  # share of outcomes with a date, below which there is no split by time
EARLIER: Final = 0.75
FEWEST: Final = 8


@dataclass(frozen=True, slots=True)
class Later:
    """AUROC, its standard error (Hanley and McNeil 1982) and bad rates of the split by time, beside a random one."""

    cut: float
    n_train: int
    n_test: int
    auroc: float
    error: float
    random_auroc: float
    random_error: float
    train_rate: float
    test_rate: float
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def cut_in_time(snapshot: Snapshot) -> float | None:
    """The moment (seconds since 1970) before which EARLIER of the outcomes opened; None where too few are dated."""
    facts = snapshot.outcomes
    opened = facts.opened[facts.state == OUTCOME_STATES.index("active")]
    dated = np.sort(opened[~np.isnan(opened)])
    if not len(opened) or len(dated) < DATED * len(opened) or dated[0] == dated[-1]:
        return None
    return float(dated[int(EARLIER * (len(dated) - 1))])


def judge_later(
    then: Snapshot, known: Floats, became: Floats, cut: float, random: tuple[Doubles, Doubles], seed: int
) -> Later | None:
    """Train on the network as of `cut` and judge the outcomes that came after it.

    known and became float32[n], by rows of `then`: outcomes at the cut, and in the end. `random` is (probability,
    outcome) of a random split, to compare with. None where either side has too few of one outcome.
    """
    earlier = np.flatnonzero(~np.isnan(known))
    test = np.flatnonzero(np.isnan(known) & ~np.isnan(became))
    for values in (known[earlier], became[test]):
        if min(int(values.sum()), int((values == 0).sum())) < FEWEST:
            return None
    y = np.where(np.isnan(known), became, known).astype(np.float32)
    split = Split("by time", earlier, earlier[:0], test)
    told = judge(train(then, y, split.taught, seed), then, y, split, None)
    p, outcome = told.probability["model"], told.y
    here, there = (auroc(*random), auroc_error(*random)), (auroc(p, outcome), auroc_error(p, outcome))
    return Later(
        cut,
        len(earlier),
        len(test),
        *there,
        *here,
        float(known[earlier].mean()),
        float(outcome.mean()),
        tuple(apart_by_time(here, there)),
    )

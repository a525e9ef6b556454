"""A split by time: taught by what was known at a moment, judged by what became known later."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from gnn.arrays import F32 as Floats
from gnn.evaluation.findings import apart_by_time
from gnn.evaluation.predictions import predict
from gnn.metrics import Doubles, auroc, auroc_error
from gnn.training.splits import Split, minority_count
from gnn.training.train import train
from graph.schema import OUTCOME_STATES
from graph.snapshots.snapshot import Snapshot

DATED: Final = 0.9  # share of outcomes with a date, below which there is no split by time
EARLIER: Final = 0.75
FEWEST: Final = 8
UNDATED: Final = "The outcomes have no dates, so nothing here says how the model fares on later ones."


@dataclass(frozen=True, slots=True)
class TemporalSplit:
    """AUROC, its standard error (Hanley and McNeil 1982) and bad rates of the split by time.

    split_auroc and split_error are those of the split by which the report judges.
    """

    cut: float
    n_train: int
    n_test: int
    auroc: float
    error: float
    split_auroc: float
    split_error: float
    train_rate: float
    test_rate: float
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def temporal_cut(snapshot: Snapshot) -> float | None:
    """The moment (seconds since 1970) before which EARLIER of the outcomes opened; None where too few are dated."""
    opened = _opened(snapshot)
    dated = np.sort(opened[~np.isnan(opened)])
    if not len(opened) or len(dated) < DATED * len(opened) or dated[0] == dated[-1]:
        return None
    return float(dated[int(EARLIER * (len(dated) - 1))])


def why_not(snapshot: Snapshot) -> str:
    """Why there is no split by time, in words."""
    opened = _opened(snapshot)
    dated = int((~np.isnan(opened)).sum())
    if not dated:
        return UNDATED
    if dated < DATED * len(opened):
        return (
            f"{dated:,} of {len(opened):,} outcomes have a date and a split by time needs {100 * DATED:.0f} %, so "
            "nothing here says how the model fares on later ones."
        )
    return (
        f"There is no split by time: it needs {FEWEST} good and {FEWEST} bad outcomes on either side, so nothing here "
        "says how the model fares on later ones."
    )


def _opened(snapshot: Snapshot) -> Doubles:
    """When each outcome opened that still counts, NaN where it has no date."""
    facts = snapshot.outcomes
    return np.asarray(facts.opened[facts.state == OUTCOME_STATES.index("active")], np.float64)


def evaluate_temporal_split(
    then: Snapshot,
    known: Floats,
    became: Floats,
    cut: float,
    judged: tuple[Doubles, Doubles],
    seed: int,
    most: int | None = None,
) -> TemporalSplit | None:
    """Train on the network as of `cut`, by at most `most` outcomes, and judge the outcomes that came after it.

    known and became float32[n], by rows of `then`: outcomes at the cut, and in the end. `judged` is (probability,
    outcome) of the split of the report, to compare with. None where either side has too few of one outcome.
    """
    earlier = np.flatnonzero(~np.isnan(known))
    test = np.flatnonzero(np.isnan(known) & ~np.isnan(became))
    y = np.where(np.isnan(known), became, known).astype(np.float32)
    if min(minority_count(earlier, y), minority_count(test, y)) < FEWEST:
        return None
    split = Split("by time", earlier, earlier[:0], test).limited(most, y, seed)
    if minority_count(split.fit_rows, y) < FEWEST:
        return None
    told = predict(train(then, y, split.fit_rows, seed), then, y, split, None)
    p, outcome = told.probability["model"], told.y
    here, there = (auroc(*judged), auroc_error(*judged)), (auroc(p, outcome), auroc_error(p, outcome))
    return TemporalSplit(
        cut,
        len(split.fit_rows),
        len(test),
        *there,
        *here,
        float(y[split.fit_rows].mean()),
        float(outcome.mean()),
        tuple(apart_by_time(here, there)),
    )

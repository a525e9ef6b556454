"""The figures behind the pictures of a report: each from probabilities and what happened, none of them drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom
from sklearn.metrics import precision_recall_curve, roc_curve

from gnn.metrics import Doubles, equal_mass
from gnn.models.intervals import clopper_pearson
from gnn.models.score_scale import HIGHEST, LEVEL_FROM, LOWEST, level, to_score

SHOWN: Final = 160  # points of a curve
STEP: Final = 25.0  # of the score, in its distribution
DECILES: Final = 10
CHANCE: Final = (0.05, 0.95)
LEVEL_NAMES: Final = (*(name for _, name in LEVEL_FROM), "very_high")


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y) of a line, x ascending."""

    x: Doubles
    y: Doubles


@dataclass(frozen=True, slots=True)
class Group:
    """Some judged parties: how many, how many bad, what was said of them on average, and where chance would put it.

    low and high: for `reliability` the observed rates that chance allows where `said` is right (5th and 95th
    percentile); for bands the 90 % bounds of the true rate.
    """

    name: str
    parties: int
    bad: int
    said: float
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Observed bad rate."""
        return self.bad / self.parties


def roc(p: Doubles, y: npt.NDArray[Any]) -> Curve:
    """Share of good parties refused against share of bad ones found, for every threshold."""
    false, true, _ = roc_curve(y, p)
    return _thinned(false, true)


def precision_recall(p: Doubles, y: npt.NDArray[Any]) -> Curve:
    """Share of the bad found (x) against the share of bad among those named (y)."""
    precision, recall, _ = precision_recall_curve(y, p)
    return _thinned(recall[::-1], precision[::-1])


def gains(p: Doubles, y: npt.NDArray[Any]) -> Curve:
    """Share of the parties, riskiest first (x), against the share of the bad among them (y)."""
    found = np.cumsum(np.asarray(y, np.float64)[np.argsort(-p, kind="stable")]) / y.sum()
    x = np.arange(len(y) + 1) / len(y)
    return _thinned(x, np.concatenate([[0.0], found]))


def reliability(p: Doubles, y: npt.NDArray[Any]) -> list[Group]:
    """Bins of equal mass: what was said against what happened, with what chance allows."""
    found = []
    for i, part in enumerate(equal_mass(p)):
        said, n = float(p[part].mean()), len(part)
        low, high = binom.ppf(CHANCE, n, said) / n
        found.append(Group(f"bin {i + 1}", n, int(y[part].sum()), said, float(low), float(high)))
    return found


def by_level(p: Doubles, y: npt.NDArray[Any]) -> list[Group]:
    """Levels from low risk to very high; a level without parties is left out."""
    levels = np.array([LEVEL_NAMES.index(level(score)) for score in to_score(p).tolist()])
    return [
        _group(name, np.flatnonzero(levels == i), p, y) for i, name in enumerate(LEVEL_NAMES) if (levels == i).any()
    ]


def by_decile(p: Doubles, y: npt.NDArray[Any]) -> list[Group]:
    """Tenths of the parties from the best score to the worst."""
    return [_group(f"tenth {i + 1}", part, p, y) for i, part in enumerate(equal_mass(p, DECILES))]


def monotone(groups: Sequence[Group]) -> bool:
    """Whether observed bad rates never fall from one group to the next."""
    rates = [group.rate for group in groups]
    return all(before <= after for before, after in pairwise(rates))


def falls_beyond_chance(groups: Sequence[Group]) -> list[str]:
    """Names of groups whose bad rate is below the one before by more than chance explains: their bounds are apart."""
    return [after.name for before, after in pairwise(groups) if after.high < before.low]


def score_distribution(p: Doubles, y: npt.NDArray[Any]) -> tuple[Doubles, Doubles, Doubles]:
    """(edges, share of the good, share of the bad) of scores in steps of STEP."""
    edges = np.arange(LOWEST, HIGHEST + STEP, STEP)
    score = to_score(p)
    shares = [np.histogram(score[y == outcome], edges)[0] / max(int((y == outcome).sum()), 1) for outcome in (0, 1)]
    return edges, shares[0], shares[1]


def _group(name: str, rows: npt.NDArray[np.int64], p: Doubles, y: npt.NDArray[Any]) -> Group:
    bad = int(y[rows].sum())
    low, high = clopper_pearson(np.array([bad]), len(rows))
    return Group(name, len(rows), bad, float(p[rows].mean()), float(low[0]), float(high[0]))


def _thinned(x: Doubles, y: Doubles) -> Curve:
    kept = np.unique(np.linspace(0, len(x) - 1, min(SHOWN, len(x))).astype(np.int64))
    return Curve(np.asarray(x, np.float64)[kept], np.asarray(y, np.float64)[kept])

"""A mitigation of unequal opportunity that asks nobody's group when it scores.

A group may not be used at serving, so thresholds by group are out of the question. What can be used is how much the
features give a group away. A small model of boosted trees, the proxy, says the log-odds q(x) that a party with these
features belongs to the group whose good parties are refused most. Where decisions are made, scores are moved against
what the features say only because they give the group away:

    raw'(x) = raw(x) - strength * (q(x) - centre) * exp(-((raw(x) - threshold) / WIDTH)^2 / 2)

The correction is a score that is decorrelated from the group near the threshold of approval and left alone far from
it, where no decision hangs on it and every exchange of two parties costs accuracy. It follows the form of the optimal
rule that is blind to the group: the risk, less a multiple of what the features say about the group (Menon and
Williamson 2018, section 4). The strength is chosen on held-out parties.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from gnn.metrics import auroc
from gnn.neighbourhood import Floats
from gnn.trees import BOOSTED, RISK
from graph.errors import TrainingError

APPROVED: Final = 0.8  # share of parties that are approved
WIDTH: Final = 1.0  # of the correction around the threshold, in log-odds: 72 points of the score
FURTHEST: Final = 3.0  # log-odds of the proxy about its centre that count; so far, raw' always ascends with raw
STRENGTHS: Final = tuple(round(0.05 * i, 2) for i in range(11))
PRICE: Final = 0.004  # AUROC on the held-out parties that a repair may cost
NARROW: Final = 0.02  # difference of approval that is narrow enough: below it chance would choose the strength
ROUNDS: Final = 120
PROXY: Final = {**BOOSTED, **RISK, "learning_rate": 0.05, "num_leaves": 15, "feature_fraction": 0.3, "num_threads": 1}

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Repair:
    """The correction as a model keeps it; `proxy` is LightGBM's text. Plain data, like all of a model."""

    proxy: str
    centre: float
    threshold: float
    strength: float

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.proxy)

    def given_away(self, values: Floats) -> Doubles:
        """Log-odds float64[k], about its centre, that features float32[k, w] belong to the group."""
        raw = np.asarray(self._booster.predict(values, raw_score=True, num_threads=1), np.float64)
        return np.clip(raw - self.centre, -FURTHEST, FURTHEST)

    def apply(self, raw: Doubles, values: Floats) -> Doubles:
        """Corrected raw log-odds float64[k]."""
        if not len(raw) or not self.strength:
            return raw
        return _moved(raw, self.given_away(values), self.threshold, self.strength)

    def to_json(self) -> dict[str, float]:
        return {"centre": self.centre, "threshold": self.threshold, "strength": self.strength}


def _moved(raw: Doubles, given_away: Doubles, threshold: float, strength: float) -> Doubles:
    near = np.exp(-(((raw - threshold) / WIDTH) ** 2) / 2)
    return np.asarray(raw - strength * given_away * near, np.float64)


def fit_repair(
    taught: tuple[Floats, Bools], held_out: tuple[Floats, Bools], raw: Doubles, y: npt.NDArray[Any], seed: int
) -> Repair:
    """Fit the proxy on (features, member of the group) of training parties, and the strength on held-out ones.

    `raw` and `y` are the model's log-odds and the outcomes of the held-out parties. Of the strengths whose price in
    AUROC is at most PRICE, the least is taken at which approval among the good differs by at most NARROW; where none
    gets there, the one with the least difference. Raises
    TrainingError where the group or the rest is missing in one of the two sets.
    """
    for name, member in (("training", taught[1]), ("held-out", held_out[1])):
        if member.all() or not member.any():
            raise TrainingError(f"there is nobody of one of the groups among the {name} parties: nothing to repair")
    data = lightgbm.Dataset(taught[0], taught[1].astype(np.float32), params={**PROXY, "seed": seed})
    booster = lightgbm.train({**PROXY, "seed": seed}, data, ROUNDS)
    centre = float(np.median(booster.predict(taught[0], raw_score=True, num_threads=1)))
    repair = Repair(str(booster.model_to_string()), centre, float(np.quantile(raw, APPROVED)), 0.0)
    given_away, good = repair.given_away(held_out[0]), np.asarray(y) == 0
    price = auroc(raw, np.asarray(y)) - PRICE
    found = []
    for strength in STRENGTHS:
        moved = _moved(raw, given_away, repair.threshold, strength)
        if auroc(moved, np.asarray(y)) >= price:
            approved = moved <= np.quantile(moved, APPROVED)
            gap = abs(approved[good & held_out[1]].mean() - approved[good & ~held_out[1]].mean())
            found.append((max(float(gap), NARROW), strength))
    return Repair(repair.proxy, centre, repair.threshold, min(found)[1])

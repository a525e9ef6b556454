"""Fitting a mitigation: the proxy of the group on some training parties, its strength on others."""

from __future__ import annotations

from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, Bools
from gnn.metrics import auroc
from gnn.models.mitigation import APPROVED, Mitigation, decorrelated
from gnn.training.trees import BOOSTED, RISK
from graph.errors import TrainingError

STRENGTHS: Final = tuple(round(0.05 * i, 2) for i in range(11))
PRICE: Final = 0.004  # AUROC on the held-out parties that a repair may cost
NARROW: Final = 0.02  # difference of approval that is narrow enough: below it chance would choose the strength
PROXY_ROUNDS: Final = 120
PROXY_PARAMETERS: Final = {
    **BOOSTED,
    **RISK,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "feature_fraction": 0.3,
    "num_threads": 1,
}


def fit_mitigation(
    taught: tuple[F32, Bools], held_out: tuple[F32, Bools], raw: F64, y: npt.NDArray[Any], seed: int
) -> Mitigation:
    """Fit the proxy on (features, member of the group) of training parties, and the strength on held-out ones.

    `raw` and `y` are the model's log-odds and the outcomes of the held-out parties. Of the strengths whose price in
    AUROC is at most PRICE, the least is taken at which approval among the good differs by at most NARROW; where none
    gets there, the one with the least difference. Raises
    TrainingError where the group or the rest is missing in one of the two sets.
    """
    for name, member in (("training", taught[1]), ("held-out", held_out[1])):
        if member.all() or not member.any():
            raise TrainingError(f"there is nobody of one of the groups among the {name} parties: nothing to repair")
    data = lightgbm.Dataset(taught[0], taught[1].astype(np.float32), params={**PROXY_PARAMETERS, "seed": seed})
    booster = lightgbm.train({**PROXY_PARAMETERS, "seed": seed}, data, PROXY_ROUNDS)
    centre = float(np.median(booster.predict(taught[0], raw_score=True, num_threads=1)))
    repair = Mitigation(str(booster.model_to_string()), centre, float(np.quantile(raw, APPROVED)), 0.0)
    proxy_log_odds, good = repair.proxy_log_odds(held_out[0]), np.asarray(y) == 0
    price = auroc(raw, np.asarray(y)) - PRICE
    found = []
    for strength in STRENGTHS:
        corrected = decorrelated(raw, proxy_log_odds, repair.threshold, strength)
        if auroc(corrected, np.asarray(y)) >= price:
            approved = corrected <= np.quantile(corrected, APPROVED)
            gap = abs(approved[good & held_out[1]].mean() - approved[good & ~held_out[1]].mean())
            found.append((max(float(gap), NARROW), strength))
    return Mitigation(repair.proxy, centre, repair.threshold, min(found)[1])

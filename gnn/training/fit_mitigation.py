"""Fitting a mitigation: the proxy of the group on some training parties, its strength on others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, Bools
from gnn.metrics import auroc
from gnn.models.mitigation import APPROVED, Mitigation, decorrelated
from gnn.models.onnx_learner import OnnxLearner
from gnn.training.export_trees import booster_to_onnx
from gnn.training.trees import BOOSTED, RISK
from graph.errors import TrainingError

STRENGTHS: Final = tuple(round(0.05 * i, 2) for i in range(11))
MAX_AUROC_COST: Final = 0.004  # on the held-out parties
SMALL_GAP: Final = 0.02  # difference of approval that is small enough: below it chance would choose the strength
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
    train: tuple[F32, Bools], held_out: tuple[F32, Bools], raw: F64, y: npt.NDArray[Any], seed: int
) -> Mitigation:
    """A mitigation whose proxy is fitted on (features, member of the group) of training parties.

    Its strength is chosen on held-out parties, of whom `raw` are the model's log-odds and `y` the outcomes: of the
    strengths that cost at most MAX_AUROC_COST, the least at which approval among the good differs by at most SMALL_GAP;
    where none gets there, the one with the least difference.

    Raises:
        TrainingError: the group or the rest is missing in one of the two sets.
    """
    for name, member in (("training", train[1]), ("held-out", held_out[1])):
        if member.all() or not member.any():
            raise TrainingError(f"there is nobody of one of the groups among the {name} parties: nothing to mitigate")
    parameters = {**PROXY_PARAMETERS, "seed": seed}
    data = lightgbm.Dataset(train[0], train[1].astype(np.float32), params=parameters)
    booster = lightgbm.train(parameters, data, PROXY_ROUNDS)
    proxy = OnnxLearner(booster_to_onnx(booster, train[0].shape[1]))
    mitigation = Mitigation(proxy, float(np.median(proxy.output(train[0]))), float(np.quantile(raw, APPROVED)), 0.0)
    proxy_log_odds, good = mitigation.proxy_log_odds(held_out[0]), np.asarray(y) == 0
    least_auroc = auroc(raw, np.asarray(y)) - MAX_AUROC_COST
    found = []
    for strength in STRENGTHS:
        corrected = decorrelated(raw, proxy_log_odds, mitigation.threshold, strength)
        if auroc(corrected, np.asarray(y)) >= least_auroc:
            approved = corrected <= np.quantile(corrected, APPROVED)
            gap = abs(approved[good & held_out[1]].mean() - approved[good & ~held_out[1]].mean())
            found.append((max(float(gap), SMALL_GAP), strength))
    return replace(mitigation, strength=min(found)[1])

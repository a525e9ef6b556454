"""The pair model: whether a would trust b, and how much, from what both and others have said.

Two heads of boosted trees read the features of `pair_features` and `pair_links`: one gives the probability of a
positive rating, calibrated on ratings that no tree has seen, the other the weight of a rating in -1..1.

`gnn.training.fit_trust` fits both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import lightgbm
import numpy as np

from gnn.arrays import F32, F64
from gnn.features import pair_links
from gnn.features.pair_features import NAMES
from gnn.models.calibration import Calibration
from graph.errors import ModelError

MANY_ROWS: Final = 50_000  # below this more threads cost more than they bring
SIGN_TREES: Final = "trust_sign.txt"
WEIGHT_TREES: Final = "trust_weight.txt"
COLUMNS: Final = (*NAMES, *pair_links.NAMES)


@dataclass(frozen=True)
class SignModel:
    """Trees in LightGBM's text, the calibration of their log-odds, and the probability from which F1 calls it trust."""

    trees: str
    calibration: Calibration
    threshold: float
    metrics: Mapping[str, float]

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.trees)

    def probability(self, values: F32) -> F64:
        """Probability float64[k] that the rating is positive, from features float32[k, w]."""
        return self.calibration.probability(predict(self._booster, values))


@dataclass(frozen=True)
class WeightModel:
    """Trees in LightGBM's text."""

    trees: str
    metrics: Mapping[str, float]

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.trees)

    def weight(self, values: F32) -> F64:
        """Expected weight float64[k] in -1..1 of the rating, from features float32[k, w]."""
        return np.asarray(np.clip(predict(self._booster, values), -1, 1), np.float64)


@dataclass(frozen=True)
class TrustModel:
    """What serves: both heads, taught by undated ratings, since a question about a pair has no time of its own."""

    sign: SignModel
    weight: WeightModel
    ratings: int

    def to_parts(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """A JSON-able description and the files' contents by name."""
        described = {
            "columns": list(COLUMNS),
            "ratings": self.ratings,
            "calibration": self.sign.calibration.to_json(),
            "threshold": self.sign.threshold,
            "sign_metrics": dict(self.sign.metrics),
            "weight_metrics": dict(self.weight.metrics),
        }
        return described, {SIGN_TREES: self.sign.trees.encode(), WEIGHT_TREES: self.weight.trees.encode()}

    @staticmethod
    def from_parts(described: Mapping[str, Any], files: Mapping[str, bytes]) -> TrustModel:
        """The reverse of `to_parts`. Raises ModelError when the feature list is another."""
        if described["columns"] != list(COLUMNS):
            raise ModelError("its pair features are not those of this Kith; train it again with `kith train`")
        calibration = Calibration.from_json(described["calibration"])
        sign_metrics, weight_metrics = dict(described["sign_metrics"]), dict(described["weight_metrics"])
        sign = SignModel(files[SIGN_TREES].decode(), calibration, float(described["threshold"]), sign_metrics)
        return TrustModel(sign, WeightModel(files[WEIGHT_TREES].decode(), weight_metrics), int(described["ratings"]))


def predict(trees: lightgbm.Booster, values: F32) -> F64:
    """Raw outputs float64[k] of boosted trees for features float32[k, w]."""
    if not len(values):
        return np.empty(0)
    threads = 0 if len(values) > MANY_ROWS else 1
    return np.asarray(trees.predict(values, raw_score=True, num_threads=threads), np.float64)

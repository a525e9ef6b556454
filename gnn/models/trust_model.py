"""The pair model: whether a would trust b, and how much, from the ratings and links of both and of others.

Two learners of boosted trees read the features of `pair_features` and `pair_links`: one gives the probability of a
positive rating, calibrated on held-out ratings, the other the expected weight of a rating in -1..1.
`gnn.training.fit_trust` fits both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64
from gnn.features import pair_links
from gnn.features.pair_features import NAMES
from gnn.models.calibration import Calibration
from gnn.models.onnx_learner import OnnxLearner
from graph.errors import ModelError

SIGN_FILE: Final = "trust_sign.onnx"
WEIGHT_FILE: Final = "trust_weight.onnx"
COLUMNS: Final = (*NAMES, *pair_links.NAMES)


@dataclass(frozen=True)
class SignModel:
    """The sign of a rating. threshold: the probability from which a rating is called positive, best by macro-F1."""

    learner: OnnxLearner
    calibration: Calibration
    threshold: float
    metrics: Mapping[str, float]

    def probability(self, values: F32) -> F64:
        """Probability F64[k] that the rating is positive, from features F32[k, w]."""
        return self.calibration.probability(self.learner.output(values))


@dataclass(frozen=True)
class WeightModel:
    """The weight of a rating."""

    learner: OnnxLearner
    metrics: Mapping[str, float]

    def weight(self, values: F32) -> F64:
        """Expected weight F64[k] in -1..1 of the rating, from features F32[k, w]."""
        return np.asarray(np.clip(self.learner.output(values), -1, 1), np.float64)


@dataclass(frozen=True)
class TrustModel:
    """Sign and weight, trained on undated ratings, since a question about a pair has no time of its own."""

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
        return described, {SIGN_FILE: self.sign.learner.onnx, WEIGHT_FILE: self.weight.learner.onnx}

    @staticmethod
    def from_parts(described: Mapping[str, Any], files: Mapping[str, bytes]) -> TrustModel:
        """The model of what `to_parts` gave. Raises ModelError where its pair features are others."""
        if described["columns"] != list(COLUMNS):
            raise ModelError("its pair features are not those of this Kith; train it again with `kith train`")
        calibration = Calibration.from_json(described["calibration"])
        sign_metrics, weight_metrics = dict(described["sign_metrics"]), dict(described["weight_metrics"])
        sign = SignModel(OnnxLearner(files[SIGN_FILE]), calibration, float(described["threshold"]), sign_metrics)
        return TrustModel(sign, WeightModel(OnnxLearner(files[WEIGHT_FILE]), weight_metrics), int(described["ratings"]))

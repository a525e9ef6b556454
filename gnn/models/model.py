"""A trained model: the features it wants, its heads, how much each counts, and the calibration.

It is plain data. onnxruntime runs the heads; neither torch nor anything that could execute code from a file is needed
to answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64
from gnn.features.spec import FeatureSpec
from gnn.models.calibration import Calibration
from gnn.models.mitigation import Mitigation
from gnn.models.onnx_learner import OnnxLearner
from gnn.models.trust_model import TrustModel
from graph.errors import ModelError

BASE_LEARNERS: Final = ("trees", "network", "own")
PROXY_FILE: Final = "proxy.txt"


@dataclass(frozen=True)
class Model:
    """What `gnn.training.train.train` makes and `gnn.models.artifact` keeps.

    heads by the names of HEADS: own reads only the columns of the party's own record. shares: how much
    each counts in the raw log-odds, 0..1, together 1. base_rate is the share of bad outcomes among the parties that
    taught. metrics are of what the members said of parties that they had not seen. repair is a mitigation of unequal
    treatment, where one was switched on; trust the pair model, where there were ratings to teach.
    """

    spec: FeatureSpec
    base_learners: Mapping[str, OnnxLearner]
    shares: Mapping[str, float]
    calibration: Calibration
    base_rate: float
    seed: int
    snapshot: str
    metrics: Mapping[str, float]
    repair: Mitigation | None = None
    trust: TrustModel | None = None

    def learner_log_odds(self, head: str, values: F32) -> F64:
        """Raw log-odds float64[k] of one of HEADS, for features float32[k, spec.width]."""
        return self.base_learners[head].logit(values)

    def logit(self, values: F32) -> F64:
        """Raw log-odds float64[k] of features float32[k, spec.width], repaired, before calibration."""
        said = [share * self.learner_log_odds(head, values) for head, share in self.shares.items() if share]
        raw = np.asarray(sum(said), np.float64)
        return raw if self.repair is None else self.repair.apply(raw, values)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """A JSON-able description and the files' contents by name."""
        described: dict[str, Any] = {
            "spec": self.spec.to_json(),
            "spec_digest": self.spec.digest(),
            "shares": dict(self.shares),
            "calibration": self.calibration.to_json(),
            "base_rate": self.base_rate,
            "seed": self.seed,
            "snapshot": self.snapshot,
            "metrics": dict(self.metrics),
            "repair": None if self.repair is None else self.repair.to_json(),
            "trust": None,
        }
        files = {_file(name): head.onnx for name, head in self.base_learners.items()}
        if self.repair is not None:
            files[PROXY_FILE] = self.repair.proxy.encode()
        if self.trust is not None:
            described["trust"], more = self.trust.to_parts()
            files |= more
        return described, files

    @staticmethod
    def from_parts(described: Mapping[str, Any], files: Mapping[str, bytes]) -> Model:
        """The reverse of `to_parts`. Raises ModelError when the feature list is another."""
        spec = FeatureSpec.from_json(described["spec"])
        if spec.digest() != described["spec_digest"]:
            raise ModelError("its feature list differs from its digest; train it again with `kith train`")
        model = Model(
            spec,
            {head: OnnxLearner(files[_file(head)]) for head in BASE_LEARNERS},
            {head: float(described["shares"][head]) for head in BASE_LEARNERS},
            Calibration.from_json(described["calibration"]),
            float(described["base_rate"]),
            int(described["seed"]),
            str(described["snapshot"]),
            dict(described["metrics"]),
            None if described["repair"] is None else Mitigation(files[PROXY_FILE].decode(), **described["repair"]),
            None if described["trust"] is None else TrustModel.from_parts(described["trust"], files),
        )
        wanted = model.base_learners["trees"].width
        if wanted != spec.width:
            raise ModelError(f"its trees want {wanted} features, its feature list has {spec.width}; train it again")
        return model


def _file(head: str) -> str:
    return f"{head}.onnx"

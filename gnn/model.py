"""A trained model: features it wants, boosted trees, a gated network, how much each counts, and the calibration.

It is plain data. onnxruntime runs the network and LightGBM the trees; neither torch nor anything that could execute
code from a file is needed to answer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
import onnxruntime

from gnn.calibration import Calibration
from gnn.feature_spec import FeatureSpec
from gnn.repair import Repair
from gnn.trust import TrustModel
from graph.errors import ModelError

TREES: Final = "trees.txt"
NETWORK: Final = "network.onnx"
PROXY: Final = "proxy.txt"
BATCH: Final = 64  # rows in one run of the network, always: then a row's bits do not depend on its company


@dataclass(frozen=True)
class Model:
    """What `gnn.training.train` returns and `gnn.artifact` keeps.

    blend is the network's share in the raw log-odds (0 trees alone, 1 network alone). base_rate is the share of bad
    outcomes among the training parties. metrics are those on the parties that chose and calibrated. repair is a
    mitigation of unequal treatment, where one was switched on; trust the pair model, where there were ratings to teach.
    """

    spec: FeatureSpec
    trees: str
    network: bytes
    blend: float
    calibration: Calibration
    base_rate: float
    seed: int
    snapshot: str
    metrics: Mapping[str, float]
    repair: Repair | None = None
    trust: TrustModel | None = None

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.trees)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.network, options, providers=["CPUExecutionProvider"])

    def trees_logit(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Raw log-odds of the trees, float64[k], for features float32[k, spec.width]."""
        if not len(values):
            return np.empty(0)
        threads = os.cpu_count() if len(values) > 10_000 else 1
        return np.asarray(self._booster.predict(values, raw_score=True, num_threads=threads), np.float64)

    def network_logit(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Raw log-odds of the network, float64[k], for features float32[k, spec.width]."""
        out = np.empty(len(values), np.float64)
        block = np.zeros((BATCH, self.spec.width), np.float32)
        for start in range(0, len(values), BATCH):
            rows = values[start : start + BATCH]
            block[: len(rows)] = rows
            out[start : start + len(rows)] = self._session.run(None, {"features": block})[0][: len(rows)]
        return out

    def logit(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Raw log-odds float64[k] of features float32[k, spec.width], repaired, before calibration."""
        raw = self._blended(values)
        return raw if self.repair is None else self.repair.apply(raw, values)

    def _blended(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        if self.blend == 0.0:
            return self.trees_logit(values)
        if self.blend == 1.0:
            return self.network_logit(values)
        return self.blend * self.network_logit(values) + (1 - self.blend) * self.trees_logit(values)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """A JSON-able description and the files' contents by name."""
        described: dict[str, Any] = {
            "spec": self.spec.to_json(),
            "spec_digest": self.spec.digest(),
            "blend": self.blend,
            "calibration": self.calibration.to_json(),
            "base_rate": self.base_rate,
            "seed": self.seed,
            "snapshot": self.snapshot,
            "metrics": dict(self.metrics),
            "repair": None if self.repair is None else self.repair.to_json(),
            "trust": None,
        }
        files = {TREES: self.trees.encode(), NETWORK: self.network}
        if self.repair is not None:
            files[PROXY] = self.repair.proxy.encode()
        if self.trust is not None:
            described["trust"], trees = self.trust.to_parts()
            files |= trees
        return described, files

    @staticmethod
    def from_parts(described: Mapping[str, Any], files: Mapping[str, bytes]) -> Model:
        """The reverse of `to_parts`. Raises ModelError when the feature list is another."""
        spec = FeatureSpec.from_json(described["spec"])
        if spec.digest() != described["spec_digest"]:
            raise ModelError("its feature list differs from its digest; train it again with `kith train`")
        model = Model(
            spec,
            files[TREES].decode(),
            files[NETWORK],
            float(described["blend"]),
            Calibration.from_json(described["calibration"]),
            float(described["base_rate"]),
            int(described["seed"]),
            str(described["snapshot"]),
            dict(described["metrics"]),
            None if described["repair"] is None else Repair(files[PROXY].decode(), **described["repair"]),
            None if described["trust"] is None else TrustModel.from_parts(described["trust"], files),
        )
        wanted = model._booster.num_feature()
        if wanted != spec.width:
            raise ModelError(f"its trees want {wanted} features, its feature list has {spec.width}; train it again")
        return model

"""A trained model: its feature list, base learners, ensemble weights and calibration.

It is plain data. onnxruntime runs the base learners; neither torch nor anything that could execute code from a file is
needed to answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np

from gnn.arrays import F32, F64
from gnn.features.spec import SELF, FeatureSpec
from gnn.models.calibration import Calibration, PriorCorrection
from gnn.models.gated_learner import GatedLearner
from gnn.models.mitigation import Mitigation
from gnn.models.onnx_learner import OnnxLearner
from gnn.models.support import TrainingSupport
from gnn.models.trust_model import TrustModel
from graph.errors import ModelError

NETWORK: Final = "network"
POSITIONS: Final = "positions"  # trees that also read positions; only where there are any
BASE_LEARNERS: Final = ("trees", NETWORK, POSITIONS, SELF)  # the last reads the columns of the party itself alone
PROXY_FILE: Final = "proxy.onnx"


class BaseLearner(Protocol):
    """An ONNX graph with what runs it."""

    @property
    def onnx(self) -> bytes:
        """The graph."""

    @property
    def width(self) -> int:
        """How many features it reads."""

    def output(self, values: F32) -> F64:
        """Raw log-odds F64[k] for features F32[k, width]; a row's bits do not depend on the rows beside it."""


@dataclass(frozen=True)
class Model:
    """A trained model: `gnn.training.train` makes it, `gnn.models.artifact` keeps it.

    base_learners by the names of BASE_LEARNERS, that of positions only where the features have some; ensemble_weights:
    their weights in the raw log-odds, 0..1, together 1.
    base_rate: the share of bad outcomes among the parties it was trained on, or in the population to which its
    probabilities are corrected. metrics: of its out-of-fold predictions.
    mitigation: a correction of unequal opportunity, None without one. trust: the pair model, None where ratings were
    too few. support: where the outcomes lie that it was trained on; None where it was made by hand. horizon_days:
    within how many days of the time of what is read the outcomes open that are foretold, None of a model without dates;
    observed_at: the times of observation, in seconds since 1970.
    """

    spec: FeatureSpec
    base_learners: Mapping[str, BaseLearner]
    ensemble_weights: Mapping[str, float]
    calibration: Calibration
    base_rate: float
    seed: int
    snapshot: str
    metrics: Mapping[str, float]
    mitigation: Mitigation | None = None
    trust: TrustModel | None = None
    support: TrainingSupport | None = None
    horizon_days: int | None = None
    observed_at: tuple[float, ...] = ()

    def learner_log_odds(self, learner: str, values: F32) -> F64:
        """Raw log-odds F64[k] of one of BASE_LEARNERS, for features F32[k, spec.width]."""
        return self.base_learners[learner].output(values)

    def log_odds(self, values: F32) -> F64:
        """Raw log-odds F64[k] of features F32[k, spec.width], mitigated, before calibration."""
        weighted = [
            weight * self.learner_log_odds(name, values) for name, weight in self.ensemble_weights.items() if weight
        ]
        raw = np.asarray(sum(weighted), np.float64)
        return raw if self.mitigation is None else self.mitigation.apply(raw, values)

    def corrected(self, prior: PriorCorrection) -> Model:
        """The model with probabilities of another population; `metrics` stay those of the sample."""
        return replace(self, calibration=self.calibration.corrected(prior), base_rate=prior.population_rate)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """A JSON-able description and the files' contents by name."""
        described: dict[str, Any] = {
            "spec": self.spec.to_json(),
            "spec_digest": self.spec.digest(),
            "ensemble_weights": dict(self.ensemble_weights),
            "calibration": self.calibration.to_json(),
            "base_rate": self.base_rate,
            "seed": self.seed,
            "snapshot": self.snapshot,
            "metrics": dict(self.metrics),
            "mitigation": None if self.mitigation is None else self.mitigation.to_json(),
            "trust": None,
            "support": None if self.support is None else self.support.to_json(),
            "horizon_days": self.horizon_days,
            "observed_at": list(self.observed_at),
        }
        files = {_file(name): learner.onnx for name, learner in self.base_learners.items()}
        files |= {_landmarks(category): basis.content for category, basis in self.spec.bases.items()}
        if self.mitigation is not None:
            files[PROXY_FILE] = self.mitigation.proxy.onnx
        if self.trust is not None:
            described["trust"], more = self.trust.to_parts()
            files |= more
        return described, files

    @staticmethod
    def from_parts(described: Mapping[str, Any], files: Mapping[str, bytes]) -> Model:
        """The reverse of `to_parts`. Raises ModelError when the feature list is another."""
        landmarks = {category: files[_landmarks(category)] for category in described["spec"]["bases"]}
        spec = FeatureSpec.from_json(described["spec"], landmarks)
        if spec.digest() != described["spec_digest"]:
            raise ModelError("its feature list differs from its digest; train it again with `kith train`")
        weights = described["ensemble_weights"]
        names = [name for name in BASE_LEARNERS if name in weights]
        model = Model(
            spec,
            {name: learner(name, files[_file(name)]) for name in names},
            {name: float(weights[name]) for name in names},
            Calibration.from_json(described["calibration"]),
            float(described["base_rate"]),
            int(described["seed"]),
            str(described["snapshot"]),
            dict(described["metrics"]),
            None
            if described["mitigation"] is None
            else Mitigation(OnnxLearner(files[PROXY_FILE]), **described["mitigation"]),
            None if described["trust"] is None else TrustModel.from_parts(described["trust"], files),
            None if described["support"] is None else TrainingSupport.from_json(described["support"]),
            described["horizon_days"],
            tuple(described["observed_at"]),
        )
        wanted = model.base_learners["trees"].width
        if wanted != spec.width:
            raise ModelError(f"its trees want {wanted} features, its feature list has {spec.width}; train it again")
        return model


def learner(name: str, onnx: bytes) -> BaseLearner:
    """The one of BASE_LEARNERS of that name with this graph."""
    return GatedLearner(onnx) if name == NETWORK else OnnxLearner(onnx)


def _landmarks(category: str) -> str:
    return f"landmarks_{category}.bin"


def _file(learner: str) -> str:
    return f"{learner}.onnx"

"""A mitigation of unequal opportunity that reads no group when it scores.

A group may not be used at serving, so thresholds by group are out of the question. What can be used is how much the
features give a group away. A small model of boosted trees, the proxy, gives the log-odds q(x) that a party with these
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
from typing import Final

import numpy as np

from gnn.arrays import F32, F64
from gnn.models.onnx_learner import OnnxLearner

APPROVED: Final = 0.8  # share of parties that are approved
WIDTH: Final = 1.0  # of the correction around the threshold, in log-odds: 72 points of the score
FURTHEST: Final = 3.0  # log-odds of the proxy about its centre that count; so far, raw' always ascends with raw


@dataclass(frozen=True)
class Mitigation:
    """The correction of a model. proxy: the learner of the group; centre: the median of its output."""

    proxy: OnnxLearner
    centre: float
    threshold: float
    strength: float

    def proxy_log_odds(self, values: F32) -> F64:
        """Log-odds float64[k], about its centre, that features float32[k, w] belong to the group."""
        return np.clip(self.proxy.output(values) - self.centre, -FURTHEST, FURTHEST)

    def apply(self, raw: F64, values: F32) -> F64:
        """Corrected raw log-odds float64[k]."""
        if not len(raw) or not self.strength:
            return raw
        return decorrelated(raw, self.proxy_log_odds(values), self.threshold, self.strength)

    def to_json(self) -> dict[str, float]:
        return {"centre": self.centre, "threshold": self.threshold, "strength": self.strength}


def decorrelated(raw: F64, proxy_log_odds: F64, threshold: float, strength: float) -> F64:
    """Raw log-odds float64[k] after the correction of this module."""
    near = np.exp(-(((raw - threshold) / WIDTH) ** 2) / 2)
    return np.asarray(raw - strength * proxy_log_odds * near, np.float64)

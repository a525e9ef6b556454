"""What a correction to the bad rate of a population does to the probabilities of test parties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnn.evaluation.predictions import TestPredictions
from gnn.models.calibration import PriorCorrection


@dataclass(frozen=True, slots=True)
class TestedCorrection:
    """A correction from the bad rate of the sample to that of a population, on test parties; means over the splits.

    mean_probability: of the test parties, bad and good ones weighted as in the population; the population rate, were
    every probability exactly right.
    """

    sample_rate: float
    population_rate: float
    test_rate: float
    shift: float
    mean_probability: float


def tested_correction(predictions: Sequence[TestPredictions], population_rate: float) -> TestedCorrection:
    """The correction on test parties whose probabilities are those at their own rate."""
    rows = []
    for split in predictions:
        prior = split.calibration.prior
        assert prior is not None  # `evaluate_risk` asks for it
        p = PriorCorrection(prior.population_rate, population_rate).probability(split.probability["model"])
        means = [float(p[split.y == outcome].mean()) for outcome in (0, 1)]
        mean = (1 - population_rate) * means[0] + population_rate * means[1]
        shift = PriorCorrection(prior.sample_rate, population_rate).shift
        rows.append((prior.sample_rate, population_rate, prior.population_rate, shift, mean))
    return TestedCorrection(*(float(x) for x in np.mean(rows, axis=0)))

"""A small version of `kith bench accuracy`: floors somewhat under the figures of docs/accuracy.md, on published splits.

Ranking, calibration and sums of explanations, so that a change that harms one of them does not go unseen. A floor is
about one and a half standard errors of the test sample under the figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from gnn.evaluation.evaluate_risk import evaluate_risk
from gnn.evaluation.predictions import TestPredictions
from gnn.explain.explainer import Explainer
from gnn.features.targets import outcomes_as_labels
from gnn.scoring.scorer import NOT_ASSESSED, Scorer
from gnn.scoring.terms import Terms
from gnn.training.splits import published as published_split
from graph.snapshots.snapshot import Snapshot
from loaders.reading.splits import read_splits
from tests.conftest import data_folder
from tests.gnn.networks import published

pytestmark = [pytest.mark.data, pytest.mark.slow]


@dataclass(frozen=True)
class Small:
    """Figures on some splits of one data set, their means; `predictions` are those of the first."""

    snapshot: Snapshot
    figures: Mapping[str, float]
    predictions: TestPredictions

    @staticmethod
    def of(name: str, scratch: Path, *splits: str) -> Small:
        snapshot = published(name)(scratch)
        y = outcomes_as_labels(snapshot)
        roles = read_splits(data_folder(name))
        chosen = [published_split(split, roles[split], snapshot, y, 0) for split in splits]
        report = evaluate_risk(snapshot, y, chosen, 0, name)
        return Small(snapshot, report.model, report.predictions[0])


@pytest.fixture(scope="module")
def tolokers(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return Small.of("tolokers", tmp_path_factory.mktemp("tolokers"), "split_0", "split_1")


def test_workers_are_ranked(tolokers: Small) -> None:
    assert tolokers.figures["auroc"] >= 0.845
    assert tolokers.figures["ap"] >= 0.58
    assert tolokers.figures["brier"] <= 0.125  # predicting the base rate for everybody has 0.170


def test_probabilities_of_workers_are_calibrated(tolokers: Small) -> None:
    """As well as chance lets those be whose every probability is exactly right."""
    assert tolokers.figures["ece"] <= tolokers.figures["ece_chance_p95"]


def test_explanations_of_workers_sum_to_their_scores(tolokers: Small) -> None:
    model, snapshot = tolokers.predictions.model, tolokers.snapshot
    scorer, terms = Scorer.of(model, snapshot), Terms(frozenset(model.spec.categories))
    explainer, explained = Explainer(scorer), 0
    for row in np.random.default_rng(0).permutation(snapshot.n_parties)[:100].tolist():
        answer = scorer.assess(row, terms)
        if answer.level != NOT_ASSESSED:
            found = explainer.attribution(row, terms)
            assert found.base + sum(found.contributions.values()) == pytest.approx(found.logit, abs=1e-6)
            assert answer.probability == pytest.approx(1 / (1 + np.exp(-found.logit)), abs=1e-6)
            explained += 1
    assert explained >= 90


def test_firms_are_ranked(tmp_path: Path) -> None:
    assert Small.of("sme_china", tmp_path, "split_0").figures["auroc"] >= 0.82

"""Findings of a risk report: does the graph help, is the model calibrated, and may the result be an artefact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from scipy.special import ndtri

from gnn.evaluation.curves import by_decile, by_level, falls_beyond_chance, monotone
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.network_reliance import NetworkReliance
from gnn.evaluation.population import TestedCorrection
from gnn.evaluation.predictions import IntervalCoverage, TestPredictions
from gnn.metrics import Estimate

SHIFT_CONFIDENCE: Final = 0.99  # two-sided, of a difference between the bad rates of train and test
MIN_AUROC_LOST: Final = 0.05  # from which one category, or link counts, are asked where they come from
DOMINANT_CATEGORY: Final = 0.5  # share of what the graph adds
DOMINANT_COUNTS: Final = 0.75  # the share that link counts alone bring
MIN_TEST_PARTIES: Final = 100
MIN_TEST_MINORITY: Final = 10  # test parties of the rarer outcome
MIN_OF_LEVEL: Final = 10  # test parties of a level whose rate is told; that of fewer says nothing


def risk_findings(
    predictions: Sequence[TestPredictions],
    metrics: Mapping[str, Mapping[str, Any]],
    differences: Mapping[str, Estimate],
    ablation: Mapping[str, Estimate],
    coverage: IntervalCoverage,
    reliance: NetworkReliance,
    train_rate: float,
    correction: TestedCorrection | None = None,
) -> tuple[Finding, ...]:
    """All findings of a risk report, the most important first. metrics and differences are by model."""
    first = predictions[0]
    test_rate = float(np.mean([split.y.mean() for split in predictions]))
    sizes = len(first.split.fit_rows), len(first.y)
    return (
        *few_test_parties(predictions),
        *graph_gain(differences),
        *dominant_category(ablation, differences),
        *dominant_link_counts(metrics, differences),
        *(base_rate_shift(train_rate, test_rate, *sizes) if correction is None else [corrected(correction)]),
        calibrated_within_chance(metrics["model"]),
        *rates_by_band(first),
        intervals_cover(coverage, metrics["model"]),
        Finding(
            Code.NETWORK_RELIANCE,
            {"network_share": reliance.network_share, "outcome_points": reliance.outcome_points},
        ),
    )


def few_test_parties(predictions: Sequence[TestPredictions]) -> list[Finding]:
    """Whether the test parties of all splits together are too few for reliable figures."""
    _, first_place = np.unique(np.concatenate([split.split.test for split in predictions]), return_index=True)
    y = np.concatenate([split.y for split in predictions])[first_place]
    parties, bad = len(y), int(y.sum())
    if parties >= MIN_TEST_PARTIES and min(bad, parties - bad) >= MIN_TEST_MINORITY:
        return []
    return [Finding(Code.FEW_TEST_PARTIES, {"parties": parties, "bad": bad})]


def graph_gain(differences: Mapping[str, Estimate]) -> list[Finding]:
    """Whether the model is better than the same model without the graph, by the interval of the difference."""
    if "no_graph" not in differences:
        return []
    gain = differences["no_graph"]
    code = Code.GRAPH_HELPS if gain.low > 0 else Code.GRAPH_HURTS if gain.high < 0 else Code.GRAPH_INCONCLUSIVE
    return [Finding(code, gain._asdict())]


def dominant_category(ablation: Mapping[str, Estimate], differences: Mapping[str, Estimate]) -> list[Finding]:
    """The category that brings most of what the graph adds; who has links may be an artefact of collection."""
    if not ablation:
        return []
    category, lost = max(ablation.items(), key=lambda item: item[1].value)
    graph_gain = differences.get("no_graph", lost).value
    if lost.value < MIN_AUROC_LOST or lost.low <= 0 or lost.value < DOMINANT_CATEGORY * graph_gain:
        return []
    return [Finding(Code.DEPENDS_ON_CATEGORY, {"category": category, "auroc_lost": lost.value})]


def dominant_link_counts(
    metrics: Mapping[str, Mapping[str, Any]], differences: Mapping[str, Estimate]
) -> list[Finding]:
    """Whether the number of links of each kind brings nearly all that the graph adds."""
    if not {"no_graph", "link_counts"} <= differences.keys():
        return []
    gain = differences["no_graph"]
    gain_of_counts = metrics["link_counts"]["auroc"] - metrics["no_graph"]["auroc"]
    if gain.value < MIN_AUROC_LOST or gain.low <= 0 or gain_of_counts < DOMINANT_COUNTS * gain.value:
        return []
    return [Finding(Code.DEPENDS_ON_LINK_COUNTS, {"auroc": metrics["link_counts"]["auroc"]})]


def base_rate_shift(train_rate: float, test_rate: float, n_train: int, n_test: int) -> list[Finding]:
    """Whether the bad rates of train and test differ by more than chance explains."""
    if not rates_differ(train_rate, test_rate, n_train, n_test):
        return []
    return [Finding(Code.BASE_RATE_SHIFT, {"train_rate": train_rate, "test_rate": test_rate})]


def corrected(correction: TestedCorrection) -> Finding:
    """Whose bad rate the probabilities have."""
    return Finding(Code.BASE_RATE_CORRECTED, asdict(correction))


def rates_differ(a: float, b: float, n_a: int, n_b: int) -> bool:
    """Whether a pooled two-proportion z-test tells two rates apart, two-sided at SHIFT_CONFIDENCE.

    >>> rates_differ(0.22, 0.24, 1_000, 1_000), rates_differ(0.22, 0.24, 20_000, 20_000)
    (False, True)
    """
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    return bool(abs(a - b) > ndtri(0.5 + SHIFT_CONFIDENCE / 2) * error)


def calibrated_within_chance(metrics: Mapping[str, Any]) -> Finding:
    """Whether the ECE lies within what a perfectly calibrated model would show on a sample of this size."""
    code = Code.CALIBRATED if metrics["ece"] <= metrics["ece_chance_p95"] else Code.MISCALIBRATED
    return Finding(code, {name: metrics[name] for name in ("ece", "ece_chance_p95")})


def rates_by_band(predictions: TestPredictions) -> list[Finding]:
    """Whether observed bad rates rise with the levels of risk, and where they fall beyond chance.

    Levels with fewer than MIN_OF_LEVEL test parties are only named.
    """
    p, y = predictions.probability["model"], predictions.y
    levels, deciles = by_level(p, y), by_decile(p, y)
    told = [level for level in levels if level.parties >= MIN_OF_LEVEL]
    findings = []
    for bins in (levels, deciles):
        if fallen := falls_beyond_chance(bins):
            findings.append(Finding(Code.RATES_FALL, {"bins": fallen}))
        elif bins is levels and len(told) > 1 and monotone(told):
            rates = [{"level": level.name, "rate": level.rate, "parties": level.parties} for level in told]
            few = [level.name for level in levels if level.parties < MIN_OF_LEVEL]
            findings.append(Finding(Code.LEVELS_RISE, {"levels": rates, "few": few}))
    return findings


def intervals_cover(coverage: IntervalCoverage, metrics: Mapping[str, Any]) -> Finding:
    """Whether the intervals cover as many observed rates as chance lets correct ones cover.

    metrics: of the model, whose calibration says whether the probabilities inside the intervals can be relied on.
    """
    code = Code.INTERVALS_COVER if coverage.observed >= coverage.chance_p5 else Code.INTERVALS_MISS
    names = ("nominal", "bins", "observed", "chance_mean")
    calibrated = calibrated_within_chance(metrics).code is Code.CALIBRATED
    return Finding(code, {name: getattr(coverage, name) for name in names} | {"calibrated": calibrated})

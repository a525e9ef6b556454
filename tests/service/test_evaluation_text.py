"""The sentences of an evaluation: one for each finding, with its figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gnn.evaluation.context_transfer import ContextTransfer
from gnn.evaluation.evaluate_trust import SIGN, WEIGHT, trust_findings
from gnn.evaluation.fairness.audit import FairnessAudit, MitigationEffect, ProxyAuroc
from gnn.evaluation.fairness.group_metrics import GroupFigures, GroupMetrics
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.leakage import Leak, Source
from gnn.evaluation.temporal import TemporalSplit
from gnn.metrics import Estimate
from service.evaluation.sentences import SENTENCES, findings_json, text, texts
from tests.gnn.ratings import ratings

A, B = 0, 1
GAIN = {"value": 0.1093, "low": 0.0934, "high": 0.1257}
ECE = {"ece": 0.0165, "ece_chance_p95": 0.023}
OF_TIMES = "against the same model without them; the time of a tested rating counts as known."
NO_LOAN = {
    "what": "links", "name": "LENDS_TO", "side": "in", "present": False, "good": 0, "bad": 35, "others": 185,
}  # fmt: skip
COVERAGE = {"nominal": 0.9, "bins": 15, "observed": 0.72, "chance_mean": 0.66, "calibrated": True}


@pytest.mark.parametrize(
    ("code", "figures", "sentence"),
    [
        (
            Code.FEW_TEST_PARTIES,
            {"parties": 60, "bad": 30},
            "Only 60 parties are tested on, 30 of them bad: too few for reliable figures.",
        ),
        (
            Code.GRAPH_HELPS,
            GAIN,
            "The graph adds +0.1093 AUROC, 95 % interval +0.0934 to +0.1257, against the same model without it.",
        ),
        (
            Code.GRAPH_HURTS,
            {"value": -0.02, "low": -0.03, "high": -0.01},
            "The graph hurts here: -0.0200 AUROC, 95 % interval -0.0300 to -0.0100; use the model without it.",
        ),
        (
            Code.GRAPH_INCONCLUSIVE,
            {"value": 0.001, "low": -0.01, "high": 0.012},
            "The graph adds nothing that can be told from chance: +0.0010 AUROC, 95 % interval -0.0100 to +0.0120.",
        ),
        (
            Code.DEPENDS_ON_CATEGORY,
            {"category": "work", "auroc_lost": 0.1308},
            "The model depends on links of the category work: without them it loses 0.131 AUROC. Which of them a party "
            "has may be an artefact of how the data was collected; if so, this will not hold elsewhere.",
        ),
        (
            Code.DEPENDS_ON_LINK_COUNTS,
            {"auroc": 0.8365},
            "The number of links of each kind brings most of what the graph adds: with the own record these counts "
            "alone reach AUROC 0.8365. Which links a party has may be an artefact of how the data was collected; if "
            "so, this will not hold elsewhere.",
        ),
        (
            Code.BASE_RATE_SHIFT,
            {"train_rate": 0.558, "test_rate": 0.648},
            "The bad rate is 0.558 in train and 0.648 in test, which differ by more than chance explains: no "
            "calibration can hold across that shift.",
        ),
        (
            Code.CALIBRATED,
            ECE,
            "The calibration error is within what chance explains: ECE 0.0165; a perfectly calibrated model would "
            "show up to 0.0230 on this sample (95th percentile).",
        ),
        (
            Code.MISCALIBRATED,
            {"ece": 0.03, "ece_chance_p95": 0.023},
            "The calibration error is more than chance explains: ECE 0.0300; a perfectly calibrated model would show "
            "up to 0.0230 on this sample (95th percentile).",
        ),
        (
            Code.LEVELS_RISE,
            {
                "levels": [
                    {"level": "low", "rate": 0.003, "parties": 867},
                    {"level": "high", "rate": 0.2, "parties": 1200},
                ],
                "few": ["medium"],
            },
            "Observed bad rates rise from level to level: low 0.3 % of 867, high 20.0 % of 1,200. Too few parties to "
            "tell of: medium.",
        ),
        (
            Code.RATES_FALL,
            {"bins": ["decile 3", "decile 7"]},
            "Observed bad rates fall where the score predicts a rise, in decile 3, decile 7.",
        ),
        (
            Code.INTERVALS_COVER,
            COVERAGE,
            "The 90 % intervals hold: the observed bad rate of 72 % of 15 bins lies inside, where chance alone would "
            "leave 66 % inside.",
        ),
        (
            Code.INTERVALS_COVER,
            COVERAGE | {"calibrated": False},
            "The 90 % intervals are wide enough, though the probabilities inside them are off: the observed bad "
            "rate of 72 % of 15 bins lies inside, where chance alone would leave 66 % inside.",
        ),
        (
            Code.INTERVALS_MISS,
            COVERAGE,
            "The 90 % intervals do not hold: the observed bad rate of 72 % of 15 bins lies inside, where chance alone "
            "would leave 66 % inside.",
        ),
        (
            Code.NETWORK_RELIANCE,
            {"network_share": 0.7, "outcome_points": 58.2},
            "70 % of the points of a score come from relationships, the rest from the own record; known outcomes of "
            "other parties move a score by 58 points on average.",
        ),
        (
            Code.UNKNOWN_SPLIT_IDS,
            {"ids": ["ghost"]},
            "Left out: 1 id of the splits is not in the network: ghost.",
        ),
        (
            Code.UNKNOWN_SPLIT_IDS,
            {"ids": ["ghost", "x0", "x1", "x2", "x3", "x4"]},
            "Left out: 6 ids of the splits are not in the network: ghost, x0, x1, x2, x3 and 1 more.",
        ),
        (
            Code.LATE_COUNTS_AS_GOOD,
            {"parties": 34, "late_from": None},
            "Bad is a default or fraud: 34 parties that were late count as good (--late-from DAYS makes the latest "
            "bad).",
        ),
        (
            Code.LATE_COUNTS_AS_GOOD,
            {"parties": 1, "late_from": 90},
            "Bad is a default or fraud, or 90 days late or more: 1 party that was late counts as good.",
        ),
        (
            Code.LATE_LEFT_OUT,
            {"parties": 1},
            "Left out of training and testing: 1 party that was late and has no days_late, so it may be bad or good.",
        ),
        (
            Code.BASE_RATE_CORRECTED,
            {"sample_rate": 0.1286, "population_rate": 0.02, "mean_probability": 0.0274, "test_rate": 0.1284},
            "Probabilities are those of a population of which 2 % are bad, as --base-rate says; of the sample 12.9 % "
            "are. Weighted to that population, the test parties have a mean probability of 2.74 %. Brier, ECE, levels, "
            "deciles and intervals are tested at the rate of the test parties, 12.8 %.",
        ),
        (
            Code.OUTCOMES_OF_SOME_KINDS,
            {"kinds": ["Person"], "without": {"Company": 1200, "Merchant": 3}},
            "Outcomes exist only of Person, of none of the kinds Company (1,200), Merchant (3): what is said of these "
            "rests on other kinds, and each answer about one warns of it.",
        ),
        (
            Code.OUTCOMES_ELSEWHERE,
            {"strata": [{"what": "attribute", "name": "income", "side": "", "present": False, "others": 40}]},
            "No outcome is known of parties without a known income (40): what is said of these rests on others, and "
            "each answer about one warns of it.",
        ),
        (
            Code.OUTCOMES_ONE_SIDED,
            {"strata": [NO_LOAN]},
            "Who has an outcome depends on what it is: of parties without LENDS_TO links received 35 of 35 bad, while "
            "185 have none. The model takes how outcomes were collected for risk, and each answer about one of these "
            "parties warns of it.",
        ),
        (
            Code.OUTCOMES_DRAWN,
            {"good": 700, "bad": 300},
            "700 good and 300 bad outcomes look drawn by outcome: their bad rate is that of the sample, and so are "
            "probabilities. --base-rate P corrects them to a known population.",
        ),
        (
            Code.OUTCOMES_UNDATED,
            {},
            "The outcomes have no dates, so there is no split by time, and nothing shows how the model fares later.",
        ),
        (
            Code.OUTCOMES_PARTLY_DATED,
            {"dated": 8, "outcomes": 10, "min_dated": 0.9},
            "8 of 10 outcomes have a date and a split by time needs 90 %, so there is no split by time, and "
            "nothing shows how the model fares later.",
        ),
        (
            Code.OUTCOMES_TOO_FEW_BY_TIME,
            {"min_per_class": 8},
            "A split by time needs 8 good and 8 bad outcomes on either side, so there is no split by time, and "
            "nothing shows how the model fares later.",
        ),
        (
            Code.GROUPS_TOO_SMALL,
            {"min_size": 30, "groups": ["c"]},
            "Left out, with fewer than 30 test parties: c.",
        ),
        (
            Code.GROUPS_WITH_FEW_GOOD,
            {"min_size": 30, "groups": ["b"]},
            "Left out of equal opportunity, with fewer than 30 good test parties: b.",
        ),
        (
            Code.GROUPS_UNCOMMON,
            {"max_groups": 5, "column": "town", "groups": ["x", "y"]},
            "Left out, beyond the 5 most common of town: x, y.",
        ),
    ],
)
def test_a_finding_is_one_sentence_with_its_figures(code: Code, figures: Mapping[str, Any], sentence: str) -> None:
    assert text(Finding(code, figures)) == sentence


@pytest.mark.parametrize(
    ("auroc", "sentence"),
    [
        (
            0.6741,
            "Later outcomes are told apart otherwise: AUROC 0.6741 on outcomes of the 91 days after what is known, "
            "0.8200 on stratified, -0.1459, more than chance explains. Trust the split by time. Of those outcomes "
            "13.0 % are bad, 16.0 % were foretold, and 14.0 % were bad before.",
        ),
        (
            0.81,
            "The split by time agrees: AUROC 0.8100 on outcomes of the 91 days after what is known, 0.8200 on "
            "stratified, within chance. Of those outcomes 13.0 % are bad, 16.0 % were foretold, and 14.0 % were bad "
            "before.",
        ),
    ],
)
def test_the_temporal_split_in_words(auroc: float, sentence: str) -> None:
    split = TemporalSplit(0.0, 91, True, 60, 20, auroc, 0.03, "stratified", 0.82, 0.03, 0.14, 0.13, 0.16)
    assert text(split.finding()) == sentence


@pytest.mark.parametrize(
    ("gain", "start"),
    [
        (Estimate(0.078, 0.041, 0.115), "What is learnt transfers: "),
        (Estimate(-0.085, -0.125, -0.041), "What is learnt misleads in the other context: "),
        (Estimate(0.01, -0.02, 0.04), "Whether what is learnt transfers cannot be told from chance: "),
    ],
)
def test_transfer_in_words(gain: Estimate, start: str) -> None:
    transfer = ContextTransfer("online", "offline", 300, 0.7, 0.8, 0.6, gain, Estimate(0.058, 0.02, 0.1))
    sentence = text(transfer.finding())
    assert sentence.startswith(
        f"{start}a model trained on online links and tested on offline links gains {gain.value:+.4f}"
    )
    assert sentence.endswith("one trained on offline links +0.0580.")


def metrics(equal_opportunity: Estimate | None) -> GroupMetrics:
    few = equal_opportunity is None
    groups = tuple(
        GroupFigures(name, 100, 15 if few else 80, 0.2, 0.2, approved, None if few else approved, None, 0.01, 0.02)
        for name, approved in (("f", 0.7), ("m", 0.9))
    )
    return GroupMetrics(0.8, groups, Estimate(0.2, 0.1, 0.3), equal_opportunity)


def test_a_fairness_audit_in_words() -> None:
    models = {name: metrics(Estimate(0.15, 0.05, 0.25)) for name in ("model", "no_graph", "mitigated")}
    effect = MitigationEffect("f", 0.2, Estimate(0.001, -0.0003, 0.0023))
    audit = FairnessAudit("sex", models, ProxyAuroc(0.769, 0.7), effect, ())
    assert texts(audit.findings()) == [
        "Groups of sex, 80 % approved: equal opportunity difference 0.150 (95 % interval 0.050 to 0.250) among good "
        "parties, fewest approved: f; demographic parity difference 0.200 (95 % interval 0.100 to 0.300) among all "
        "parties, fewest approved: f.",
        "Without the graph the equal opportunity difference is 0.150 (95 % interval 0.050 to 0.250).",
        "The features predict sex with AUROC 0.769, the own record alone with 0.700 (0.5: not at all).",
        "With the mitigation (for f, strength 0.2) the equal opportunity difference is 0.150 (95 % interval 0.050 to "
        "0.250); it costs 0.0010 (-0.0003 to 0.0023) AUROC.",
    ]


def test_a_fairness_audit_without_enough_good_parties_is_of_demographic_parity() -> None:
    audit = FairnessAudit("sex", dict.fromkeys(("model", "no_graph"), metrics(None)), ProxyAuroc(0.5, 0.5), None, ())
    first, without_graph, _ = texts(audit.findings())
    assert first == (
        "Groups of sex, 80 % approved: demographic parity difference 0.200 (95 % interval 0.100 to 0.300), fewest "
        "approved: f; too few good parties to compare those."
    )
    assert "the demographic parity difference is 0.200" in without_graph


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (Source("column", "days_left"), "the column days_left"),
        (Source("link_count", "PAYS", "given"), "the number of PAYS links given"),
        (Source("link_count", "KNOWS", "both"), "the number of KNOWS links"),
        (Source("link_mean", "RATES", "received", "weight"), "the mean weight of RATES links received"),
        (Source("link_mean", "PAYS", "given", "first"), "the mean first time of PAYS links given"),
        (Source("id_order"), "the order of ids"),
        (Source("id_number"), "the number in an id"),
        (Source("row_order", "outcomes"), "the order of outcomes in the file"),
        (Source("rating_time"), "the time of a rating"),
        (Source("rater_id_number"), "the number in the rater's id"),
        (Source("ratee_id_number"), "the number in the ratee's id"),
    ],
)
def test_a_leak_names_its_source(source: Source, name: str) -> None:
    start = f"Possible leakage: {name} alone predicts the outcome with AUROC 0.970. "
    read, unread = (text(Leak(source, 0.97, read).finding()) for read in (True, False))
    assert read == start + "Leave it out, unless it was surely known before the outcome and not made from it."
    assert unread == start + "No feature reads it, but who was collected, and how, may depend on the outcome."


def test_a_trust_report_in_words() -> None:
    known = ratings((A, B, 1.0, 5.0), (B, A, -0.5, 6.0), (A, B, 0.5, 7.0), (B, A, 1.0, 8.0))
    others = {"no_times": {"auroc": 0.9}, "ratee_mean": {"auroc": 0.8}, "svd": {"auroc": 0.85}}
    assert texts(trust_findings(known, SIGN, {"auroc": 0.92}, others)) == [
        "4 ratings, 25.0 % negative.",
        f"Times improve AUROC by 0.0200, {OF_TIMES}",
        "The model is 0.0700 AUROC better than the best baseline, matrix factorisation.",
    ]


def test_a_lower_error_is_better() -> None:
    known = ratings((A, B, 1.0, 5.0), (B, A, -0.5, 6.0))
    others = {"no_times": {"rmse": 0.2}, "ratee_mean": {"rmse": 0.3}, "svd": {"rmse": 0.25}}
    assert texts(trust_findings(known, WEIGHT, {"rmse": 0.26}, others))[1:] == [
        f"Times worsen RMSE by 0.0600, {OF_TIMES}",
        "The model is 0.0100 RMSE worse than the best baseline, matrix factorisation.",
    ]


def test_ratings_without_signs_or_times_are_told_as_such() -> None:
    known = replace(ratings((A, B, 1.0), (B, A, 0.5)), of_oneself=3)
    assert texts(trust_findings(known, WEIGHT, {"rmse": 0.26}, {})) == [
        "2 ratings.",
        "None of the ratings is negative: they tell more trust from less, not from distrust.",
        "The ratings have no times, so nothing shows how predictions hold later.",
        "Left out: 3 ratings of a party by itself.",
    ]


def test_every_code_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Code)


def test_a_finding_as_json_has_its_code_its_sentence_and_its_figures() -> None:
    (value,) = json.loads(json.dumps(findings_json([Finding(Code.FEW_TEST_PARTIES, {"parties": 60, "bad": 30})])))
    assert value == {
        "code": "few_test_parties",
        "text": "Only 60 parties are tested on, 30 of them bad: too few for reliable figures.",
        "figures": {"parties": 60, "bad": 30},
    }

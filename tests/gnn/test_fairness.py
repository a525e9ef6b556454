"""Group metrics, the proxy AUROC, and a mitigation that narrows the difference without reading anybody's group."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    equal_opportunity_difference,
    selection_rate,
    true_positive_rate,
)
from scipy.special import expit

from gnn.evaluation.fairness.audit import check_groups, group_auroc
from gnn.evaluation.fairness.group_metrics import excluded_groups, group_metrics
from gnn.evaluation.fairness.groups import Groups, groups_of, protected_groups
from gnn.evaluation.findings import Code, Finding
from gnn.metrics import auroc
from gnn.models import artifact
from gnn.models.mitigation import APPROVED, FURTHEST, decorrelated
from gnn.training.fit_mitigation import MAX_AUROC_COST, STRENGTHS, fit_mitigation
from gnn.training.splits import Split
from graph.errors import TrainingError, UsageError
from graph.schema import Party
from tests.gnn.networks import Facts, Trained


def test_differences_by_hand() -> None:
    """100 parties a group; the riskiest fifth is refused: 10 of the first group and 30 of the second, all good."""
    low, high = (0.1, 0.2), (0.8, 0.9)
    p = np.concatenate([np.linspace(*ends, n) for ends, n in ((low, 90), (high, 10), (low, 70), (high, 30))])
    code = np.repeat([0, 1], 100)
    y = np.zeros(200)
    y[:2] = y[100:102] = 1  # four bad ones that are approved
    found = group_metrics(p, y, code, ("a", "b"), seed=0)
    assert [group.approved for group in found.groups] == [0.9, 0.7]
    assert found.demographic_parity[0] == pytest.approx(0.2)
    assert found.equal_opportunity is not None
    assert found.equal_opportunity[0] == pytest.approx(88 / 98 - 68 / 98)
    start, end = found.equal_opportunity[1:]
    assert 0 < start < found.equal_opportunity[0] < end


@pytest.mark.parametrize("seed", range(5))
def test_group_metrics_are_those_of_fairlearn(seed: int) -> None:
    """Fairlearn's positive prediction is approval, its positive label a good outcome."""
    random = np.random.default_rng(seed)
    code = random.integers(0, 4, 800)
    p = random.random(800) * (0.6 + 0.1 * code)
    y = (random.random(800) < p).astype(float)
    found = group_metrics(p, y, code, tuple("abcd"), seed=0)
    approved = p <= np.quantile(p, APPROVED)
    given = {"y_true": y == 0, "y_pred": approved, "sensitive_features": code}
    frame = MetricFrame(metrics={"approved": selection_rate, "approved_good": true_positive_rate}, **given).by_group
    assert [group.approved for group in found.groups] == pytest.approx(frame["approved"].tolist())
    assert [group.approved_good for group in found.groups] == pytest.approx(frame["approved_good"].tolist())
    assert found.demographic_parity.value == pytest.approx(demographic_parity_difference(**given))
    assert found.equal_opportunity is not None
    assert found.equal_opportunity.value == pytest.approx(equal_opportunity_difference(**given))


def test_a_group_that_is_nearly_all_refused_counts_although_few_of_it_are_good() -> None:
    """The 40 parties of c are refused, 4 of them good; a and b are all good and approved."""
    p = np.concatenate([np.linspace(0.1, 0.2, 160), np.full(40, 0.9)])
    y = np.concatenate([np.zeros(164), np.ones(36)])
    code = np.repeat([0, 1, 2], [80, 80, 40])
    found = group_metrics(p, y, code, ("a", "b", "c"), seed=0)
    *_, c = found.groups
    assert (c.name, c.parties, c.good, c.approved) == ("c", 40, 4, 0)
    assert c.approved_good is None and c.auroc is None
    assert found.demographic_parity[0] == 1
    assert found.equal_opportunity is not None and found.equal_opportunity[0] == 0  # a and b


def test_without_two_groups_of_good_parties_there_is_no_equal_opportunity() -> None:
    code, y = np.repeat([0, 1], [150, 50]), np.repeat([0.0, 1.0], [155, 45])
    found = group_metrics(np.linspace(0, 1, 200), y, code, ("a", "b"), seed=0)
    assert found.equal_opportunity is None
    assert found.demographic_parity[0] == 1 - 10 / 50


def test_excluded_groups_are_named_with_the_reason() -> None:
    groups = Groups("town", ("a", "b", "c"), np.repeat([0, 1, 2, -1], [60, 40, 5, 9]), ("x", "y"))
    y = np.zeros(len(groups.code))
    y[60:90] = 1
    assert excluded_groups(groups, groups.code, y) == [
        Finding(Code.GROUPS_TOO_SMALL, {"min_size": 30, "groups": ["c"]}),
        Finding(Code.GROUPS_WITH_FEW_GOOD, {"min_size": 30, "groups": ["b"]}),
        Finding(Code.GROUPS_UNCOMMON, {"max_groups": 5, "column": "town", "groups": ["x", "y"]}),
    ]
    assert excluded_groups(Groups("sex", ("f", "m"), code := np.repeat([0, 1], 40)), code, np.zeros(80)) == []


@pytest.mark.parametrize(
    ("bad", "mitigate", "refused"),
    [(0, False, None), (25, False, None), (0, True, None), (25, True, "30 good test parties")],
)
def test_groups_with_few_good_parties_are_compared_but_not_mitigated(
    bad: int, mitigate: bool, refused: str | None
) -> None:
    """Two groups of 80, of which 40 of each are tested on."""
    code, y = np.repeat([0, 1], 80), np.zeros(160, np.float32)
    y[80 : 80 + bad] = 1
    test = np.r_[0:40, 80:120]
    split = Split("", np.setdiff1d(np.arange(160), test), np.empty(0, np.int64), test)
    with nullcontext() if refused is None else pytest.raises(UsageError, match=refused):
        check_groups(Groups("sex", ("f", "m"), code), y, split, mitigate)


def test_groups_that_differ_by_chance_have_an_interval_that_reaches_zero() -> None:
    random = np.random.default_rng(0)
    p, code = random.random(600), random.integers(0, 2, 600)
    found = group_metrics(p, np.zeros(600), code, ("a", "b"), seed=0).equal_opportunity
    assert found is not None
    value, low, high = found
    assert low < 0 < value < high


def test_too_small_groups_are_not_compared() -> None:
    code = np.repeat([0, 1], [190, 10])
    with pytest.raises(UsageError, match="too few to compare"):
        group_metrics(np.linspace(0, 1, 200), np.zeros(200), code, ("a", "b"), seed=0)


def test_groups_are_values_quartiles_or_the_two_sides_of_a_threshold(tmp_path: Path) -> None:
    people = [
        Party(
            f"p{i:02}", "Person", attributes={"age": 20.0 + i, "sex": "fm"[i % 2], "adult": float(i > 3), "town": town}
        )
        for i, town in enumerate("aabbccddeeffggha")
    ]
    snapshot = Facts([*people, Party("z", "Person")]).snapshot(tmp_path / "s")
    by_sex = groups_of(snapshot, "sex")
    assert set(by_sex.names) == {"f", "m"} and by_sex.code[-1] == -1
    assert by_sex.names[by_sex.code[0]] == "f"
    assert by_sex.uncommon == ()
    assert groups_of(snapshot, "adult").names == ("adult = 0", "adult = 1")
    assert len(groups_of(snapshot, "age").names) == 4
    by_town = groups_of(snapshot, "town")
    assert set(by_town.names) == set("abcde") and by_town.uncommon == ("f", "g", "h")
    assert (by_town.code[10:15] == -1).all()
    young = groups_of(snapshot, "age<=25")
    assert young.names == ("age <= 25", "age > 25")
    assert np.bincount(young.code[young.code >= 0]).tolist() == [6, 10]
    with pytest.raises(UsageError, match=r"no column 'height'.*adult, age, sex, town"):
        groups_of(snapshot, "height")
    with pytest.raises(UsageError, match="two groups"):
        groups_of(snapshot, "age<=99")


def test_a_mitigation_is_for_groups_of_a_protected_column_only(tmp_path: Path) -> None:
    people = [Party(f"p{i}", "Person", attributes={"age": 20.0 + i, "income": float(i % 2)}) for i in range(8)]
    snapshot = Facts(people).snapshot(tmp_path / "s")
    assert protected_groups(snapshot, "age<=23").names == ("age <= 23", "age > 23")
    with pytest.raises(UsageError, match=r"'income' is not protected.*protected = \[\"income\"\]"):
        protected_groups(snapshot, "income")


def test_a_group_that_features_reveal_is_predicted() -> None:
    random = np.random.default_rng(0)
    code = random.integers(0, 2, 600)
    noise = random.normal(size=(600, 3)).astype(np.float32)
    assert abs(group_auroc(noise, code, seed=0) - 0.5) < 0.1
    revealing = np.column_stack([noise, code + 0.1 * random.normal(size=600)]).astype(np.float32)
    assert group_auroc(revealing, code, seed=0) > 0.99


def unequal(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(features, group, raw, y): the model holds against parties what only says which group they are of."""
    random = np.random.default_rng(seed)
    member = random.random(n) < 0.2
    risk = random.normal(-1, 1.3, n)
    hint = 1.5 * member + random.normal(size=n)
    y = (random.random(n) < expit(risk)).astype(float)
    return np.column_stack([risk, hint]).astype(np.float32), member, risk + 0.5 * hint, y


def gap(raw: np.ndarray, member: np.ndarray, y: np.ndarray) -> float:
    approved = raw <= np.quantile(raw, APPROVED)
    return abs(float(approved[member & (y == 0)].mean() - approved[~member & (y == 0)].mean()))


def test_a_mitigation_narrows_the_difference_on_held_out_parties() -> None:
    taught, held_out, fresh = (unequal(6000, seed) for seed in (1, 2, 3))
    repair = fit_mitigation(taught[:2], held_out[:2], *held_out[2:], seed=0)
    x, member, raw, y = fresh
    repaired = repair.apply(raw, x)
    assert gap(raw, member, y) > 0.12
    assert gap(repaired, member, y) < 0.6 * gap(raw, member, y)
    assert auroc(repaired, y) > auroc(raw, y) - MAX_AUROC_COST - 0.005


def test_a_mitigation_keeps_the_order_of_parties_that_differ_by_their_risk_alone() -> None:
    raw = np.linspace(-6, 6, 2001)
    for proxy_log_odds in (-FURTHEST, FURTHEST):
        assert (np.diff(decorrelated(raw, np.full(2001, proxy_log_odds), 0.3, STRENGTHS[-1])) > 0).all()


def test_a_missing_group_cannot_be_mitigated() -> None:
    x, member, raw, y = unequal(200, 0)
    with pytest.raises(TrainingError, match="nothing to mitigate"):
        fit_mitigation((x, np.zeros_like(member)), (x, member), raw, y, seed=0)


def test_a_mitigated_model_is_saved_and_loaded_with_the_same_bits(trained: Trained, tmp_path: Path) -> None:
    model = trained.model
    random = np.random.default_rng(0)
    values = random.normal(size=(400, model.spec.width)).astype(np.float32)
    member = values[:, 0] > 0.5
    y = (random.random(400) < 0.3).astype(float)
    repair = replace(
        fit_mitigation((values, member), (values, member), model.log_odds(values), y, seed=0), strength=0.3
    )
    repaired = replace(model, mitigation=repair)
    assert (repaired.log_odds(values) != model.log_odds(values)).any()
    artifact.save(repaired, tmp_path / "m")
    again = artifact.load(tmp_path / "m")
    assert again.log_odds(values).tobytes() == repaired.log_odds(values).tobytes()

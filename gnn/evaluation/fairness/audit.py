"""The fairness audit: group metrics with and without the graph and after mitigation, and the proxy AUROC.

The groups are those of a protected column, which no feature may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

from gnn.arrays import F32
from gnn.evaluation.fairness.group_metrics import GroupMetrics, comparable_groups, excluded_groups, group_metrics
from gnn.evaluation.fairness.groups import Groups, groups_of
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.network_reliance import own_columns
from gnn.evaluation.predictions import TestPredictions, predict
from gnn.features.featurizer import LabelFreeFeatures, compute_label_free
from gnn.metrics import Estimate, auroc, auroc_difference, metrics
from gnn.models.calibration import PriorCorrection
from gnn.models.mitigation import APPROVED
from gnn.models.model import Model
from gnn.training.fit_calibration import fit_calibration
from gnn.training.fit_mitigation import PROXY_PARAMETERS, PROXY_ROUNDS, fit_mitigation
from gnn.training.splits import Split
from gnn.training.train import TrainingConfig, TrainingResult, train
from graph.snapshots.snapshot import Snapshot

PROXY_FOLDS: Final = 3
HOLD_OUT_EVERY: Final = 3  # every third training party chooses the strength of a mitigation


@dataclass(frozen=True, slots=True)
class MitigationEffect:
    """The group that a mitigation is for, its strength, and the AUROC that it costs."""

    group: str
    strength: float
    auroc_cost: Estimate


@dataclass(frozen=True, slots=True)
class ProxyAuroc:
    """AUROC 0.5..1 with which features predict the group: of all features, and of the own record alone."""

    all_features: float
    own_record: float


@dataclass(frozen=True, slots=True)
class FairnessAudit:
    """Group metrics by model (`model`, `no_graph` and, where it was asked for, `mitigated`), and what else was found.

    excluded: the groups that are not compared, and why.
    """

    column: str
    models: Mapping[str, GroupMetrics]
    proxy_auroc: ProxyAuroc
    mitigation: MitigationEffect | None
    excluded: tuple[Finding, ...]

    def findings(self) -> tuple[Finding, ...]:
        """How far the groups differ, with and without the graph and after mitigation, and who is left out."""
        found = [
            Finding(
                Code.GROUP_DIFFERENCE,
                {"column": self.column, "approved": APPROVED, **_group_difference(self.models["model"])},
            ),
            Finding(Code.GROUP_DIFFERENCE_WITHOUT_GRAPH, _main_difference(self.models["no_graph"])),
            Finding(Code.GROUP_PROXY, {"column": self.column, **asdict(self.proxy_auroc)}),
        ]
        if self.mitigation is not None:
            effect = {
                "group": self.mitigation.group,
                "strength": self.mitigation.strength,
                "auroc_cost": self.mitigation.auroc_cost._asdict(),
                **_main_difference(self.models["mitigated"]),
            }
            found.append(Finding(Code.GROUP_DIFFERENCE_MITIGATED, effect))
        return (*found, *self.excluded)

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        del value["excluded"]
        return value


def check_groups(groups: Groups, y: F32, split: Split, mitigate: bool) -> None:
    """Raises UsageError where a split has too few parties of the groups; to be called before training.

    A mitigation is of equal opportunity, so it needs good parties of two groups both in train and in test.
    """
    comparable_groups(groups.code[split.test], "test parties")
    if mitigate:
        for name, rows in (("test", split.test), ("training", split.fit_rows)):
            comparable_groups(groups.code[rows][y[rows] == 0], f"good {name} parties")


def audit(
    snapshot: Snapshot,
    y: F32,
    predictions: TestPredictions,
    grouping: str,
    seed: int,
    mitigate: bool = False,
    label_free: LabelFreeFeatures | None = None,
) -> FairnessAudit:
    """The fairness audit of one split's test parties by a grouping (`groups_of`)."""
    groups, split, y_test = groups_of(snapshot, grouping), predictions.split, predictions.y
    label_free = (
        compute_label_free(predictions.model.spec, snapshot, np.flatnonzero(~np.isnan(y)))
        if label_free is None
        else label_free
    )
    no_graph = predictions.probability.get("no_graph")
    if no_graph is None:
        no_graph_config, selection = TrainingConfig(categories=frozenset()), split.selection_rows
        trained = train(snapshot, y, split.fit_rows, seed, None, no_graph_config, selection_rows=selection)
        no_graph = predict(trained, snapshot, y, split, None).probability["model"]
    probability = {"model": predictions.probability["model"], "no_graph": no_graph}
    effect = None
    if mitigate:
        model, group, strength = mitigated(predictions.trained, groups, seed)
        after = predict(replace(predictions.trained, model=model), snapshot, y, split, label_free)
        probability["mitigated"] = after.probability["model"]
        cost = auroc_difference(probability["model"], probability["mitigated"], y_test, seed)
        effect = MitigationEffect(group, strength, cost)
    code = groups.code[split.test]
    return FairnessAudit(
        column=grouping,
        models={name: group_metrics(p, y_test, code, groups.names, seed) for name, p in probability.items()},
        proxy_auroc=_proxy_auroc(predictions, code, seed),
        mitigation=effect,
        excluded=tuple(excluded_groups(groups, code, y_test)),
    )


def mitigated(trained: TrainingResult, groups: Groups, seed: int) -> tuple[Model, str, float]:
    """(model with a mitigation and a new calibration, the group it is for, its strength); see `gnn.models.mitigation`.

    The group is the one whose good parties are refused most. Every third training party chooses the strength and
    calibrates, by the log-odds of ensemble members that have not seen its outcome; the others fit the proxy.
    """
    code, outcomes = groups.code[trained.rows], np.asarray(trained.y, np.float64)
    chosen = np.arange(len(code)) % HOLD_OUT_EVERY == 0
    fitted, held_out = np.flatnonzero(~chosen & (code >= 0)), np.flatnonzero(chosen & (code >= 0))
    raw, held_out_y = trained.oof_log_odds[held_out], outcomes[held_out]
    refused = raw > np.quantile(raw, APPROVED)
    compared = comparable_groups(code[held_out][held_out_y == 0], "good training parties")
    refused_share = {group: refused[(code[held_out] == group) & (held_out_y == 0)].mean() for group in compared}
    worst = max(refused_share, key=lambda group: (refused_share[group], group))
    member, values = code == worst, trained.values
    mitigation = fit_mitigation(
        (values[fitted], member[fitted]), (values[held_out], member[held_out]), raw, held_out_y, seed
    )
    corrected = mitigation.apply(trained.oof_log_odds[chosen], values[chosen])
    calibration = fit_calibration(corrected, outcomes[chosen])
    figures = metrics(calibration.probability(corrected), outcomes[chosen], seed)
    prior = trained.model.calibration.prior
    if prior is not None:
        sample_rate = float(np.mean(np.sort(outcomes[chosen])))
        calibration = calibration.corrected(PriorCorrection(sample_rate, prior.population_rate))
    model = replace(trained.model, mitigation=mitigation, calibration=calibration, metrics=figures)
    return model, groups.names[worst], mitigation.strength


def _proxy_auroc(predictions: TestPredictions, code: npt.NDArray[np.int64], seed: int) -> ProxyAuroc:
    values = predictions.values
    own_record = np.full_like(values, np.nan)
    columns = own_columns(predictions.model.spec)
    own_record[:, columns] = values[:, columns]
    return ProxyAuroc(group_auroc(values, code, seed), group_auroc(own_record, code, seed))


def group_auroc(values: F32, code: npt.NDArray[np.int64], seed: int) -> float:
    """Cross-validated AUROC with which boosted trees predict the group code int64[k] from features float32[k, w].

    It is the mean over the groups of one against the rest; 0.5 where no group has PROXY_FOLDS parties in and out.
    """
    known = code >= 0
    x, group, parameters = values[known], code[known], {**PROXY_PARAMETERS, "seed": seed}
    groups = np.unique(group)
    aurocs = []
    for target in groups[:1] if len(groups) == 2 else groups:
        member = group == target
        if min(member.sum(), (~member).sum()) < PROXY_FOLDS:
            continue
        score = np.zeros(len(member))
        for train_rows, test_rows in StratifiedKFold(PROXY_FOLDS, shuffle=True, random_state=seed).split(x, member):
            data = lightgbm.Dataset(x[train_rows], member[train_rows].astype(np.float32), params=parameters)
            booster = lightgbm.train(parameters, data, PROXY_ROUNDS)
            score[test_rows] = booster.predict(x[test_rows], num_threads=1)
        aurocs.append(auroc(score, member.astype(np.float64)))
    return float(np.mean(aurocs)) if aurocs else 0.5


def _main_difference(metrics: GroupMetrics) -> dict[str, Any]:
    """The equal opportunity difference; the demographic parity difference where it is not known."""
    if metrics.equal_opportunity is None:
        return {"criterion": "demographic_parity", **metrics.demographic_parity._asdict()}
    return {"criterion": "equal_opportunity", **metrics.equal_opportunity._asdict()}


def _group_difference(metrics: GroupMetrics) -> dict[str, Any]:
    """Both differences, each with the group of which the smallest share is approved."""
    good = {group.name: group.approved_good for group in metrics.groups if group.approved_good is not None}
    opportunity = metrics.equal_opportunity
    return {
        "demographic_parity": metrics.demographic_parity._asdict(),
        "fewest_approved": min(metrics.groups, key=lambda group: group.approved).name,
        "equal_opportunity": None if opportunity is None else opportunity._asdict(),
        "fewest_good_approved": None if opportunity is None else min(good, key=good.__getitem__),
    }

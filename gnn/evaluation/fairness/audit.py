"""Whether groups are treated alike: by a protected column that no feature may read.

All figures are of judged parties; `gnn.evaluation.fairness.group_metrics` has what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

from gnn.arrays import F32 as Floats
from gnn.evaluation.fairness.group_metrics import GroupMetrics, Interval, at_least_two, group_metrics, left_out
from gnn.evaluation.fairness.groups import Groups, groups_of
from gnn.evaluation.network_reliance import own_columns
from gnn.evaluation.predictions import TestPredictions, predict
from gnn.features.featurizer import LabelFreeFeatures, compute_label_free
from gnn.metrics import auroc, auroc_difference, metrics
from gnn.models.mitigation import APPROVED
from gnn.models.model import Model
from gnn.training.fit_calibration import fit_calibration
from gnn.training.fit_mitigation import PROXY_PARAMETERS, PROXY_ROUNDS, fit_mitigation
from gnn.training.splits import Split
from gnn.training.train import TrainingConfig, TrainingResult, train
from graph.snapshots.snapshot import Snapshot

FOLDS: Final = 3


@dataclass(frozen=True, slots=True)
class MitigationEffect:
    """What the repair did: for whom, how strongly, and the AUROC that it costs (value, low, high)."""

    group: str
    strength: float
    price: Interval


@dataclass(frozen=True, slots=True)
class Fairness:
    """models: `model`, `no_graph` and, when switched on, `mitigated`. proxy: AUROC with which features guess the group.

    proxy is 0.5 where the features say nothing of the group, 1 where they give it away.
    """

    column: str
    models: Mapping[str, GroupMetrics]
    proxy: Mapping[str, float]
    mitigation: MitigationEffect | None
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check_groups(groups: Groups, y: Floats, split: Split, mitigate: bool) -> None:
    """Raises UsageError where a split has too few parties of the groups; to be asked before training.

    A mitigation is of equal opportunity, so it needs good ones, both to learn from and to judge by.
    """
    at_least_two(groups.code[split.test], "judged parties")
    for name, rows in (("judged", split.test), ("taught", split.fit_rows)) if mitigate else ():
        at_least_two(groups.code[rows][y[rows] == 0], f"good parties among the {name} ones")


def audit(
    snapshot: Snapshot,
    y: Floats,
    one: TestPredictions,
    asked: str,
    seed: int,
    mitigate: bool = False,
    static: LabelFreeFeatures | None = None,
) -> Fairness:
    """Compare the groups of a protected column on one split's judged parties, with and without the graph."""
    groups = groups_of(snapshot, asked)
    static = compute_label_free(one.model.spec, snapshot) if static is None else static
    plain = one.probability.get("no_graph")
    if plain is None:
        trained = train(snapshot, y, one.split.fit_rows, seed, None, TrainingConfig(categories=frozenset()))
        plain = predict(trained, snapshot, y, one.split, None).probability["model"]
    code = groups.code[one.split.test]
    said = {"model": one.probability["model"], "no_graph": plain}
    mitigation = None
    if mitigate:
        repaired, group, strength = mitigated(one.trained, y, groups, seed)
        told = predict(replace(one.trained, model=repaired), snapshot, y, one.split, static)
        said["mitigated"] = told.probability["model"]
        price = auroc_difference(said["model"], said["mitigated"], one.y, seed)
        mitigation = MitigationEffect(group, strength, price)
    models = {name: group_metrics(p, one.y, code, groups.names, seed) for name, p in said.items()}
    own = np.setdiff1d(np.arange(one.values.shape[1]), own_columns(one.model.spec))
    without = one.values.copy()
    without[:, own] = np.nan
    proxy = {"all features": guessed(one.values, code, seed), "own record": guessed(without, code, seed)}
    words = (*_words(asked, models, proxy, mitigation), *left_out(groups, code, one.y))
    return Fairness(asked, models, proxy, mitigation, words)


def mitigated(trained: TrainingResult, y: Floats, groups: Groups, seed: int) -> tuple[Model, str, float]:
    """(model with a repair, the group it is for, its strength); it is calibrated anew. See `gnn.models.mitigation`.

    Of the parties that taught, every third chooses the strength and calibrates; the others teach the proxy. What the
    model says of them was said by members that have not seen their outcomes.
    """
    code, target = groups.code[trained.rows], np.asarray(y[trained.rows], np.float64)
    chooses = np.arange(len(code)) % 3 == 0
    taught, held_out = np.flatnonzero(~chooses & (code >= 0)), np.flatnonzero(chooses & (code >= 0))
    raw, outcome = trained.oof_log_odds[held_out], target[held_out]
    refused = raw > np.quantile(raw, APPROVED)
    compared = at_least_two(code[held_out][outcome == 0], "good parties among the taught ones")
    share = {one: refused[(code[held_out] == one) & (outcome == 0)].mean() for one in compared}
    worst = max(share, key=lambda one: (share[one], one))
    member, values = code == worst, trained.values
    repair = fit_mitigation((values[taught], member[taught]), (values[held_out], member[held_out]), raw, outcome, seed)
    moved = repair.apply(trained.oof_log_odds[chooses], values[chooses])
    calibration = fit_calibration(moved, target[chooses])
    figures = metrics(calibration.probability(moved), target[chooses], seed)
    repaired = replace(trained.model, mitigation=repair, calibration=calibration, metrics=figures)
    return repaired, groups.names[worst], repair.strength


def guessed(values: Floats, code: npt.NDArray[np.int64], seed: int) -> float:
    """AUROC with which boosted trees guess the group of a party from its features, cross-validated.

    Mean over the groups of one against the rest.
    """
    known = code >= 0
    x, group, parameters = values[known], code[known], {**PROXY_PARAMETERS, "seed": seed}
    found = []
    for one in np.unique(group):
        member = group == one
        if min(member.sum(), (~member).sum()) < FOLDS:
            continue
        said = np.zeros(len(member))
        for rest, left in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, member):
            data = lightgbm.Dataset(x[rest], member[rest].astype(np.float32), params=parameters)
            said[left] = lightgbm.train(parameters, data, PROXY_ROUNDS).predict(x[left], num_threads=1)
        found.append(auroc(said, member.astype(np.float64)))
        if len(np.unique(group)) == 2:
            break
    return float(np.mean(found)) if found else 0.5


def _words(
    asked: str, models: Mapping[str, GroupMetrics], proxy: Mapping[str, float], mitigation: MitigationEffect | None
) -> tuple[str, ...]:
    served, alone = models["model"], models["no_graph"]
    said = [
        f"At {100 * APPROVED:.0f} % approved, {_apart(served, asked)}.",
        f"Without the graph {_told(alone)}.",
        f"The features guess {asked} with AUROC {proxy['all features']:.3f}, the own record alone with "
        f"{proxy['own record']:.3f} (0.5 is blind).",
    ]
    if mitigation is not None:
        price, low, high = mitigation.price
        said.append(
            f"With the mitigation (for {mitigation.group}, strength {mitigation.strength:g}) "
            f"{_told(models['mitigated'])}; it costs {price:.4f} AUROC ({low:.4f} to {high:.4f})."
        )
    return tuple(said)


def _apart(one: GroupMetrics, asked: str) -> str:
    """How far groups are apart, and where the fewest are approved."""
    worst = min(one.groups, key=lambda group: group.approved)
    parity = f"all parties differ by {_interval(one.demographic_parity)}"
    if one.equal_opportunity is None:
        return f"{parity} between groups of {asked}, fewest approved where {worst.name}; too few of them are good"
    good = {group.name: group.approved_good for group in one.groups if group.approved_good is not None}
    return (
        f"{_told(one)} between groups of {asked}, fewest approved where {min(good, key=good.__getitem__)}; {parity}, "
        f"fewest approved where {worst.name}"
    )


def _told(one: GroupMetrics) -> str:
    """The difference among good parties; among all where it is not known."""
    if one.equal_opportunity is None:
        return f"all parties differ by {_interval(one.demographic_parity)}"
    return f"good parties differ by {_interval(one.equal_opportunity)}"


def _interval(found: Interval) -> str:
    return "{:.3f} (95 % interval {:.3f} to {:.3f})".format(*found)

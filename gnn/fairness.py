"""Whether groups are treated alike: by a protected column that no feature may read.

All figures are of judged parties. The riskiest fifth is refused (`APPROVED` = 80 %). Demographic parity compares the
share approved, equal opportunity the share approved among those who turned out good (Hardt et al. 2016); a difference
is the largest less the smallest over the groups. Intervals are 95 %, from bootstrap draws of the judged parties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

from gnn.association import own_columns
from gnn.calibration import fit
from gnn.features import Static, compute_static
from gnn.groups import Groups, groups_of
from gnn.judged import Judged, judge
from gnn.metrics import DRAWS, Doubles, auroc, auroc_difference, ece, ece_by_chance, metrics
from gnn.model import Model
from gnn.neighbourhood import Floats
from gnn.repair import APPROVED, PROXY, ROUNDS, fit_repair
from gnn.splits import Split
from gnn.training import Recipe, Trained, train
from graph.errors import UsageError
from graph.snapshot import Snapshot

FEWEST: Final = 30  # good judged parties of a group, below which it is left out
FOLDS: Final = 3
Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group of judged parties; `said` and `rate` are the mean probability and what happened."""

    name: str
    parties: int
    rate: float
    said: float
    approved: float
    approved_good: float
    auroc: float
    ece: float
    ece_chance_p95: float


@dataclass(frozen=True, slots=True)
class Treatment:
    """How one model treats the groups. Differences are (value, low, high)."""

    auroc: float
    groups: tuple[GroupFigures, ...]
    demographic_parity: Interval
    equal_opportunity: Interval


@dataclass(frozen=True, slots=True)
class Mitigation:
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
    models: Mapping[str, Treatment]
    proxy: Mapping[str, float]
    mitigation: Mitigation | None
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check_groups(groups: Groups, y: Floats, split: Split, mitigate: bool) -> None:
    """Raises UsageError where a split has too few good parties of the groups; to be asked before training."""
    for name, rows in (("judged", split.test), *((("taught", split.taught),) if mitigate else ())):
        _compared(y[rows], groups.code[rows], name)


def audit(
    snapshot: Snapshot,
    y: Floats,
    one: Judged,
    asked: str,
    seed: int,
    mitigate: bool = False,
    static: Static | None = None,
) -> Fairness:
    """Compare the groups of a protected column on one split's judged parties, with and without the graph."""
    groups = groups_of(snapshot, asked)
    static = compute_static(one.model.spec, snapshot) if static is None else static
    plain = one.probability.get("no_graph")
    if plain is None:
        trained = train(snapshot, y, one.split.taught, seed, None, Recipe(categories=frozenset()))
        plain = judge(trained, snapshot, y, one.split, None).probability["model"]
    code = groups.code[one.split.test]
    said = {"model": one.probability["model"], "no_graph": plain}
    mitigation = None
    if mitigate:
        repaired, group, strength = mitigated(one.trained, y, groups, seed)
        told = judge(replace(one.trained, model=repaired), snapshot, y, one.split, static)
        said["mitigated"] = told.probability["model"]
        price = auroc_difference(said["model"], said["mitigated"], one.y, seed)
        mitigation = Mitigation(group, strength, price)
    models = {name: treatment(p, one.y, code, groups.names, seed) for name, p in said.items()}
    own = np.setdiff1d(np.arange(one.values.shape[1]), own_columns(one.model.spec))
    without = one.values.copy()
    without[:, own] = np.nan
    proxy = {"all features": guessed(one.values, code, seed), "own record": guessed(without, code, seed)}
    return Fairness(asked, models, proxy, mitigation, _words(asked, models, proxy, mitigation))


def mitigated(trained: Trained, y: Floats, groups: Groups, seed: int) -> tuple[Model, str, float]:
    """(model with a repair, the group it is for, its strength); it is calibrated anew. See `gnn.repair`.

    Of the parties that taught, every third chooses the strength and calibrates; the others teach the proxy. What the
    model says of them was said by members that have not seen their outcomes.
    """
    code, target = groups.code[trained.rows], np.asarray(y[trained.rows], np.float64)
    chooses = np.arange(len(code)) % 3 == 0
    taught, held_out = np.flatnonzero(~chooses & (code >= 0)), np.flatnonzero(chooses & (code >= 0))
    raw, outcome = trained.raw[held_out], target[held_out]
    refused = raw > np.quantile(raw, APPROVED)
    compared = _compared(outcome, code[held_out], "taught")
    share = {one: refused[(code[held_out] == one) & (outcome == 0)].mean() for one in compared}
    worst = max(share, key=lambda one: (share[one], one))
    member, values = code == worst, trained.values
    repair = fit_repair((values[taught], member[taught]), (values[held_out], member[held_out]), raw, outcome, seed)
    moved = repair.apply(trained.raw[chooses], values[chooses])
    calibration = fit(moved, target[chooses])
    figures = metrics(calibration.probability(moved), target[chooses], seed)
    repaired = replace(trained.model, repair=repair, calibration=calibration, metrics=figures)
    return repaired, groups.names[worst], repair.strength


def _compared(y: npt.NDArray[Any], code: npt.NDArray[np.int64], name: str = "judged") -> list[int]:
    """Groups with enough good parties to be compared. Raises UsageError where fewer than two are left."""
    found = [int(one) for one in np.unique(code[code >= 0]) if ((code == one) & (y == 0)).sum() >= FEWEST]
    if len(found) < 2:
        raise UsageError(f"fewer than two groups have {FEWEST} good parties among the {name} ones: too few to compare")
    return found


def treatment(p: Doubles, y: Doubles, code: npt.NDArray[np.int64], names: tuple[str, ...], seed: int) -> Treatment:
    """Figures of every group, and the differences between groups with their intervals."""
    compared = _compared(y, code)
    approved = p <= np.quantile(p, APPROVED)
    groups = []
    for one in compared:
        mine = code == one
        groups.append(
            GroupFigures(
                names[one],
                int(mine.sum()),
                float(y[mine].mean()),
                float(p[mine].mean()),
                float(approved[mine].mean()),
                float(approved[mine & (y == 0)].mean()),
                auroc(p[mine], y[mine]),
                ece(p[mine], y[mine]),
                ece_by_chance(p[mine], seed)[1],
            )
        )
    everybody, good = np.ones(len(y), np.bool_), y == 0
    differences = [_difference(p, code, compared, of, seed) for of in (everybody, good)]
    return Treatment(auroc(p, y), tuple(groups), *differences)


def _difference(
    p: Doubles, code: npt.NDArray[np.int64], compared: list[int], of: npt.NDArray[np.bool_], seed: int
) -> Interval:
    """Largest less smallest share approved among the parties `of`, with its 95 % bootstrap interval.

    The draws compare the two groups that are furthest apart in the whole sample, with their sign, so that an interval
    can reach zero.
    """

    def share(rows: npt.NDArray[np.int64], group: int) -> float:
        mine = of[rows] & (code[rows] == group)
        approved = p[rows] <= np.quantile(p[rows], APPROVED)
        return float(approved[mine].mean()) if mine.any() else np.nan

    whole = np.arange(len(p))
    shares = {group: share(whole, group) for group in compared}
    most, least = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    random = np.random.default_rng(seed)
    draws = [random.integers(0, len(p), len(p)) for _ in range(DRAWS)]
    low, high = np.nanquantile([share(rows, most) - share(rows, least) for rows in draws], [0.025, 0.975])
    return shares[most] - shares[least], float(low), float(high)


def guessed(values: Floats, code: npt.NDArray[np.int64], seed: int) -> float:
    """AUROC with which boosted trees guess the group of a party from its features, cross-validated.

    Mean over the groups of one against the rest.
    """
    known = code >= 0
    x, group = values[known], code[known]
    found = []
    for one in np.unique(group):
        member = group == one
        if min(member.sum(), (~member).sum()) < FOLDS:
            continue
        said = np.zeros(len(member))
        for rest, left in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, member):
            data = lightgbm.Dataset(x[rest], member[rest].astype(np.float32), params={**PROXY, "seed": seed})
            said[left] = lightgbm.train({**PROXY, "seed": seed}, data, ROUNDS).predict(x[left], num_threads=1)
        found.append(auroc(said, member.astype(np.float64)))
        if len(np.unique(group)) == 2:
            break
    return float(np.mean(found)) if found else 0.5


def _words(
    asked: str, models: Mapping[str, Treatment], proxy: Mapping[str, float], mitigation: Mitigation | None
) -> tuple[str, ...]:
    def told(found: Interval) -> str:
        return "{:.3f} (95 % interval {:.3f} to {:.3f})".format(*found)

    served = models["model"]
    least = min(served.groups, key=lambda group: group.approved_good)
    said = [
        f"At {100 * APPROVED:.0f} % approved, good parties differ by {told(served.equal_opportunity)} between groups "
        f"of {asked}, fewest approved where {least.name}; all parties differ by {told(served.demographic_parity)}.",
        f"Without the graph the difference among good parties is {told(models['no_graph'].equal_opportunity)}.",
        f"The features guess {asked} with AUROC {proxy['all features']:.3f}, the own record alone with "
        f"{proxy['own record']:.3f} (0.5 is blind).",
    ]
    if mitigation is not None:
        price, low, high = mitigation.price
        said.append(
            f"With the mitigation (for {mitigation.group}, strength {mitigation.strength:g}) good parties differ by "
            f"{told(models['mitigated'].equal_opportunity)}; it costs {price:.4f} AUROC ({low:.4f} to {high:.4f})."
        )
    return tuple(said)

"""Group fairness metrics of one model: figures of each group, and the largest difference between groups.

The riskiest fifth is refused (`APPROVED` = 80 %). The demographic parity difference compares the share approved of
every group with MIN_GROUP_SIZE parties; the equal opportunity difference the share approved among the good parties of
every group with MIN_GROUP_SIZE good ones (Hardt et al. 2016). Each is the largest less the smallest over the groups.
Intervals are 95 %, from bootstrap samples of the test parties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F64
from gnn.evaluation.fairness.groups import MAX_GROUPS, Groups
from gnn.evaluation.findings import Code, Finding
from gnn.metrics import INTERVAL_QUANTILES, RESAMPLES, Estimate, auroc, ece, ece_by_chance
from gnn.models.mitigation import APPROVED
from graph.errors import UsageError

MIN_GROUP_SIZE: Final = 30  # parties of a group, or good ones, below which their share is too noisy
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Figures of one group of test parties; `predicted` is the mean probability, `rate` the observed bad rate.

    approved and approved_good are shares of all and of the good parties. approved_good and auroc are None where fewer
    than MIN_GROUP_SIZE are good, auroc also where none is bad.
    """

    name: str
    parties: int
    good: int
    rate: float
    predicted: float
    approved: float
    approved_good: float | None
    auroc: float | None
    ece: float
    ece_chance_p95: float


@dataclass(frozen=True, slots=True)
class GroupMetrics:
    """AUROC of one model, figures of each group, and the two differences between groups.

    equal_opportunity is None where fewer than two groups have MIN_GROUP_SIZE good parties.
    """

    auroc: float
    groups: tuple[GroupFigures, ...]
    demographic_parity: Estimate
    equal_opportunity: Estimate | None


def large_groups(code: Codes) -> list[int]:
    """Codes of the groups with at least MIN_GROUP_SIZE of these parties.

    >>> large_groups(np.repeat([0, 1, -1], [40, 5, 90]))
    [0]
    """
    groups, sizes = np.unique(code[code >= 0], return_counts=True)
    return [int(group) for group in groups[sizes >= MIN_GROUP_SIZE]]


def comparable_groups(code: Codes, parties: str) -> list[int]:
    """Codes of the groups with at least MIN_GROUP_SIZE of these parties, which the error calls `parties`.

    Raises UsageError where there are fewer than two.
    """
    groups = large_groups(code)
    if len(groups) < 2:
        raise UsageError(f"fewer than two groups have {MIN_GROUP_SIZE} {parties}: too few to compare")
    return groups


def group_metrics(p: F64, y: F64, code: Codes, names: tuple[str, ...], seed: int) -> GroupMetrics:
    """Group metrics of probabilities p float64[k] against outcomes y [k], for groups code int64[k] into names.

    Raises UsageError where fewer than two groups are large enough.
    """
    large, large_among_good = comparable_groups(code, "test parties"), large_groups(code[y == 0])
    approved = p <= np.quantile(p, APPROVED)
    figures = tuple(_figures(names[group], p, y, approved, code == group, seed) for group in large)
    everybody = np.ones(len(y), np.bool_)
    return GroupMetrics(
        auroc=auroc(p, y),
        groups=figures,
        demographic_parity=_difference(p, code, large, everybody, seed),
        equal_opportunity=_difference(p, code, large_among_good, y == 0, seed) if len(large_among_good) > 1 else None,
    )


def _figures(
    name: str, p: F64, y: F64, approved: npt.NDArray[np.bool_], member: npt.NDArray[np.bool_], seed: int
) -> GroupFigures:
    parties, good = int(member.sum()), int((member & (y == 0)).sum())
    few_good = good < MIN_GROUP_SIZE
    return GroupFigures(
        name=name,
        parties=parties,
        good=good,
        rate=float(y[member].mean()),
        predicted=float(p[member].mean()),
        approved=float(approved[member].mean()),
        approved_good=None if few_good else float(approved[member & (y == 0)].mean()),
        auroc=None if few_good or good == parties else auroc(p[member], y[member]),
        ece=ece(p[member], y[member]),
        ece_chance_p95=ece_by_chance(p[member], seed)[1],
    )


def _difference(p: F64, code: Codes, groups: Sequence[int], counted: npt.NDArray[np.bool_], seed: int) -> Estimate:
    """Largest less smallest share approved among the `counted` parties of each group.

    The bootstrap compares, with their sign, the two groups that differ most in the whole sample, so that an interval
    can reach zero.
    """

    def share_approved(rows: npt.NDArray[np.int64], group: int) -> float:
        member = counted[rows] & (code[rows] == group)
        approved = p[rows] <= np.quantile(p[rows], APPROVED)
        return float(approved[member].mean()) if member.any() else np.nan

    whole = np.arange(len(p))
    shares = {group: share_approved(whole, group) for group in groups}
    most, least = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    random = np.random.default_rng(seed)
    resamples = [random.integers(0, len(p), len(p)) for _ in range(RESAMPLES)]
    differences = [share_approved(rows, most) - share_approved(rows, least) for rows in resamples]
    low, high = np.nanquantile(differences, INTERVAL_QUANTILES)
    return Estimate(shares[most] - shares[least], float(low), float(high))


def excluded_groups(groups: Groups, code: Codes, y: npt.NDArray[Any]) -> list[Finding]:
    """The groups that the differences leave out, and why; `code` and `y` are those of the test parties."""
    large, large_among_good = large_groups(code), large_groups(code[y == 0])
    small = [name for i, name in enumerate(groups.names) if i not in large]
    few_good = [name for i, name in enumerate(groups.names) if i in large and i not in large_among_good]
    findings = []
    if small:
        findings.append(Finding(Code.GROUPS_TOO_SMALL, {"min_size": MIN_GROUP_SIZE, "groups": small}))
    if few_good:
        findings.append(Finding(Code.GROUPS_WITH_FEW_GOOD, {"min_size": MIN_GROUP_SIZE, "groups": few_good}))
    if groups.uncommon:
        uncommon = {"max_groups": MAX_GROUPS, "column": groups.column, "groups": list(groups.uncommon)}
        findings.append(Finding(Code.GROUPS_UNCOMMON, uncommon))
    return findings

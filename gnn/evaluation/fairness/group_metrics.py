"""How one model treats groups of judged parties: what each group's figures are, and how far groups are apart.

The riskiest fifth is refused (`APPROVED` = 80 %). Demographic parity compares the share approved of every group with
FEWEST parties, equal opportunity the share approved among those who turned out good of every group with FEWEST good
ones (Hardt et al. 2016); a difference is the largest less the smallest over the groups. Intervals are 95 %, from
bootstrap draws of the judged parties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.evaluation.fairness.groups import MOST_GROUPS, Groups
from gnn.evaluation.findings import named
from gnn.metrics import DRAWS, Doubles, auroc, ece, ece_by_chance
from gnn.models.mitigation import APPROVED
from graph.errors import UsageError

FEWEST: Final = 30  # parties of a group, or good ones, below which their share says nothing
Codes = npt.NDArray[np.int64]
Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group of judged parties; `said` and `rate` are the mean probability and what happened.

    approved_good and auroc are None where there are fewer than FEWEST good parties, auroc also without a bad one.
    """

    name: str
    parties: int
    good: int
    rate: float
    said: float
    approved: float
    approved_good: float | None
    auroc: float | None
    ece: float
    ece_chance_p95: float


@dataclass(frozen=True, slots=True)
class GroupMetrics:
    """How one model treats the groups. Differences are (value, low, high).

    equal_opportunity is None where fewer than two groups have FEWEST good parties.
    """

    auroc: float
    groups: tuple[GroupFigures, ...]
    demographic_parity: Interval
    equal_opportunity: Interval | None


def large_enough(code: Codes) -> list[int]:
    """The groups with at least FEWEST of these parties."""
    found, parties = np.unique(code[code >= 0], return_counts=True)
    return [int(one) for one in found[parties >= FEWEST]]


def at_least_two(code: Codes, who: str) -> list[int]:
    """The same. Raises UsageError where fewer than two are left, and says of whom: `who`."""
    found = large_enough(code)
    if len(found) < 2:
        raise UsageError(f"fewer than two groups have {FEWEST} {who}: too few to compare")
    return found


def group_metrics(p: Doubles, y: Doubles, code: Codes, names: tuple[str, ...], seed: int) -> GroupMetrics:
    """Figures of every group, and the differences between groups with their intervals."""
    everybody, good = at_least_two(code, "judged parties"), large_enough(code[y == 0])
    approved = p <= np.quantile(p, APPROVED)
    groups = [_figures(names[one], p, y, approved, code == one, seed) for one in everybody]
    parity = _difference(p, code, everybody, np.ones(len(y), np.bool_), seed)
    opportunity = _difference(p, code, good, y == 0, seed) if len(good) > 1 else None
    return GroupMetrics(auroc(p, y), tuple(groups), parity, opportunity)


def _figures(
    name: str, p: Doubles, y: Doubles, approved: npt.NDArray[np.bool_], mine: npt.NDArray[np.bool_], seed: int
) -> GroupFigures:
    parties, good = int(mine.sum()), int((mine & (y == 0)).sum())
    few = good < FEWEST
    return GroupFigures(
        name,
        parties,
        good,
        float(y[mine].mean()),
        float(p[mine].mean()),
        float(approved[mine].mean()),
        None if few else float(approved[mine & (y == 0)].mean()),
        None if few or good == parties else auroc(p[mine], y[mine]),
        ece(p[mine], y[mine]),
        ece_by_chance(p[mine], seed)[1],
    )


def _difference(p: Doubles, code: Codes, compared: Sequence[int], of: npt.NDArray[np.bool_], seed: int) -> Interval:
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


def left_out(groups: Groups, code: Codes, y: npt.NDArray[Any]) -> list[str]:
    """Which groups the differences do not compare, in words; `code` and `y` are of judged parties."""
    everybody, good = large_enough(code), large_enough(code[y == 0])
    few = [name for i, name in enumerate(groups.names) if i not in everybody]
    few_good = [name for i, name in enumerate(groups.names) if i in everybody and i not in good]
    said = []
    if few:
        said.append(f"Left out, with fewer than {FEWEST} judged parties: {named(few)}.")
    if few_good:
        said.append(f"Left out of equal opportunity, with fewer than {FEWEST} good parties judged: {named(few_good)}.")
    if groups.beyond:
        said.append(f"Left out, beyond the {MOST_GROUPS} most common of {groups.column}: {named(groups.beyond)}.")
    return said

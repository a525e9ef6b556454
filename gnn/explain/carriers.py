"""What carries the share of a category in a score: the feature that moves the score most when it alone is left out.

Measures of the party's own links are left out family by family; what its neighbours are like, the outcomes around it
and its position each as a whole. Of a family, the column counts that is most unusual among parties of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.arrays import F32, I64, Bools
from gnn.features.families import Group
from gnn.features.spec import FeatureSpec
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.feature_table import FeatureTable
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms

NEARLY: Final = 0.5  # of the largest effect, from which an unusual measure is named in its place
UNUSUAL: Final = (0.1, 0.9)  # shares of parties of its kind with a smaller value, outside which a measure is unusual
MIN_COMPARED: Final = 20  # parties to compare a measure with
MOST_COMPARED: Final = 10_000  # so that what is kept of a column is small
AS_A_WHOLE: Final = (Group.NEIGHBOURS, Group.OUTCOMES, Group.POSITIONS)


@dataclass(frozen=True, slots=True)
class Carrier:
    """The feature that carries a category's share: a family of Group.LINKS, or the name of another group.

    kind, side: of the links that are measured, `out` or `in`; empty where all are. below: the share of parties of its
    kind with a smaller value, equal ones half; None where there is nothing to compare.
    """

    feature: str
    kind: str = ""
    side: str = ""
    below: float | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """Columns to leave out together, ascending; `measured` are those of its own links with their kind and side."""

    category: str
    feature: str
    columns: I64
    measured: tuple[tuple[int, str, str], ...] = ()


def carriers(
    scorer: Scorer,
    row: int,
    points: Mapping[str, float],
    categories: frozenset[str],
    measures: UsualMeasures | None = None,
) -> dict[str, Carrier]:
    """What carries the points of each category; nothing for one in which no feature moves the score as they do.

    points: of the categories that are asked about. categories: those that count. measures: of the scorer's table, where
    some have been compared before.
    """
    measures = UsualMeasures(scorer.table) if measures is None else measures
    values = scorer.table.row(row)
    parts = [part for category in points for part in _parts(scorer.model.spec, category, categories, ~np.isnan(values))]
    if not parts:
        return {}
    rows = np.repeat(values[None], len(parts) + 1, axis=0)
    for reduced, part in zip(rows[1:], parts, strict=True):
        reduced[part.columns] = np.nan
    whole, *without = scorer.log_odds(rows, Terms(categories)).tolist()
    found = {}
    for category, share in points.items():
        effects = [
            (part, -POINTS_PER_LOG_ODDS * (whole - log_odds))
            for part, log_odds in zip(parts, without, strict=True)
            if part.category == category
        ]
        moving = sorted(
            ((part, abs(effect)) for part, effect in effects if effect * share > 0), key=lambda one: -one[1]
        )
        if moving:
            found[category] = _named(measures, row, [part for part, size in moving if size >= NEARLY * moving[0][1]])
    return found


def _parts(spec: FeatureSpec, category: str, categories: frozenset[str], known: Bools) -> Iterator[_Part]:
    """What is left out in turn: in the blocks of the category, all of whose other categories count."""
    inside = np.zeros(spec.width, np.bool_)
    for block in spec.blocks:
        inside[spec.slice(block.name)] = category in block.needs and block.needs <= categories
    for whole in AS_A_WHOLE:
        columns = np.flatnonzero(inside & known & (spec.groups == whole.name))
        if len(columns):
            yield _Part(category, whole.name, columns)
    if category not in spec.kinds:
        return
    ends = _kinds_and_sides(spec, category)
    own = inside & known & (spec.groups == Group.LINKS.name)
    for family in sorted(set(spec.families[own].tolist())):
        columns = np.flatnonzero(own & (spec.families == family))
        yield _Part(category, family, columns, tuple((c, *ends.get(c, ("", ""))) for c in columns.tolist()))


def _kinds_and_sides(spec: FeatureSpec, category: str) -> dict[int, tuple[str, str]]:
    """The kind of links and their side, `out`, `in` or none, of each column that is of one kind."""
    start, found = spec.slice(category).start, {}
    names = next(block.columns for block in spec.blocks if block.name == category)
    place = {name: start + i for i, name in enumerate(names)}
    for kind in spec.kinds[category]:
        for side in kind.sides:
            for statistic in kind.statistics:
                column = place[f"{category}.{side}.{statistic}"]
                found[column] = kind.kind, side.removeprefix(kind.kind).lstrip(".")
    return found


def _named(measures: UsualMeasures, row: int, candidates: list[_Part]) -> Carrier:
    """The carrier among parts of nearly the largest effect, largest first: an unusual measure before another part."""
    carriers = [_carrier(measures, row, part) for part in candidates]
    unusual = [one for one in carriers if one.below is not None and not UNUSUAL[0] < one.below < UNUSUAL[1]]
    return unusual[0] if unusual else carriers[0]


def _carrier(measures: UsualMeasures, row: int, part: _Part) -> Carrier:
    """The part, by its most unusual column where it is a measure of the party's own links."""
    measured = [Carrier(part.feature, kind, side, measures.below(row, column)) for column, kind, side in part.measured]
    compared = [one for one in measured if one.below is not None]
    if not compared:
        return measured[0] if measured else Carrier(part.feature)
    return max(compared, key=lambda one: abs((one.below or 0.0) - 0.5))


class UsualMeasures:
    """What is usual among the parties of a table, by kind of party and column; each is found out once."""

    def __init__(self, table: FeatureTable) -> None:
        self._table = table
        self._found: dict[tuple[int, int], F32] = {}

    def below(self, row: int, column: int) -> float | None:
        """The share of other parties of its kind with a smaller value, equal ones half; None of too few.

        Beyond MOST_COMPARED parties it is that of as many, evenly spaced by their values.
        """
        kind = self._table.snapshot.party_kind
        key = int(kind[row]), column
        if key not in self._found:
            values = self._table.column(column)[kind == kind[row]]
            ordered = np.sort(values[~np.isnan(values)])
            places = np.linspace(0, len(ordered) - 1, min(len(ordered), MOST_COMPARED)).astype(np.int64)
            self._found[key] = ordered[places]
        found, mine = self._found[key], self._table.row(row)[column]
        if len(found) <= MIN_COMPARED:
            return None
        smaller, up_to = (int(np.searchsorted(found, mine, side)) for side in ("left", "right"))
        return (smaller + max(up_to - smaller - 1, 0) / 2) / (len(found) - 1)

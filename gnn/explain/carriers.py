"""What carries the share of a category in a score: the feature that moves the score most when it alone is left out.

Measures of the party's own links are left out column by column; what its neighbours are like, the outcomes around it
and its position each as a whole. A measure is compared with that of other parties of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.arrays import Bools
from gnn.features.families import BY_NAME, Group
from gnn.features.spec import FeatureSpec, block_columns, column_families
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms

NEARLY: Final = 0.5  # of the largest effect, from which an unusual measure is named in its place
UNUSUAL: Final = (0.1, 0.9)  # shares of parties of its kind with a smaller value, outside which a measure is unusual
MIN_COMPARED: Final = 20  # parties to compare a measure with
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
    """Columns Bools[width] to leave out together; column: the one, where it is a measure of the party's own links."""

    category: str
    feature: str
    columns: Bools
    column: int | None = None
    kind: str = ""
    side: str = ""


def carriers(scorer: Scorer, row: int, points: Mapping[str, float], categories: frozenset[str]) -> dict[str, Carrier]:
    """What carries the points of each category; nothing for one in which no feature moves the score as they do.

    points: of the categories that are asked about. categories: those that count.
    """
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
            found[category] = _named(scorer, row, [part for part, size in moving if size >= NEARLY * moving[0][1]])
    return found


def _parts(spec: FeatureSpec, category: str, categories: frozenset[str], known: Bools) -> Iterator[_Part]:
    """What is left out in turn: in the blocks of the category, all of whose other categories count."""
    families = np.array(column_families(spec))
    inside = np.zeros(spec.width, np.bool_)
    for block in spec.blocks:
        inside[spec.slice(block.name)] = category in block.needs and block.needs <= categories
    group = np.array([BY_NAME[family].group.name for family in families])
    for whole in AS_A_WHOLE:
        columns = inside & known & (group == whole.name)
        if columns.any():
            yield _Part(category, whole.name, columns)
    if category not in spec.kinds:
        return
    start = spec.slice(category).start
    side_of = {
        f"{category}.{name}": (kind.kind, name.rsplit(".", 1)[0].removeprefix(kind.kind).lstrip("."))
        for kind in spec.kinds[category]
        for name in kind.names
    }
    for place, column in enumerate(block_columns(spec, category)):
        if known[start + place] and BY_NAME[column.family].group is Group.LINKS:
            alone = np.zeros(spec.width, np.bool_)
            alone[start + place] = True
            yield _Part(category, column.family, alone, start + place, *side_of.get(column.name, ("", "")))


def _named(scorer: Scorer, row: int, candidates: list[_Part]) -> Carrier:
    """The carrier among parts of nearly the largest effect, largest first: an unusual measure before another part."""
    carriers = [Carrier(part.feature, part.kind, part.side, _below(scorer, row, part.column)) for part in candidates]
    unusual = [one for one in carriers if one.below is not None and not UNUSUAL[0] < one.below < UNUSUAL[1]]
    return unusual[0] if unusual else carriers[0]


def _below(scorer: Scorer, row: int, column: int | None) -> float | None:
    """The share of other parties of its kind with a smaller value in the column, equal ones half."""
    if column is None:
        return None
    kind = scorer.snapshot.party_kind
    values = scorer.table.column(column)
    others = values[(kind == kind[row]) & ~np.isnan(values)]
    if len(others) <= MIN_COMPARED:
        return None
    mine = values[row]
    return float(((others < mine).sum() + ((others == mine).sum() - 1) / 2) / (len(others) - 1))

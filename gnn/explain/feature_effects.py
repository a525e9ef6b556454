"""The effect of each feature family on a score, by category: which features carry a category's share.

All columns of one family in the blocks of one category are left out, as if they were not known, and the score is
computed again. Effects are taken one by one, so that they do not sum to the category's share. A path over two
categories counts for both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnn.explain.explainer import Explainer
from gnn.explain.shapley import OWN
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.terms import Terms


@dataclass(frozen=True, slots=True)
class FeatureEffect:
    """category: a relationship category, or OWN; family: see `gnn.features.families`; columns: of it that are known.

    points: those that go when these columns are left out; plus raises the score.
    """

    category: str
    family: str
    columns: int
    points: float


def feature_effects(explainer: Explainer, row: int, terms: Terms) -> tuple[FeatureEffect, ...]:
    """The effects of every family that is known of the party, by category, the largest first; those of 0 left out."""
    spec, values = explainer.spec, explainer.scorer.table.row(row)
    families = spec.families
    usable = terms.categories & frozenset(explainer.scorer.snapshot.categories)
    parts = []
    for category in (OWN, *sorted(usable)):
        in_category = np.zeros(spec.width, np.bool_)
        for block in spec.blocks:
            if category in block.needs if block.needs else category == OWN:
                in_category[spec.slice(block.name)] = block.needs <= usable
        known = in_category & ~np.isnan(values)
        parts += [(category, str(family), known & (families == family)) for family in np.unique(families[known])]
    if not parts:
        return ()
    rows = np.repeat(values[None], len(parts) + 1, axis=0)
    for reduced, (_, _, columns) in zip(rows[1:], parts, strict=True):
        reduced[columns] = np.nan
    whole, *without = explainer.scorer.log_odds(rows, terms).tolist()
    effects = [
        FeatureEffect(category, family, int(columns.sum()), 0.0 - POINTS_PER_LOG_ODDS * (whole - log_odds))
        for (category, family, columns), log_odds in zip(parts, without, strict=True)
    ]
    effects.sort(key=lambda effect: (effect.category != OWN, effect.category, -abs(effect.points), effect.family))
    return tuple(effect for effect in effects if effect.points)

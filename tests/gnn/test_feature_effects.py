"""Which features carry a category's share: families left out one by one."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.explain.feature_effects import feature_effects
from gnn.explain.shapley import OWN
from gnn.features.families import BY_NAME
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.terms import Terms
from tests.gnn.networks import Trained

ALL = frozenset({"contact", "social", "money", "guarantee", "identifier"})


def test_an_effect_is_the_score_without_the_columns_of_the_family(hamlet: Trained) -> None:
    row, terms = 7, Terms(ALL)
    spec, values = hamlet.model.spec, hamlet.scorer.table.row(row)
    effect = max(
        (one for one in feature_effects(hamlet.explainer, row, terms) if one.category == "money"),
        key=lambda one: abs(one.points),
    )
    families = spec.families.tolist()
    names = [name for block in spec.blocks for name in block.columns]
    in_money = [
        i
        for i, name in enumerate(names)
        if (families[i] == effect.family and name.startswith(("money.", "money>")))
        or (">money." in name and families[i] == effect.family)
    ]
    before = hamlet.scorer.log_odds(values[None], terms)[0]
    assert effect.columns == np.count_nonzero(~np.isnan(values[in_money]))
    values[in_money] = np.nan
    after = hamlet.scorer.log_odds(values[None], terms)[0]
    assert effect.points == pytest.approx(-POINTS_PER_LOG_ODDS * (before - after), abs=1e-9)


def test_effects_name_families_of_categories_that_may_count(hamlet: Trained) -> None:
    found = feature_effects(hamlet.explainer, 7, Terms(frozenset({"money"})))
    assert {one.category for one in found} <= {OWN, "money"}
    assert {one.family for one in found} <= BY_NAME.keys()
    assert feature_effects(hamlet.explainer, 7, Terms(frozenset({"money"}))) == found

"""What carries a category's share: the feature without which alone the score moves most, and how unusual it is."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.explain.carriers import Carrier, carriers
from gnn.features.families import BY_NAME, Group
from gnn.scoring.terms import Terms
from tests.gnn.networks import Trained

ALL = frozenset({"contact", "social", "money", "guarantee", "identifier"})


def without(of: Trained, row: int, carrier: Carrier, category: str) -> float:
    """The log-odds without the columns of a carrier, less those with all."""
    spec, values = of.model.spec, of.scorer.table.row(row)
    names = [name for block in spec.blocks for name in block.columns]
    families = spec.families.tolist()
    before = of.scorer.log_odds(values[None], Terms(ALL))[0]
    for i, name in enumerate(names):
        group = BY_NAME[families[i]].group
        if carrier.feature == group.name:
            in_category = category in name.split(" ")[0].replace(">", ".").split(".")
            values[i] = np.nan if in_category else values[i]
        elif group is Group.LINKS and families[i] == carrier.feature and name.startswith(f"{category}."):
            values[i] = np.nan
    return float(of.scorer.log_odds(values[None], Terms(ALL))[0] - before)


@pytest.mark.parametrize("row", range(0, 60, 6))
def test_the_score_moves_as_the_points_say_without_what_carries_them(trained: Trained, row: int) -> None:
    shares = trained.explainer.attribution(row, Terms(ALL)).contributions
    points = {name: -share for name, share in shares.items() if name != "own" and share}
    found = carriers(trained.scorer, row, points, ALL)
    assert found.keys() <= points.keys()
    for category, carrier in found.items():
        assert without(trained, row, carrier, category) * points[category] > 0


def test_a_measure_is_compared_with_that_of_others_of_its_kind(trained: Trained) -> None:
    spec, table = trained.model.spec, trained.scorer.table
    names = [name for block in spec.blocks for name in block.columns]
    compared = 0
    for row in range(0, 600, 10):
        found = carriers(trained.scorer, row, {"money": -1.0, "contact": -1.0}, ALL)
        for category, one in found.items():
            if one.below is None or not one.kind:
                continue
            column = ".".join(filter(None, (category, one.kind, one.side, one.feature)))
            values = table.column(names.index(column))[:600]  # the people; phones come after them
            others = np.delete(values, row)
            others = others[~np.isnan(others)]
            smaller, equal = np.mean(others < values[row]), np.mean(others == values[row])
            assert one.below == pytest.approx(smaller + equal / 2)
            compared += 1
    assert compared > 10


def test_nothing_is_carried_where_nothing_is_asked(trained: Trained) -> None:
    assert carriers(trained.scorer, 6, {}, ALL) == {}
    assert carriers(trained.scorer, 6, {"work": -1.0}, ALL) == {}, "it has no such links"

"""Bad news is never good news: nobody's probability falls when somebody else goes bad, nor rises when one is cured."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.features.families import BY_NAME, Group
from gnn.features.spec import column_families, outcome_columns
from gnn.scoring.incremental import updated_log_odds
from gnn.scoring.terms import Terms
from graph.purposes import PURPOSES
from graph.snapshots.overlay import Cure
from tests.gnn.networks import Trained

TERMS = [Terms(purpose.categories, purpose.cap) for purpose in PURPOSES.values()]


def test_the_columns_that_read_outcomes_are_those_of_their_families(hamlet: Trained) -> None:
    spec = hamlet.model.spec
    groups = [BY_NAME[family].group for family in column_families(spec)]
    assert outcome_columns(spec).tolist() == [group is Group.OUTCOMES for group in groups]


@pytest.mark.parametrize("terms", TERMS, ids=list(PURPOSES))
def test_no_probability_falls_when_others_default(hamlet: Trained, terms: Terms) -> None:
    random = np.random.default_rng(0)
    people = np.flatnonzero(~hamlet.scorer.table.is_identifier)
    for size in (1, 1, 2, 5, 20):
        found = hamlet.scorer.scenario(random.choice(people, size, replace=False), terms)
        assert (found.after >= found.before).all()


def test_no_probability_rises_when_somebody_else_is_cured(hamlet: Trained) -> None:
    terms, flags = TERMS[0], hamlet.scorer.outcomes
    for party in np.flatnonzero(flags.default)[:6].tolist():
        for row in range(0, 150, 11):
            if row != party:
                before = hamlet.scorer.log_odds(hamlet.scorer.scoring_input(row).values[None], terms)[0]
                (after,) = updated_log_odds(hamlet.scorer, row, [[Cure(party)]], terms)
                assert after <= before


def test_a_rise_of_every_column_that_reads_outcomes_never_lowers_the_risk(hamlet: Trained) -> None:
    """Whatever the other features are, and whatever is missing."""
    random, spec = np.random.default_rng(1), hamlet.model.spec
    columns = outcome_columns(spec)
    values = hamlet.scorer.table.values[random.integers(0, 150, 400)].copy()
    values[random.random(values.shape) < 0.2] = np.nan
    worse = values.copy()
    worse[:, columns] += random.exponential(0.3, (400, int(columns.sum()))).astype(np.float32)
    assert (hamlet.scorer.calibrated(worse) >= hamlet.scorer.calibrated(values)).all()

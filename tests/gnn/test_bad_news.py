"""Bad news is never good news: nobody's probability falls when somebody else goes bad, nor rises when one is cured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.features.families import Group
from gnn.features.featurizer import compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.label_state import label_state
from gnn.features.network_state import network_state
from gnn.features.spec import fit_spec
from gnn.scoring.incremental import updated_log_odds
from gnn.scoring.scenario import scenario
from gnn.scoring.terms import Terms
from graph.purposes import PURPOSES
from graph.snapshots.overlay import Cure
from tests.gnn.networks import Trained, town

TERMS = [Terms(purpose.categories, purpose.cap) for purpose in PURPOSES.values()]


def test_the_columns_that_read_outcomes_are_those_of_their_families(hamlet: Trained) -> None:
    spec = hamlet.model.spec
    assert spec.reads_outcomes.tolist() == (spec.groups == Group.OUTCOMES.name).tolist()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), parties=st.integers(8, 60))
def test_on_any_network_columns_rise_with_a_default_and_fall_with_a_cure(
    seed: int, parties: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of everybody but the party itself, whatever is known of the others."""
    snapshot = town(parties, seed).snapshot(tmp_path_factory.mktemp("town") / "s")
    random, spec = np.random.default_rng(seed), replace(fit_spec(snapshot), base_rate=0.3)
    n = snapshot.n_parties
    y = np.where(random.random(n) < 0.6, random.random(n) < 0.4, np.nan).astype(np.float32)
    party, state = int(random.integers(n)), network_state(spec, snapshot)
    columns, others = np.flatnonzero(spec.reads_outcomes), np.delete(np.arange(n), party)

    def read(outcome: float) -> np.ndarray:
        y[party] = outcome
        return compute_rows(spec, label_state(state, LabelVector.all(y)), others)[:, columns]

    bad, unknown, good = read(1.0), read(np.nan), read(0.0)
    assert not (bad < unknown).any() and not (unknown < good).any()


@pytest.mark.parametrize("terms", TERMS, ids=list(PURPOSES))
def test_no_probability_falls_when_others_default(hamlet: Trained, terms: Terms) -> None:
    random = np.random.default_rng(0)
    people = np.flatnonzero(~hamlet.scorer.table.is_identifier)
    for size in (1, 1, 2, 5, 20):
        found = scenario(hamlet.scorer, random.choice(people, size, replace=False), terms)
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
    columns = spec.reads_outcomes
    values = hamlet.scorer.table.rows(random.integers(0, 150, 400))
    values[random.random(values.shape) < 0.2] = np.nan
    worse = values.copy()
    worse[:, columns] += random.exponential(0.3, (400, int(columns.sum()))).astype(np.float32)
    assert (hamlet.scorer.calibrated(worse) >= hamlet.scorer.calibrated(values)).all()

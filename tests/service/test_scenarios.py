"""What the defaults of some do to the others: one propagation, checked party by party."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.main import app
from gnn.models import artifact
from gnn.scoring.reach import reached_by
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.errors import AccessError, UnknownParty, UsageError
from graph.explore.links import neighbour_counts
from graph.purposes import PURPOSES
from graph.schema import Outcome
from service.answers.scenarios import defaults
from service.context import ServingContext
from tests.gnn.networks import Trained

ALL = PURPOSES["fraud_investigation"]
FAILED = ["p0003", "p0044"]


@pytest.mark.slow
def test_one_propagation_equals_asking_each_party(hamlet: Trained) -> None:
    failed = hamlet.snapshot.row_of("p0003")
    found = hamlet.scorer.scenario([failed], Terms(ALL.categories))
    assert failed not in found.rows
    rises = [hamlet.scorer.contagion(int(row), failed, Terms(ALL.categories)) for row in found.rows]
    np.testing.assert_array_equal(found.after - found.before, rises)
    assert np.count_nonzero(rises) > 5


@pytest.mark.slow
def test_it_equals_a_network_in_which_they_have_defaulted(hamlet: Trained, tmp_path: Path) -> None:
    more = [Outcome(id, "default", "later") for id in FAILED]
    later = replace(hamlet.facts, outcomes=[*hamlet.facts.outcomes, *more]).snapshot(tmp_path / "s")
    scorer = Scorer.of(hamlet.model, later)
    found = hamlet.scorer.scenario(hamlet.snapshot.rows_of(FAILED), Terms(ALL.categories))
    for row, before, after in zip(found.rows.tolist(), found.before, found.after, strict=True):
        assert before == hamlet.scorer.assess(row, Terms(ALL.categories)).probability
        assert after == scorer.assess(row, Terms(ALL.categories)).probability


def test_whom_a_default_can_reach_is_scored_again_and_nobody_else_changes(hamlet: Trained) -> None:
    terms, table, failed = Terms(ALL.categories), hamlet.scorer.table, np.array([0])
    found = set(hamlet.scorer.scenario(failed, terms).rows.tolist())
    assert found
    for row in range(1, hamlet.snapshot.n_parties):
        if row in found:
            assert hamlet.scorer.assess(row, terms).score is not None
        elif hamlet.scorer.assess(row, terms).score is not None:
            alone = np.array([row])
            np.testing.assert_array_equal(table.rows_if_defaulted(alone, failed), table.rows(alone))


def test_a_budget_takes_the_nearest_and_counts_the_others(hamlet: Trained) -> None:
    terms, failed = Terms(ALL.categories), [0]
    whole, some = (hamlet.scorer.scenario(failed, terms, most) for most in (None, 10))
    reached = reached_by(hamlet.scorer.table.state, hamlet.model.spec, ALL.categories, np.array(failed))
    assert (whole.left_out, whole.links_left_out) == (0, 0)
    assert some.left_out == len(reached.rows) - 10
    assert set(some.rows.tolist()) <= set(whole.rows.tolist())
    near = {other for category in ALL.categories for other in neighbour_counts(hamlet.snapshot, 0, category)}
    assert len(near & set(some.rows.tolist())) >= min(len(near & set(whole.rows.tolist())), 8)


def test_the_hardest_hit_come_first(hamlet: Trained) -> None:
    told = defaults(ServingContext(hamlet.snapshot, hamlet.model, "m"), [*FAILED, FAILED[0]], ALL, limit=7)
    assert told.failed == tuple(FAILED)
    rises = [one.rise for one in told.affected]
    assert len(rises) == 7
    assert rises == sorted(rises, reverse=True)
    assert told.more_defaults == pytest.approx(
        sum(
            one.rise
            for one in defaults(ServingContext(hamlet.snapshot, hamlet.model, "m"), FAILED, ALL, limit=10_000).affected
        )
    )
    assert not set(FAILED) & {one.party for one in told.affected}


def test_an_identifier_cannot_default(hamlet: Trained) -> None:
    state = ServingContext(hamlet.snapshot, hamlet.model, "m")
    with pytest.raises(UsageError, match="phone0003 is a Phone"):
        defaults(state, ["p0003", "phone0003"], ALL)


def test_what_is_known_already_changes_nothing_and_is_said(hamlet: Trained) -> None:
    state = ServingContext(hamlet.snapshot, hamlet.model, "m")
    known = state.scorer(ALL).outcomes.bad
    bad = next(hamlet.snapshot.id_of(row) for row in range(hamlet.snapshot.n_parties) if known[row])
    told = defaults(state, [bad], ALL)
    assert (told.already_bad, told.raised, told.more_defaults) == ((bad,), 0, 0.0)
    assert defaults(state, [bad, *FAILED], ALL).already_bad == (bad,)


def test_a_barred_category_carries_nothing(hamlet: Trained) -> None:
    none = replace(ALL, categories=frozenset({"work"}))
    told = defaults(ServingContext(hamlet.snapshot, hamlet.model, "m"), FAILED, none)
    assert (told.raised, told.more_defaults) == (0, 0.0)


def test_wrong_questions_are_refused(hamlet: Trained) -> None:
    state = ServingContext(hamlet.snapshot, hamlet.model, "m")
    with pytest.raises(UsageError):
        defaults(state, [], ALL)
    with pytest.raises(UnknownParty):
        defaults(state, ["nobody"], ALL)
    with pytest.raises(AccessError):
        defaults(state, FAILED, PURPOSES["deposit_waiver"])


def test_the_command_names_them(hamlet: Trained, tmp_path: Path) -> None:
    artifact.save(hamlet.model, tmp_path / "model")
    asked = ["what-if", *(word for id in FAILED for word in ("--default", id)), "--limit", "5"]
    places = ["--snapshot", str(hamlet.snapshot.folder), "--model", str(tmp_path / "model")]
    told = CliRunner().invoke(app, [*asked, *places, "--json", str(tmp_path / "a.json")])
    assert told.exit_code == 0, told.output
    answer = json.loads((tmp_path / "a.json").read_text())
    assert answer["failed"] == FAILED
    assert len(answer["affected"]) == 5
    assert answer["affected"][0]["party"] in told.stdout

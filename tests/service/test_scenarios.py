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
from gnn.scoring.scenario import scenario
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.errors import AccessError, UnknownKind, UnknownParty, UsageError
from graph.explore.links import neighbour_counts
from graph.purposes import PURPOSES
from graph.schema import Outcome, Party
from graph.snapshots.overlay import AddLinks, Cure, RemoveLinks
from service.answers.scenarios import SupposedLink, Supposition, simulated
from service.context import ServingContext
from tests.gnn.changes import carried_out
from tests.gnn.networks import Trained

ALL = PURPOSES["fraud_investigation"]
FAILED = ["p0003", "p0044"]


def served(hamlet: Trained) -> ServingContext:
    return ServingContext(hamlet.snapshot, hamlet.model, "m")


@pytest.mark.slow
def test_one_propagation_equals_asking_each_party(hamlet: Trained) -> None:
    failed = hamlet.snapshot.row_of("p0003")
    found = scenario(hamlet.scorer, [failed], Terms(ALL.categories))
    assert failed not in found.rows
    rises = [hamlet.scorer.contagion(int(row), failed, Terms(ALL.categories)) for row in found.rows]
    np.testing.assert_array_equal(found.after - found.before, rises)
    assert np.count_nonzero(rises) > 5


@pytest.mark.slow
def test_it_equals_a_network_in_which_they_have_defaulted(hamlet: Trained, tmp_path: Path) -> None:
    more = [Outcome(id, "default", "later") for id in FAILED]
    later = replace(hamlet.facts, outcomes=[*hamlet.facts.outcomes, *more]).snapshot(tmp_path / "s")
    scorer = Scorer.of(hamlet.model, later)
    found = scenario(hamlet.scorer, hamlet.snapshot.rows_of(FAILED), Terms(ALL.categories))
    for row, before, after in zip(found.rows.tolist(), found.before, found.after, strict=True):
        assert before == hamlet.scorer.assess(row, Terms(ALL.categories)).probability
        assert after == scorer.assess(row, Terms(ALL.categories)).probability


def test_whom_a_default_can_reach_is_scored_again_and_nobody_else_changes(hamlet: Trained) -> None:
    terms, table, failed = Terms(ALL.categories), hamlet.scorer.table, np.array([0])
    found = set(scenario(hamlet.scorer, failed, terms).rows.tolist())
    assert found
    for row in range(1, hamlet.snapshot.n_parties):
        if row in found:
            assert hamlet.scorer.assess(row, terms).score is not None
        elif hamlet.scorer.assess(row, terms).score is not None:
            alone = np.array([row])
            np.testing.assert_array_equal(table.rows_if_defaulted(alone, failed), table.rows(alone))


def test_a_budget_takes_the_nearest_and_counts_the_others(hamlet: Trained) -> None:
    terms, failed = Terms(ALL.categories), [0]
    whole, some = (scenario(hamlet.scorer, failed, terms, most) for most in (None, 10))
    reached = reached_by(hamlet.scorer.table.state, hamlet.model.spec, ALL.categories, np.array(failed))
    assert (whole.left_out, whole.links_left_out) == (0, 0)
    assert some.left_out == len(reached.rows) - 10
    assert set(some.rows.tolist()) <= set(whole.rows.tolist())
    near = {other for category in ALL.categories for other in neighbour_counts(hamlet.snapshot, 0, category)}
    assert len(near & set(some.rows.tolist())) >= min(len(near & set(whole.rows.tolist())), 8)


def test_the_hardest_hit_come_first(hamlet: Trained) -> None:
    told = simulated(served(hamlet), Supposition([*FAILED, FAILED[0]]), ALL, limit=7)
    assert told.failed == tuple(FAILED)
    rises = [one.rise for one in told.affected]
    assert len(rises) == 7
    assert rises == sorted(rises, reverse=True)
    assert told.more_defaults == pytest.approx(
        sum(one.rise for one in simulated(served(hamlet), Supposition(FAILED), ALL, limit=10_000).affected)
    )
    assert not set(FAILED) & {one.party for one in told.affected}


def test_an_identifier_cannot_default(hamlet: Trained) -> None:
    state = served(hamlet)
    with pytest.raises(UsageError, match="phone0003 is a Phone"):
        simulated(state, Supposition(["p0003", "phone0003"]), ALL)


def test_what_is_known_already_changes_nothing_and_is_said(hamlet: Trained) -> None:
    state = served(hamlet)
    known = state.scorer(ALL).outcomes.bad
    bad = next(hamlet.snapshot.id_of(row) for row in range(hamlet.snapshot.n_parties) if known[row])
    told = simulated(state, Supposition([bad]), ALL)
    assert (told.already_bad, told.raised, told.more_defaults) == ((bad,), 0, 0.0)
    assert simulated(state, Supposition([bad, *FAILED]), ALL).already_bad == (bad,)


def test_a_barred_category_carries_nothing(hamlet: Trained) -> None:
    none = replace(ALL, categories=frozenset({"work"}))
    told = simulated(served(hamlet), Supposition(FAILED), none)
    assert (told.raised, told.more_defaults) == (0, 0.0)


def test_wrong_questions_are_refused(hamlet: Trained) -> None:
    state = served(hamlet)
    with pytest.raises(UsageError):
        simulated(state, Supposition(FAILED), ALL, limit=0)
    assert simulated(state, Supposition(), ALL).parties == 0, "where nothing is supposed, nobody is affected"
    with pytest.raises(UnknownParty):
        simulated(state, Supposition(["nobody"]), ALL)
    with pytest.raises(AccessError):
        simulated(state, Supposition(FAILED), PURPOSES["deposit_waiver"])


def payment(hamlet: Trained) -> SupposedLink:
    """A payment between two people of the hamlet."""
    links = hamlet.snapshot.links("PAYS")
    source = int(np.flatnonzero(np.diff(links.out_indptr))[0])
    target = int(links.out_target[links.out_indptr[source]])
    return SupposedLink("PAYS", hamlet.snapshot.id_of(source), hamlet.snapshot.id_of(target))


@pytest.mark.slow
def test_changed_links_and_cures_equal_a_network_that_is_built_so(hamlet: Trained, tmp_path: Path) -> None:
    snapshot, gone = hamlet.snapshot, payment(hamlet)
    ends = (snapshot.row_of(gone.source), snapshot.row_of(gone.target))
    bad = next(row for row in range(snapshot.n_parties) if hamlet.scorer.outcomes.default[row])
    changes = [RemoveLinks("PAYS", *ends), AddLinks("PAYS", ends[1], bad, amount=50.0), Cure(bad)]
    failed = snapshot.row_of("p0003")
    facts = carried_out(hamlet.facts, changes, snapshot)
    facts = replace(facts, outcomes=[*facts.outcomes, Outcome("p0003", "default", "later")])
    rebuilt, terms = Scorer.of(hamlet.model, facts.snapshot(tmp_path / "s")), Terms(ALL.categories)
    found = scenario(hamlet.scorer, [failed], terms, changes=changes)
    assert {*ends, bad} - {failed} <= set(found.rows.tolist())
    for row, before, after in zip(found.rows.tolist(), found.before, found.after, strict=True):
        assert before == pytest.approx(hamlet.scorer.assess(row, terms).probability or np.nan, abs=0, nan_ok=True)
        assert after == pytest.approx(rebuilt.assess(row, terms).probability or np.nan, abs=0, nan_ok=True)
    unmoved = set(range(snapshot.n_parties)) - set(found.rows.tolist()) - {failed}
    for row in list(unmoved)[:100]:
        assert rebuilt.assess(row, terms).probability == hamlet.scorer.assess(row, terms).probability


def test_what_is_supposed_is_said_and_the_ends_are_scored_too(hamlet: Trained) -> None:
    gone = payment(hamlet)
    more = SupposedLink(
        "GUARANTEES" if "GUARANTEES" in hamlet.snapshot.kinds else "PAYS", gone.target, gone.source, 9.0
    )
    told = simulated(served(hamlet), Supposition(removed=[gone], added=[more]), ALL, limit=10_000)
    assert [(one.kind, one.source, one.target) for one in told.removed] == [("PAYS", gone.source, gone.target)]
    assert told.added[0].amount == 9.0
    affected = {one.party: one for one in told.affected}
    assert {gone.source, gone.target} <= affected.keys()
    sizes = [abs(one.rise) for one in told.affected if one.rise is not None]
    assert sizes == sorted(sizes, reverse=True)
    assert told.raised + told.lowered == sum(size > 0 for size in sizes)


def test_a_cure_takes_a_known_default_from_others(hamlet: Trained) -> None:
    outcomes = hamlet.scorer.outcomes
    bad, good = (
        next(hamlet.snapshot.id_of(row) for row in range(hamlet.snapshot.n_parties) if some[row])
        for some in (outcomes.default, outcomes.good)
    )
    told = simulated(served(hamlet), Supposition(cures=[bad, good]), ALL, limit=10_000)
    assert set(told.cured) == {bad, good} and told.nothing_to_cure == (good,)
    assert told.raised == 0, "a cure is never bad news"
    assert told.lowered > 0


def test_a_party_gains_a_score_by_its_first_link(hamlet: Trained, tmp_path: Path) -> None:
    facts = replace(hamlet.facts, parties=[*hamlet.facts.parties, Party("newcomer", "Person")])
    context = ServingContext(facts.snapshot(tmp_path / "s"), hamlet.model, "m")
    first = simulated(context, Supposition(added=[SupposedLink("PAYS", "p0003", "newcomer")]), ALL).affected[0]
    assert (first.party, first.before, first.rise, first.level_before) == ("newcomer", None, None, "not_assessed")
    assert first.after is not None


def test_changes_that_cannot_be_are_refused(hamlet: Trained) -> None:
    context, gone = served(hamlet), payment(hamlet)
    with pytest.raises(UsageError, match="no link of kind PAYS"):
        simulated(context, Supposition(removed=[SupposedLink("PAYS", "p0003", "p0003")]), ALL)
    with pytest.raises(UnknownKind, match="no links of kind MARRIED_TO"):
        simulated(context, Supposition(added=[replace(gone, kind="MARRIED_TO")]), ALL)
    with pytest.raises(UsageError, match="cannot default and be cured"):
        simulated(context, Supposition(["p0003"], ["p0003"]), ALL)


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


def test_the_command_takes_links_and_says_what_is_wrong(hamlet: Trained, tmp_path: Path) -> None:
    artifact.save(hamlet.model, tmp_path / "model")
    gone = payment(hamlet)
    places = ["--snapshot", str(hamlet.snapshot.folder), "--model", str(tmp_path / "model")]
    told = CliRunner().invoke(app, ["what-if", "--remove", f"{gone.source} PAYS {gone.target}", *places])
    assert told.exit_code == 0, told.output
    assert f"{gone.source} had no PAYS" in told.stdout or "0 of" in told.stdout
    for wrong in (["--remove", "a PAYS"], ["--add", "a PAYS b much"], ["--remove", "a PAYS b 5"], []):
        assert CliRunner().invoke(app, ["what-if", *wrong, *places]).exit_code != 0

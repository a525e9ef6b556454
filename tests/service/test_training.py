"""Which way of training a snapshot, its store and its outcomes allow, and what an answer says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnn.features.targets import BadOutcome
from gnn.training.observations import HORIZON_DAYS
from gnn.training.train import TrainingConfig
from graph.purposes import PURPOSES
from graph.schema import Outcome
from graph.snapshots.build import build_snapshot
from service.answers.scores import score
from service.context import ServingContext
from service.history import TOO_SHORT, UNDATED, History, NoHistory, history_at, history_of, last_horizon
from service.training import ServingModel, train_serving_model
from tests.gnn.networks import Facts
from tests.gnn.test_point_in_time import DAY, DAYS, market
from tests.graph.networks import load_facts


def reason(found: History | NoHistory) -> str:
    assert isinstance(found, NoHistory)
    return found.reason


def test_a_snapshot_with_its_store_and_dated_outcomes_has_a_history(tmp_path: Path) -> None:
    store = market(0).store()
    snapshot = build_snapshot(store, tmp_path / "s")
    found = history_of(snapshot, store, HORIZON_DAYS, tmp_path / "history")
    assert isinstance(found, History)
    assert found.times.horizon_days == pytest.approx(DAYS / 4, abs=6)
    assert [one.as_of for one in found.snapshots] == list(found.times.times)
    assert found.snapshots[-1].id == build_snapshot(store, tmp_path / "last", found.times.times[-1]).id


def test_a_snapshot_without_dates_or_of_another_store_has_none(tmp_path: Path) -> None:
    facts = market(0)
    undated = Facts(facts.parties, facts.relationships, [Outcome(o.party, o.outcome, "1") for o in facts.outcomes])
    of_undated = build_snapshot(undated.store(), tmp_path / "undated")
    assert reason(history_of(of_undated, undated.store(), HORIZON_DAYS, tmp_path / "1")) == UNDATED
    snapshot, other = build_snapshot(facts.store(), tmp_path / "s"), market(1).store()
    assert "was not built from memory" in reason(history_of(snapshot, other, HORIZON_DAYS, tmp_path / "2"))
    store = facts.store()
    load_facts(store, [Outcome("p000", "good", "2", opened=1.0)], fingerprint="more")
    newer = build_snapshot(store, tmp_path / "newer")
    assert "was not built from memory" in reason(history_of(newer, facts.store(), HORIZON_DAYS, tmp_path / "3"))
    assert TOO_SHORT != UNDATED


def test_the_past_of_a_snapshot_knows_nothing_of_its_last_horizon(tmp_path: Path) -> None:
    store = market(0).store()
    snapshot = build_snapshot(store, tmp_path / "s")
    last = last_horizon(snapshot, HORIZON_DAYS)
    assert last is not None
    cut, horizon = last
    past, history = history_at(snapshot, store, horizon, cut, tmp_path / "history")
    assert past.as_of == cut and past.outcomes.opened.max() <= cut
    assert history is not None and history.times.horizon_days == horizon
    assert history.times.times[-1] + horizon * DAY <= cut


def trained(folder: Path, with_history: bool) -> tuple[ServingModel, ServingContext]:
    store = market(0).store()
    snapshot = build_snapshot(store, folder / "s")
    history = history_of(snapshot, store, 90, folder / "history") if with_history else NoHistory("for a test")
    config = TrainingConfig(bad=BadOutcome(late_from=90), population_rate=0.05)
    model = train_serving_model(snapshot, 0, None, lambda *_: None, history, config)
    return model, ServingContext(snapshot, model.model, "model")


@pytest.mark.slow
def test_an_answer_names_the_horizon_what_is_bad_and_whose_rate_of_a_model_trained_point_in_time(
    tmp_path: Path,
) -> None:
    model, context = trained(tmp_path, with_history=True)
    assert model.static_because is None and model.model.horizon_days == 90
    answer = score(context, "p003", PURPOSES["fraud_investigation"])
    assert answer.horizon_days == 90 and answer.to_json()["horizon_days"] == 90
    assert (answer.late_from, answer.base_rate) == (90, 0.05)
    support, prior = model.model.support, model.model.calibration.prior
    assert support is not None and prior is not None and prior.sample_rate > 0.05
    assert 100 < support.good + support.bad <= 360, "each party counts once, however often it was observed"


@pytest.mark.slow
def test_a_model_of_one_snapshot_has_no_horizon_and_says_why(tmp_path: Path) -> None:
    model, context = trained(tmp_path, with_history=False)
    assert model.static_because == "for a test" and model.model.horizon_days is None
    assert score(context, "p003", PURPOSES["fraud_investigation"]).horizon_days is None

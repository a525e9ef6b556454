"""What point-in-time training is for: what a party did after its default may not foretell it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.point_in_time import compared
from gnn.features.targets import outcomes_as_labels
from gnn.models import artifact
from gnn.training.observations import observation_times, outcome_dates
from gnn.training.point_in_time import TooFewObservations, time_of, train_point_in_time
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.series import build_series
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

DAY = 86_400.0
PEOPLE, DAYS = 360, 720


def market(seed: int) -> Facts:
    """People who pay a shop every month until they fail, if they do; the poorer fail more often."""
    rng = np.random.default_rng(seed)
    income = rng.normal(size=PEOPLE)
    fails = rng.random(PEOPLE) < 1 / (1 + np.exp(1.2 + 1.6 * income))
    day = rng.permutation(np.linspace(5, DAYS - 5, PEOPLE))
    people, links, outcomes = [Party(f"s{i}", "Merchant") for i in range(4)], [], []
    for i in range(PEOPLE):
        id = f"p{i:03}"
        people.append(Party(id, "Person", attributes={"income": round(float(income[i]), 3)}))
        for month, at in enumerate(np.arange(rng.uniform(0, 30), day[i] if fails[i] else DAYS, 30.0).tolist()):
            links.append(Relationship(id, f"s{i % 4}", "PAYS", str(month), first=at * DAY, last=at * DAY, amount=10.0))
        outcomes.append(Outcome(id, "default" if fails[i] else "good", "1", opened=float(day[i]) * DAY))
    return Facts(people, links, outcomes)


@pytest.mark.slow
def test_where_payments_stop_after_a_default_only_a_model_of_one_snapshot_is_fooled(tmp_path: Path) -> None:
    """It takes the silence after a default for its cause, and promises far more than it keeps."""
    found = compared(market(0).store(), tmp_path, 0)
    static, point_in_time = found["static"], found["point_in_time"]
    assert static["cross_fitted"] > static["auroc"] + 0.15
    assert point_in_time["cross_fitted"] < point_in_time["auroc"] + 0.05
    assert point_in_time["auroc"] > static["auroc"] + 0.05


def observed(folder: Path) -> tuple[Snapshot, list[Snapshot]]:
    store = market(1).store()
    everything = build_series(store, folder / "all", [None])[0]
    times = observation_times(outcome_dates(everything), 120)
    assert times is not None
    return everything, build_series(store, folder / "times", times.times)


@pytest.mark.slow
def test_the_artifact_names_the_horizon_and_the_times_and_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    everything, snapshots = observed(tmp_path)
    times = observation_times(outcome_dates(everything), 120)
    assert times is not None
    trained = train_point_in_time(everything, times, snapshots, 3)
    id = artifact.save(trained.model, tmp_path / "model")
    opened = artifact.load(tmp_path / "model")
    assert (opened.horizon_days, opened.observed_at) == (120, times.times)
    again = train_point_in_time(everything, times, snapshots, 3)
    assert artifact.save(again.model, tmp_path / "again") == id
    newest = {kind.newest for kinds in opened.spec.kinds.values() for kind in kinds}
    assert newest == {time_of(everything)}  # from which recency counts where a snapshot has no time
    assert np.isfinite(trained.oof_log_odds).all() and len(trained.y) < trained.n_train
    assert not np.isnan(outcomes_as_labels(everything)[trained.rows]).any()


def test_too_few_outcomes_within_the_horizon_are_refused(tmp_path: Path) -> None:
    everything, snapshots = observed(tmp_path)
    times = observation_times(outcome_dates(everything), 120)
    assert times is not None
    few = np.zeros(everything.n_parties, np.bool_)
    few[:20] = True
    with pytest.raises(TooFewObservations, match="within 120 days"):
        train_point_in_time(everything, times, snapshots, 0, parties=few)

"""Observations: what a row may know at its time, who has one, what its target is, and in which fold it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.features.spec import FeatureSpec
from gnn.features.targets import BadOutcome
from gnn.training.observations import (
    ObservationTimes,
    dated_spec,
    enough_observations,
    features_at,
    horizon_of,
    known_labels,
    observation_times,
    observe,
    party_folds,
    targets_at,
)
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

DAY = 86_400.0
T, HORIZON = 100 * DAY, 30 * DAY
IDS = [f"p{i}" for i in range(8)]


def village() -> Facts:
    """Eight people who pay and know one another, with accounts, dated attributes and outcomes on either side of T."""
    people = [Party(id, "Person", attributes={"income": 10.0 + i}, valid_from=DAY * i) for i, id in enumerate(IDS)]
    accounts = [Party(f"a{i}", "Account") for i in range(4)]
    links = [Relationship(IDS[i], f"a{i}", "HOLDS_ACCOUNT", "1", first=DAY, last=150 * DAY) for i in range(4)]
    for i, id in enumerate(IDS):
        for j in (1, 2, 5):
            other, day = IDS[(i + j) % 8], DAY * (20 + 23 * ((3 * i + j) % 8))
            links.append(Relationship(id, other, "PAYS", str(j), first=day, last=day, amount=50.0 + i, count=1))
            links.append(Relationship(id, other, "KNOWS", str(j), first=day))
    links.append(Relationship("a0", "a1", "PAYS", "x", first=40 * DAY, last=40 * DAY, amount=9.0))
    outcomes = [
        Outcome("p0", "default", "1", opened=50 * DAY),
        Outcome("p1", "good", "1", opened=60 * DAY),
        Outcome("p2", "default", "1", opened=120 * DAY),
    ]
    return Facts([*people, *accounts], links, outcomes)


def later_facts() -> Any:
    """Facts that begin after T: payments, friendships, holders, what becomes of attributes, and outcomes."""
    after = st.integers(1, 60).map(lambda days: T + days * DAY)
    ends, accounts, keys = st.sampled_from(IDS), st.sampled_from([f"a{i}" for i in range(4)]), st.uuids().map(str)
    return st.lists(
        st.one_of(
            st.builds(
                lambda a, b, key, at: Relationship(a, b, "PAYS", key, first=at, last=at, amount=1e6, count=9),
                st.one_of(ends, accounts),
                st.one_of(ends, accounts),
                keys,
                after,
            ),
            st.builds(lambda a, b, key, at: Relationship(a, b, "KNOWS", key, first=at), ends, ends, keys, after),
            st.builds(
                lambda a, b, key, at: Relationship(a, b, "HOLDS_ACCOUNT", key, first=at), ends, accounts, keys, after
            ),
            st.builds(
                lambda party, name, key, at: Outcome(party, name, key, opened=at),
                ends,
                st.sampled_from(["default", "fraud", "good", "cured"]),
                keys,
                after,
            ),
            st.builds(lambda id, at: Party(id, "Person", attributes={"income": 1e6}, valid_from=at), keys, after),
        ),
        min_size=1,
        max_size=8,
    )


def features(facts: Facts, folder: Path, spec: FeatureSpec | None = None) -> tuple[FeatureSpec, bytes]:
    snapshot = facts.snapshot(folder, as_of=T)
    spec = dated_spec(snapshot) if spec is None else spec
    return spec, features_at(spec, snapshot, known_labels(snapshot), np.arange(snapshot.n_parties)).tobytes()


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(more=later_facts())
def test_nothing_after_a_time_changes_a_feature_at_that_time(tmp_path_factory: Any, more: Sequence[Any]) -> None:
    """Nor does it change the feature list, which is fitted on what was known then."""
    folder, facts = tmp_path_factory.mktemp("later"), village()
    both = Facts(
        [*facts.parties, *(fact for fact in more if isinstance(fact, Party))],
        [*facts.relationships, *(fact for fact in more if isinstance(fact, Relationship))],
        [*facts.outcomes, *(fact for fact in more if isinstance(fact, Outcome))],
    )
    (spec, before), (spec_after, after) = features(facts, folder / "before"), features(both, folder / "after")
    assert spec_after.digest() == spec.digest()
    assert after == before


def test_something_before_a_time_does_change_a_feature_at_that_time(tmp_path: Path) -> None:
    facts = village()
    paid = Relationship("p0", "p4", "PAYS", "more", first=T - DAY, last=T - DAY, amount=7.0)
    spec, before = features(facts, tmp_path / "before")
    _, after = features(Facts(facts.parties, [*facts.relationships, paid], facts.outcomes), tmp_path / "after", spec)
    assert after != before


@pytest.mark.parametrize(
    ("outcomes", "target"),
    [
        pytest.param([("good", T, None)], None, id="opened at T: no later outcome"),
        pytest.param([("good", T + DAY, None)], 0, id="good after T"),
        pytest.param([("good", T + HORIZON, None)], 0, id="at the end of the horizon"),
        pytest.param([("default", T + HORIZON + DAY, None)], None, id="beyond the horizon"),
        pytest.param([("default", T + DAY, None)], 1, id="bad after T"),
        pytest.param([("good", T + DAY, None), ("fraud", T + 2 * DAY, None)], 1, id="any bad one"),
        pytest.param([("late", T + DAY, None)], 0, id="late is not bad"),
        pytest.param([("default", T - DAY, None), ("default", T + DAY, None)], None, id="in open default at T"),
        pytest.param([("default", T - DAY, T + DAY), ("good", T + 2 * DAY, None)], None, id="closed after T"),
        pytest.param([("default", T - 9 * DAY, T - DAY), ("default", T + DAY, None)], 1, id="closed before T"),
        pytest.param(
            [("default", T - 9 * DAY, None), ("cured", T - DAY, None), ("good", T + DAY, None)], 0, id="cured before T"
        ),
        pytest.param(
            [("default", T - 9 * DAY, None), ("cured", T + DAY, None)], None, id="cured after T: in default at T"
        ),
        pytest.param([], None, id="nothing known"),
    ],
)
def test_the_target_is_the_outcome_that_opens_within_the_horizon(
    outcomes: list[tuple[str, float, float | None]], target: int | None, tmp_path: Path
) -> None:
    facts = Facts(
        [Party("ann", "Person"), Party("bob", "Person")],
        [],
        [Outcome("ann", name, str(key), opened, closed) for key, (name, opened, closed) in enumerate(outcomes)],
    )
    at, everything = facts.snapshot(tmp_path / "at", as_of=T), facts.snapshot(tmp_path / "all")
    y = targets_at(at, everything, HORIZON)
    assert [None if np.isnan(one) else one for one in y.tolist()] == [target, None]


def late(key: str, opened: float, closed: float | None = None, days: int | None = None) -> Outcome:
    return Outcome("ann", "late", key, opened, closed, days_late=days)


GOOD = Outcome("ann", "good", "good", T + 2 * DAY)


@pytest.mark.parametrize(
    ("outcomes", "target"),
    [
        pytest.param([late("1", T + DAY, days=90)], 1, id="late enough after T"),
        pytest.param([late("1", T + DAY, days=89)], 0, id="less late after T"),
        pytest.param([late("1", T + DAY), GOOD], None, id="nobody knows how late after T"),
        pytest.param([late("1", T + DAY), late("2", T + 3 * DAY, days=120)], 1, id="another one is bad"),
        pytest.param([late("1", T - 99 * DAY, days=95), GOOD], None, id="open and late enough at T"),
        pytest.param([late("1", T - 50 * DAY, days=40), GOOD], 0, id="open and less late at T"),
        pytest.param([late("1", T - 50 * DAY), GOOD], None, id="open at T, and nobody knows how late"),
        pytest.param([late("1", T - 50 * DAY, T + 45 * DAY, 95), GOOD], None, id="open at T, how late is known later"),
        pytest.param([late("1", T - 50 * DAY, T - DAY), GOOD], 0, id="closed before T"),
        pytest.param(
            [late("1", T - 99 * DAY, days=95), Outcome("ann", "cured", "2", T - DAY), GOOD], 0, id="cured before T"
        ),
    ],
)
def test_a_target_calls_late_bad_as_the_model_does(outcomes: list[Outcome], target: int | None, tmp_path: Path) -> None:
    facts = Facts([Party("ann", "Person")], [], outcomes)
    at, everything = facts.snapshot(tmp_path / "at", as_of=T), facts.snapshot(tmp_path / "all")
    y = targets_at(at, everything, HORIZON, bad=BadOutcome(late_from=90))
    assert [None if np.isnan(one) else one for one in y.tolist()] == [target]


def test_a_party_that_is_found_to_be_two_ids_later_has_the_target_with_either(tmp_path: Path) -> None:
    facts = Facts(
        [Party("ann", "Person"), Party("zoe", "Person"), Party("bob", "Person")],
        [Relationship("ann", "zoe", "SAME_AS", "1", first=T + DAY)],
        [Outcome("zoe", "default", "1", opened=T + 2 * DAY)],
    )
    at, everything = facts.snapshot(tmp_path / "at", as_of=T), facts.snapshot(tmp_path / "all")
    y = targets_at(at, everything, HORIZON)
    assert {id: float(y[at.row_of(id)]) for id in ("ann", "zoe")} == {"ann": 1.0, "zoe": 1.0}
    assert np.isnan(y[at.row_of("bob")])


def test_a_total_that_is_one_aggregate_is_no_feature_and_totals_of_dated_events_are(tmp_path: Path) -> None:
    """Calls are dated one by one; loans are one row with a beginning, an end and a sum."""
    links = []
    for i, id in enumerate(IDS):
        other, at = IDS[(i + 1) % 8], DAY * (i + 1)
        links.append(Relationship(id, other, "CALLS", "1", first=at, last=at, count=1 + i))
        links.append(Relationship(id, other, "LENDS_TO", "1", first=at, last=at + 9 * DAY, count=1 + i, amount=5.0 + i))
    snapshot = Facts([Party(id, "Person") for id in IDS], links).snapshot(tmp_path / "s", as_of=T)
    spec = dated_spec(snapshot)
    statistics = {kind.kind: set(kind.statistics) for kinds in spec.kinds.values() for kind in kinds}
    assert statistics == {"CALLS": {"links", "count", "recency"}, "LENDS_TO": {"links"}}
    assert not [name for block in spec.blocks for name in block.columns if "LENDS_TO" in name and "amount" in name]


def test_a_party_is_in_one_fold_at_all_times_and_folds_are_of_content(tmp_path: Path) -> None:
    """Sixty people with an outcome every tenth day: each is observed several times, in one fold."""
    rng = np.random.default_rng(0)
    people = [Party(f"p{i:02}", "Person", attributes={"income": float(rng.normal())}) for i in range(60)]
    outcomes = [
        Outcome(party.id, "default" if rng.random() < 0.3 else "good", str(key), day * DAY, (day + 1) * DAY)
        for party in people
        for key, day in enumerate(range(10, 100, 10))
    ]
    facts = Facts(people, [Relationship("p00", "p01", "KNOWS", "1", first=DAY)], outcomes)

    def observed(facts: Facts, folder: Path) -> tuple[Any, Snapshot]:
        everything = facts.snapshot(folder / "all")
        at = [facts.snapshot(folder / str(day), as_of=day * DAY) for day in (25, 45, 65)]
        return observe(dated_spec(at[-1]), at, everything, 20 * DAY), everything

    seen, snapshot = observed(facts, tmp_path / "as they are")
    folds = {party: set(seen.fold[seen.party == party].tolist()) for party in range(60)}
    assert {len(found) for found in folds.values()} == {1}
    assert min(np.bincount(seen.party, minlength=60)) > 1
    assert np.bincount([next(iter(found)) for found in folds.values()]).tolist() == [12] * 5
    last = seen.last(np.ones(len(seen.y), np.bool_))
    assert np.bincount(seen.party[last]).tolist() == [1] * 60
    assert all(seen.time[row] == seen.time[seen.party == seen.party[row]].max() for row in np.flatnonzero(last))
    backwards = {party.id: f"q{59 - i:02}" for i, party in enumerate(people)}
    renamed, other = observed(facts.renamed(backwards.__getitem__).shuffled(1), tmp_path / "renamed")
    assert renamed.values.tobytes() == seen.values.tobytes() and renamed.y.tobytes() == seen.y.tobytes()
    assert renamed.fold.tolist() == seen.fold.tolist()
    names = [backwards[snapshot.id_of(row)] for row in seen.party.tolist()]
    assert names == [other.id_of(row) for row in renamed.party.tolist()]


@pytest.mark.parametrize(("bad", "enough"), [(8, True), (7, False)])
def test_eight_parties_of_either_outcome_are_enough_however_often_they_are_seen(
    bad: int, enough: bool, tmp_path: Path
) -> None:
    """Each is seen twice at the late times; the early time has plenty of its own."""
    facts = Facts(
        [Party(f"p{i:02}", "Person") for i in range(60)],
        [],
        [
            Outcome(f"p{i:02}", "default" if i % 20 < bad else "good", "1", opened=(80 if i < 20 else 20) * DAY)
            for i in range(40)
        ],
    )
    times = ObservationTimes((15 * DAY, 70 * DAY, 75 * DAY), 20)
    snapshots = [facts.snapshot(tmp_path / str(at), as_of=at) for at in times.times]
    assert times.late.tolist() == [False, True, True]
    assert enough_observations(times, snapshots, facts.snapshot(tmp_path / "all")) == enough


def test_parties_of_equal_content_are_dealt_over_the_folds() -> None:
    fold = party_folds(np.zeros((10, 2), np.float32), np.zeros(10, np.float32), np.zeros(10, np.int64), np.arange(10))
    assert np.bincount(fold).tolist() == [2] * 5


@pytest.mark.parametrize(
    ("span", "days", "horizon"),
    [
        pytest.param(4000, 365, 365, id="long enough"),
        pytest.param(400, 365, 100, id="a quarter of the span"),
        pytest.param(400, 30, 30, id="a shorter horizon is asked for"),
        pytest.param(3, 365, None, id="too short for a day"),
    ],
)
def test_the_horizon_is_at_most_a_quarter_of_the_time_over_which_outcomes_are_dated(
    span: int, days: int, horizon: int | None
) -> None:
    assert horizon_of(np.array([0.0, 5.0, span * DAY]), days) == horizon


def test_outcomes_of_which_too_few_have_a_date_have_no_horizon() -> None:
    assert horizon_of(np.array([0.0, 400 * DAY, np.nan])) is None
    assert horizon_of(np.array([])) is None


def test_one_stray_date_in_a_hundred_moves_no_horizon_and_no_time() -> None:
    days = np.arange(400) * DAY
    strayed = np.append(days, [-9000 * DAY, 9000 * DAY])
    assert horizon_of(strayed) == horizon_of(days) == 98
    assert observation_times(strayed, 90) == observation_times(days, 90)


def test_times_of_observation_end_one_horizon_before_the_last_outcome_and_spare_the_beginning() -> None:
    times = observation_times(np.array([0.0, 400 * DAY, np.nan]), 100)
    assert times is not None
    assert (times.times[0], times.times[-1], len(times.times)) == (100 * DAY, 300 * DAY, 12)
    assert times.late.tolist() == [False] * 9 + [True] * 3 and (times.early == ~times.late).all()
    assert observation_times(np.array([0.0, 190 * DAY]), 100) is None


def test_times_know_their_horizon_in_seconds() -> None:
    assert ObservationTimes((0.0,), 2).horizon == 2 * DAY

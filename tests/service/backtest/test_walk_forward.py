"""Orders are scored from what was known before each, by models that were trained before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.scoring.terms import Terms
from gnn.training.train import TrainingConfig
from graph.purposes import PURPOSES
from graph.schema import Consent, Outcome, Party, Relationship
from loaders.orders import Orders
from service.backtest.backtest import BacktestRequest, judged
from service.backtest.page import page
from service.backtest.verdict import Code
from service.backtest.walk_forward import (
    ASSESSED,
    UNKNOWN,
    UNTRAINED,
    ScoredOrders,
    WalkForward,
    _parts,
    before,
    snapshots_at,
    walk_forward,
)
from tests.gnn.networks import Facts
from tests.gnn.test_point_in_time import DAY, market
from tests.graph.networks import Fact, MemoryStore, load_facts

WITHIN = 150 * DAY  # of an order, a failure is its default
ODDS0 = 0.15  # about the odds of a default here
HOW = WalkForward(Terms(PURPOSES["deposit_waiver"].categories, 1.0, ODDS0), 730, TrainingConfig(), 120, 2, 4, 0)


def test_orders_are_parted_by_time_and_orders_of_one_moment_stay_together() -> None:
    assert [part.tolist() for part in _parts(np.array([1.0, 2.0, 3.0, 4.0]), 2)] == [[0, 1], [2, 3]]
    assert [part.tolist() for part in _parts(np.array([1.0, 1.0, 1.0, 4.0]), 2)] == [[0, 1, 2], [3]]
    assert [part.tolist() for part in _parts(np.array([1.0, 2.0]), 9)] == [[0], [1]]
    assert _parts(np.array([]), 2) == []
    assert before(5.0) < 5.0 and np.nextafter(before(5.0), np.inf) == 5.0


def test_orders_of_a_purpose_that_needs_consent_are_scored_from_facts_that_had_it_by_then(tmp_path: Path) -> None:
    people: list[Fact] = [Party(id, "Person") for id in ("ann", "bo")]
    consents: list[Fact] = [Consent(id, "test", "tenancy", 5.0, 9.0) for id in ("ann", "bo")]
    store = MemoryStore()
    load_facts(store, [*people, *consents, Relationship("ann", "bo", "PAYS", "1", first=1.0, last=1.0)])
    found = snapshots_at(store, [4.0, 6.0, 9.0], 1, tmp_path / "with", "tenancy")
    assert [sum(kind.facts for kind in one.kinds.values()) for one in found] == [0, 1, 0]
    everything = snapshots_at(store, [4.0, 6.0, 9.0], 1, tmp_path / "without", None)
    assert [sum(kind.facts for kind in one.kinds.values()) for one in everything] == [1, 1, 1]


def orders_of(facts: Facts, days: tuple[int, int], seed: int) -> Orders:
    """Three orders of each person who has not failed yet; something is asked of half of them, by lot."""
    random = np.random.default_rng(seed)
    rows = []
    for fact in facts.outcomes:
        for _ in range(3):
            at, asked = random.uniform(*days) * DAY, bool(random.random() < 0.5)
            fails = fact.opened if fact.outcome == "default" and fact.opened is not None else np.inf
            if fails > at:
                rows.append((at, fact.party, asked, "defaulted" if fails < at + WITHIN else "paid"))
    rows.append(((days[1] + 1) * DAY, "nobody", False, "paid"))
    rows.sort()
    time, party, asked_of, outcome = zip(*rows, strict=True)
    m, ids = len(rows), tuple(f"o{n}" for n in range(len(rows)))
    return Orders(
        ids, party, np.array(time), np.full(m, 10.0), np.array(asked_of), outcome, np.full(m, np.nan), True, {}, (), ()
    )


def reached(facts: Facts, orders: Orders, folder: Path, how: WalkForward = HOW) -> ScoredOrders:
    folder.mkdir()
    return walk_forward(orders, facts.store(), how, folder)


def later(facts: Facts, time: float) -> Facts:
    """The same network, in which all sorts of things happen after a time."""
    people = [*facts.parties, Party("late comer", "Person", valid_from=time + DAY)]
    links = [
        *facts.relationships,
        Relationship("late comer", "p001", "LENDS_TO", "x", first=time + DAY, last=time + 2 * DAY),
    ]
    links += [
        Relationship(f"p{n:03}", f"p{n + 1:03}", "GUARANTEES", "x", first=time + 1.0, last=time + 1.0)
        for n in range(0, 300, 3)
    ]
    outcomes = [*facts.outcomes, *(Outcome(f"p{n:03}", "default", "2", opened=time + 1.0) for n in range(0, 360, 2))]
    return Facts(people, links, outcomes)


@pytest.mark.slow
def test_nothing_that_happens_after_an_order_changes_its_score(tmp_path: Path) -> None:
    """Orders of the first block and of half the second one are before what is added, the others are not."""
    facts = market(3)
    every = orders_of(facts, (380, 560), 3)
    time = float(every.time[3 * len(every) // 4])
    first, again = reached(facts, every, tmp_path / "a"), reached(later(facts, time), every, tmp_path / "b")
    earlier = every.time <= time
    assert (first.are(ASSESSED) & earlier).sum() > 100
    for name in ("reached", "reached_without", "probability", "probability_without"):
        np.testing.assert_array_equal(getattr(first, name)[earlier], getattr(again, name)[earlier])
    assert np.array(first.state)[earlier].tolist() == np.array(again.state)[earlier].tolist()
    assert first.blocks == again.blocks
    assert not np.array_equal(first.reached, again.reached)  # what was added does matter later


@pytest.mark.slow
def test_in_a_market_where_the_poor_fail_the_score_replaces_a_deposit_asked_by_lot(tmp_path: Path) -> None:
    facts = market(4)
    every = orders_of(facts, (380, 560), 4)
    found = judged(every, reached(facts, every, tmp_path / "a"), BacktestRequest(PURPOSES["deposit_waiver"], ODDS0))
    assert found.scored.state[-1] == UNKNOWN
    assert found.verdict.code is Code.REPLACES, found.verdict.text
    html = page(found)
    assert html.startswith("<!doctype html>") and found.verdict.text in html and html.count("<svg") == 3


@pytest.mark.slow
def test_orders_before_enough_is_known_are_left_out_and_counted(tmp_path: Path) -> None:
    facts = market(5)
    every = orders_of(facts, (8, 12), 5)
    found = reached(facts, every, tmp_path / "a", replace(HOW, blocks=1))
    assert set(found.state) == {UNTRAINED}
    assert found.blocks[0].n_train == 0 and found.blocks[0].static_because

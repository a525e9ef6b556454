"""What rules let through and lose, on orders that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.metrics import Estimate
from graph.purposes import PURPOSES
from loaders.orders import Orders
from service.backtest.backtest import BacktestRequest, judged
from service.backtest.rates import Evidence, rates_of
from service.backtest.verdict import Code
from service.backtest.walk_forward import ASSESSED, THIN, UNKNOWN, UNTRAINED, Block, ScoredOrders

REQUEST = BacktestRequest(PURPOSES["deposit_waiver"], 0.05)


def evidence(*rows: tuple[int, bool, bool, bool, float]) -> Evidence:
    """Rows are (party, defaulted, decided, asked, amount)."""
    party, defaulted, decided, asked, amount = zip(*rows, strict=True)
    return Evidence(np.array(party), np.array(defaulted), np.array(decided), np.array(asked), np.array(amount))


def test_rates_are_counts_of_what_a_rule_lets_through() -> None:
    four = evidence(
        (0, True, True, False, 50.0), (0, False, True, False, 100.0), (1, False, False, True, 70.0),
        (2, True, True, True, 30.0),
    )  # fmt: skip
    everything, first_two, nothing = rates_of(
        four, [np.ones(4, bool), np.array([True, True, False, False]), np.zeros(4, bool)], 0
    )
    assert (everything.approved, everything.decided, everything.defaulted, everything.asked) == (4, 3, 2, 2)
    assert everything.lost == 80.0 and everything.loss is not None and everything.bad is not None
    assert everything.loss.value == pytest.approx(80 / 180)  # the open order is not decided
    assert everything.bad.value == pytest.approx(2 / 3)
    assert first_two.approve.value == 0.5 and first_two.bad is not None and first_two.bad.value == 0.5
    assert first_two.loss is not None and first_two.loss.value == pytest.approx(50 / 150)
    assert (nothing.approved, nothing.bad, nothing.loss) == (0, None, None)


def test_losses_are_resampled_by_party_and_by_the_seed_alone() -> None:
    """All orders are of one party, so that resampling parties changes nothing."""
    one_party = evidence((0, True, True, False, 10.0), (0, False, True, False, 30.0))
    (found,) = rates_of(one_party, [np.ones(2, bool)], 0)
    assert found.loss == Estimate(0.25, 0.25, 0.25)
    two = evidence((0, True, True, False, 10.0), (1, False, True, False, 30.0))
    assert rates_of(two, [np.ones(2, bool)], 7) == rates_of(two, [np.ones(2, bool)], 7)


def orders(outcome: list[str], asked: list[bool]) -> Orders:
    m = len(outcome)
    times, missing = np.arange(m, dtype=np.float64), np.full(m, np.nan)
    ids = tuple(f"o{i}" for i in range(m))
    parties = tuple(f"p{i}" for i in range(m))
    return Orders(ids, parties, times, np.ones(m), np.array(asked), tuple(outcome), missing, True, {}, (), ())


def scored(reached: list[float], state: list[str] | None = None) -> ScoredOrders:
    m = len(reached)
    values, probability = np.array(reached), np.where(np.array(reached) > 650, 0.02, 0.2)
    block = Block(0, m, 0.0, 100, 60, None)
    return ScoredOrders(
        tuple(state or [ASSESSED] * m), values, np.full(m, -np.inf), probability, probability, (block,), 0, 0.0
    )


def test_hundreds_of_orders_with_one_default_are_told_to_be_thin_evidence() -> None:
    found = judged(orders(["defaulted"] + ["paid"] * 599, [True] * 300 + [False] * 300), scored([800.0] * 600), REQUEST)
    assert found.verdict.code is Code.THIN_EVIDENCE and found.verdict.threshold is None
    assert "The evidence is thin: of 600 scored orders whose outcome is known, one defaulted." in found.verdict.text


def test_a_threshold_that_lets_more_through_and_fewer_default_is_recommended() -> None:
    """Good orders reach 800 and bad ones 610; something was asked of every other one, good or bad."""
    outcome = ["paid"] * 900 + ["defaulted"] * 100
    found = judged(orders(outcome, [False, True] * 500), scored([800.0] * 900 + [610.0] * 100), REQUEST)
    assert found.file is not None and found.file.approved == 500
    assert found.file.bad is not None and found.file.bad.value == 0.1
    assert (found.verdict.code, found.verdict.threshold) == (Code.REPLACES, 620)
    at_620 = found.rates[found.thresholds.index(620)]
    assert (at_620.approved, at_620.defaulted) == (900, 0)


def test_a_score_that_tells_nothing_is_not_recommended() -> None:
    outcome = (["paid"] * 9 + ["defaulted"]) * 100
    found = judged(orders(outcome, [False, True] * 500), scored([700.0] * 1000), REQUEST)
    assert found.verdict.code is Code.NOT_SHOWN


def test_where_something_was_asked_of_everybody_the_accepted_rate_has_to_be_named() -> None:
    outcome = ["paid"] * 900 + ["defaulted"] * 100
    all_asked, reached = orders(outcome, [True] * 1000), scored([800.0] * 900 + [610.0] * 100)
    assert judged(all_asked, reached, REQUEST).verdict.code is Code.NO_REFERENCE
    named = BacktestRequest(PURPOSES["deposit_waiver"], 0.05, max_bad_rate=0.02)
    assert judged(all_asked, reached, named).verdict.threshold == 620


def test_orders_that_cannot_be_scored_are_counted_and_never_let_through() -> None:
    states = [UNTRAINED] * 5 + [UNKNOWN] * 10 + [THIN] * 20 + [ASSESSED] * 65
    reached = [-np.inf] * 35 + [800.0] * 65
    found = judged(orders(["paid"] * 85 + ["defaulted"] * 15, [False] * 100), scored(reached, states), REQUEST)
    assert found.states == {ASSESSED: 65, THIN: 20, UNKNOWN: 10, UNTRAINED: 5}
    assert found.rates[0].approve.value == pytest.approx(65 / 95)
    said = " ".join(found.sentences)
    assert "5 of 100 orders came before" in said and "10 of 100 orders are of parties that the network" in said
    assert "20 of 100 orders are of parties of which too little was known" in said

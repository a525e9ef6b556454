"""Credit lines from events, what is exposed and expected to be lost on them, and how defaults spread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.errors import AccessError, UsageError
from graph.purposes import PURPOSES
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from service.context import ServingContext
from service.credit.book import Shares, book, line_answer, probabilities
from service.credit.contagion import called_guarantors, contagion
from service.credit.lines import CreditLine, read_lines
from service.events.recording import record
from tests.gnn.networks import Trained
from tests.graph.conftest import store, url
from tests.graph.networks import MemoryStore, load_facts

__all__ = ["store", "url"]

FRAUD = PURPOSES["fraud_investigation"]
HALF = Shares(conversion=0.5, loss=0.4)


def sent(store: GraphStore, *events: dict[str, Any], source: str = "events:bank") -> list[str]:
    line = {"line": "L1", "party": "ann", "lender": "bank"}
    done = record(store, source, [{"id": f"{source}{n}", **line, **event} for n, event in enumerate(events)])
    return [answer.state for answer in done.answers]


LIFE = (
    {"time": 1.0, "type": "credit_line_opened", "limit": 1000},
    {"time": 2.0, "type": "draw", "amount": 400},
    {"time": 3.0, "type": "repayment", "amount": 150},
    {"time": 4.0, "type": "days_past_due", "days": 35, "amount": 50},
    {"time": 5.0, "type": "credit_limit_changed", "limit": 600},
)


def test_a_line_is_what_its_events_say_as_of_any_time(store: GraphStore) -> None:
    assert sent(store, *LIFE) == ["recorded"] * 5
    sent(
        store, {"time": 1.5, "type": "draw", "amount": 7}, source="events:other"
    )  # another sender's L1 is another line
    [bank, other] = read_lines(store)
    assert (bank.limit, bank.drawn, bank.undrawn) == (600, 250, 350)
    assert (bank.days_past_due, bank.past_due_amount, bank.opened) == (35, 50, 1.0)
    assert (other.source, other.limit, other.drawn, other.undrawn) == ("events:other", None, 7, 0)
    at_two = read_lines(store, 2.0)[0]
    assert (at_two.limit, at_two.drawn, at_two.days_past_due) == (1000, 400, 0)


def test_what_is_retracted_never_was_and_what_is_closed_cannot_be_drawn(store: GraphStore) -> None:
    sent(store, *LIFE)
    closing = {"type": "credit_line_closed", "id": "c", "time": 7.0, "line": "L1", "party": "ann", "lender": "bank"}
    more = [{"type": "retraction", "id": "r", "time": 6.0, "of": "events:bank1"}, closing]
    assert [answer.state for answer in record(store, "events:bank", more).answers] == ["recorded"] * 2
    [line] = read_lines(store)
    assert (line.drawn, line.undrawn, line.closed) == (0, 0, 7.0)


def test_lines_and_days_past_due_are_in_the_network(store: GraphStore) -> None:
    sent(
        store,
        *LIFE,
        {"time": 8.0, "type": "days_past_due", "days": 90},
        {"time": 9.0, "type": "days_past_due", "days": 0},
    )
    links = [row for piece in store.read_relationships() for row in piece.to_pylist()]
    assert {(row["source"], row["kind"], row["target"], row["amount"]) for row in links} == {
        ("bank", "LENDS_TO", "ann", 1000.0), ("ann", "PAYS", "bank", 150.0),
    }  # fmt: skip
    outcomes = [row for piece in store.read_outcomes() for row in piece.to_pylist()]
    found = sorted((row["opened"], row["outcome"], row["days_late"]) for row in outcomes)
    assert found == [(4.0, "late", 35), (8.0, "default", 90), (9.0, "cured", None)]


def test_exposure_is_what_is_drawn_and_a_share_of_what_is_not() -> None:
    line = CreditLine("events:bank", "L1", "ann", "bank", limit=1000, drawn=300)
    answer = line_answer(line, 0.1, HALF)
    assert answer.exposure == 300 + 0.5 * 700
    assert answer.expected_loss == pytest.approx(0.1 * 0.4 * 650)
    unknown = line_answer(line, None, HALF)
    assert (unknown.probability, unknown.expected_loss) == (None, None)
    late = line_answer(CreditLine("events:bank", "L1", "ann", "bank", drawn=300, days_past_due=90), 0.1, HALF)
    assert (late.probability, late.expected_loss) == (1.0, pytest.approx(120))


def line(party: str, drawn: float) -> CreditLine:
    return CreditLine("events:bank", f"of {party}", party, "bank", drawn=drawn)


def test_a_book_sums_all_lines_and_lists_the_largest_losses(hamlet: Trained) -> None:
    context = ServingContext(hamlet.snapshot, hamlet.model, "m")
    lines = [line("p0001", 100), line("p0002", 5000), line("nobody", 70)]
    found = book(context, lines, FRAUD, HALF, most=2)
    known = probabilities(context, ["p0001", "p0002"], FRAUD)
    assert found.expected_loss == pytest.approx(0.4 * (100 * known["p0001"] + 5000 * known["p0002"]))
    assert (found.count, found.drawn, found.unassessed) == (3, 5170, 70)
    assert [one.party for one in found.lines] == ["p0002", "p0001"]
    with pytest.raises(AccessError, match="yes or no"):
        book(context, lines, PURPOSES["deposit_waiver"], HALF, most=2)


@pytest.fixture
def guarantees(tmp_path: Path) -> Snapshot:
    """g1 and g2 guarantee for debtor, g3 for g1; all owe something."""
    facts = MemoryStore()
    load_facts(facts, [
        *(Party(id, "Company") for id in ("debtor", "g1", "g2", "g3")),
        Relationship("g1", "debtor", "GUARANTEES", "1", amount=60.0),
        Relationship("g2", "debtor", "GUARANTEES", "2", amount=60.0),
        Relationship("g3", "g1", "GUARANTEES", "3"),
        Outcome("g2", "good", "o"),
    ])  # fmt: skip
    build_snapshot(facts, tmp_path / "snapshot")
    return Snapshot.open(tmp_path / "snapshot")


def test_guarantors_are_called_in_rounds_until_nobody_else_defaults(guarantees: Snapshot) -> None:
    row = guarantees.row_of
    exposures = {row("debtor"): 100.0, row("g1"): 30.0}
    called = called_guarantors(guarantees, exposures, {row("g1"): 40.0, row("g2"): 60.0}, [row("debtor")])
    # 100 is exposed and 120 guaranteed: each guarantor is called for 50. g1 can pay 40, so its 30 are called from g3.
    assert called.rounds == ((row("debtor"),), (row("g1"),))
    assert called.claims == {row("g1"): 50.0, row("g2"): 50.0, row("g3"): 30.0}


def test_nobody_fails_by_a_call_that_it_can_pay_or_of_unknown_capacity(guarantees: Snapshot) -> None:
    row = guarantees.row_of
    called = called_guarantors(guarantees, {row("debtor"): 100.0}, {row("g1"): 50.0}, [row("debtor")])
    assert called.rounds == ((row("debtor"),),)
    nothing = called_guarantors(guarantees, {}, {}, [row("debtor")])
    assert nothing.claims == {}


def test_a_default_moves_what_is_expected_to_be_lost_on_others(hamlet: Trained) -> None:
    context = ServingContext(hamlet.snapshot, hamlet.model, "m")
    lines = [line(f"p{number:04}", 100) for number in range(60)]
    found = contagion(context, lines, ["p0003"], FRAUD, HALF, None, most=5)
    assert found.rounds == (("p0003",),) and found.exposure == 100
    assert found.loss == pytest.approx(0.4 * (100 - found.recovered))
    assert found.expected_loss_after > found.expected_loss  # bad news is never good news
    assert 0 < len(found.lines) <= 5 and all(one.line.party != "p0003" for one in found.lines)
    with pytest.raises(UsageError, match="no party has a number called 'gold'"):
        contagion(context, lines, ["p0003"], FRAUD, HALF, "gold", most=5)
    with pytest.raises(UsageError, match="name at least one"):
        contagion(context, lines, [], FRAUD, HALF, None, most=5)

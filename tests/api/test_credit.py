"""/v1/credit-lines and /v1/book-contagions: the book of events that were sent in, for those who investigate."""

from __future__ import annotations

import time

import pytest

from tests.api.own_home import Server
from tests.house import TRUSTED, House


@pytest.fixture
def lent(server: Server, house: House) -> Server:
    """A bank lent to a party that nobody guarantees for but the shop, and to the shop."""
    line = {"lender": "bank", "time": time.time()}
    events = [
        {"id": "1", "type": "credit_line_opened", "line": "a", "party": TRUSTED, "limit": 100, **line},
        {"id": "2", "type": "draw", "line": "a", "party": TRUSTED, "amount": 60, **line},
        {"id": "3", "type": "credit_line_opened", "line": "b", "party": house.shop, "limit": 1000, **line},
        {"id": "4", "type": "guarantee_made", "guarantee": "g", "guarantor": house.shop, "debtor": TRUSTED,
         "amount": 20, "time": time.time()},
    ]  # fmt: skip
    answer = server.ask("admin")("/v1/events", "POST", json={"events": events})
    assert answer.json["recorded"] == 4, answer.json
    return server


def test_lines_have_what_is_exposed_and_expected_to_be_lost(lent: Server) -> None:
    book = lent.ask()("/v1/credit-lines", conversion=0.5, loss=0.2).json
    assert (book["count"], book["limit"], book["drawn"], book["exposure"]) == (2, 1100, 60, 80 + 500)
    assert book["expected_loss"] == pytest.approx(sum(line["expected_loss"] for line in book["lines"]))
    [line] = lent.ask()("/v1/credit-lines", party=TRUSTED, conversion=0.5, loss=0.2).json["lines"]
    score = lent.ask().of(TRUSTED, "scores").json
    assert line["probability"] == score["probability"]
    assert line["expected_loss"] == pytest.approx(0.2 * 80 * score["probability"])
    assert lent.ask()("/v1/credit-lines", lender="nobody").json["count"] == 0
    assert lent.ask()("/v1/credit-lines", at=0).json["count"] == 0


def test_a_default_is_called_from_the_guarantor(lent: Server, house: House) -> None:
    body = {"defaults": [TRUSTED], "conversion": 0.5}
    spread = lent.ask()("/v1/book-contagions", "POST", json=body).json
    assert spread["rounds"] == [[TRUSTED]] and (spread["exposure"], spread["recovered"]) == (80, 20)
    [called] = spread["called"]
    assert (called["guarantor"], called["called"], called["capacity"]) == (house.shop, 20, None)
    assert spread["loss"] == pytest.approx(0.4 * 60)
    unknown = lent.ask()("/v1/book-contagions", "POST", json={**body, "capacity": "gold"})
    assert unknown.status_code == 422 and "no party has a number called 'gold'" in unknown.json["detail"]


def test_a_service_is_told_no_book(lent: Server) -> None:
    assert lent.ask("service")("/v1/credit-lines").status_code == 403
    asked = lent.ask("service")("/v1/book-contagions", "POST", json={"defaults": [TRUSTED]})
    assert asked.status_code == 403
    yes_or_no = lent.ask()("/v1/credit-lines", purpose="deposit_waiver")
    assert yes_or_no.status_code == 403 and "yes or no" in yes_or_no.json["detail"]

"""POST /v1/scores: many parties at once, each answered as if it were asked about alone."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.api.conftest import Asker
from tests.api.test_problems import problem
from tests.house import LONELY, ODD_IDS, House


def test_each_item_is_the_single_answer_to_the_byte(ask: Asker, house: House) -> None:
    parties = [house.member, "nobody", LONELY, *ODD_IDS, house.member]
    query = {"purpose": "lending", "include": "reasons", "threshold": 600, "language": "zh"}
    batch = ask("/v1/scores", method="POST", json={"parties": parties, **query})
    assert batch.status_code == 200
    singles = [ask.of(party, "scores", **query).data for party in parties]
    assert batch.data == b'{"scores":[' + b",".join(singles) + b"]}"


def test_the_bytes_sent_are_canonical_and_the_receipt_is_their_digest(ask: Asker, house: House) -> None:
    sent = ask.of(house.member, "scores").data
    content = json.loads(sent)
    assert json.dumps(content, sort_keys=True, separators=(",", ":")).encode() == sent
    receipt, statements = content.pop("receipt"), content.pop("statements")
    assert statements == []  # which may come later, and are no part of it
    assert hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == receipt


def test_a_thousand_parties_are_scored_at_once_and_one_more_is_too_many(ask: Asker, house: House) -> None:
    answer = ask("/v1/scores", method="POST", json={"parties": [house.member] * 1000})
    assert len(answer.json["scores"]) == 1000
    problem(ask("/v1/scores", method="POST", json={"parties": [house.member] * 1001}), 400)
    problem(ask("/v1/scores", method="POST", json={"parties": []}), 400)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"parties": ["a"], "threshold": 349}, "threshold"),
        ({"parties": ["a"], "threshold": 951}, "threshold"),
        ({"parties": ["a"], "threshold": "600"}, "threshold"),
        ({"parties": ["a"], "threshold": True}, "threshold"),
        ({"parties": ["a"], "nonsense": 1}, "nonsense"),
        ({"parties": ["x" * 1025]}, "parties"),
    ],
)
def test_a_wrong_question_is_400_and_names_what_is_wrong(ask: Asker, question: object, words: str) -> None:
    assert words in problem(ask("/v1/scores", method="POST", json=question), 400).detail


def test_a_purpose_with_a_threshold_takes_no_other(ask: Asker) -> None:
    question = {"parties": ["a"], "purpose": "deposit_waiver", "threshold": 600}
    assert "threshold of its own" in problem(ask("/v1/scores", method="POST", json=question), 422).detail

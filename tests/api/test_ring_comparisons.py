"""/v1/ring-comparisons: two rings side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask

from graph.schema import IDENTIFIER_KINDS
from tests.api.conftest import Asker

PATH = "/v1/ring-comparisons"


@pytest.fixture(scope="module")
def rings(ask: Asker) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask("/v1/rings", limit=500).json["rings"]
    return found


def _members(ring: dict[str, Any]) -> set[str]:
    return {one["party"] for one in ring["members"]}


def _around(ask: Asker, party: str) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = ask.of(party, "neighbours", limit=1000).json["neighbours"]
    return links


def test_what_lies_between_two_rings_is_what_their_members_neighbours_say(
    ask: Asker, rings: list[dict[str, Any]]
) -> None:
    one, two = rings[:2]
    answer = ask(PATH, ring=one["ring"], other=two["ring"]).json
    assert (answer["ring"], answer["other"]) == (one, two)
    assert {each["party"] for each in answer["both"]} == _members(one) & _members(two)

    mine, its = _members(one) - _members(two), _members(two) - _members(one)
    around = {party: _around(ask, party) for party in mine | its}
    between: dict[str, set[tuple[str, str]]] = {}
    for party in mine:
        for link in around[party]:
            if link["party"] in its:
                between.setdefault(link["kind"], set()).add((party, link["party"]))
    assert {each["kind"]: each["pairs"] for each in answer["links"]} == {kind: len(x) for kind, x in between.items()}

    outside = _members(one) | _members(two)
    tied = {
        party: [sum(any(link["party"] == party for link in around[m]) for m in side) for side in (mine, its)]
        for party in {link["party"] for links in around.values() for link in links} - outside
    }
    both = {party: counts for party, counts in tied.items() if min(counts) > 0}
    assert answer["parties_total"] + answer["identifiers_total"] == len(both)
    for each in (*answer["parties"], *answer["identifiers"]):
        assert [each["members"], each["members_of_other"]] == both[each["party"]]
        assert (each in answer["identifiers"]) == (each["kind"] in IDENTIFIER_KINDS)


def test_a_ring_beside_itself_shares_every_member_in_its_role(ask: Asker, rings: list[dict[str, Any]]) -> None:
    answer = ask(PATH, ring=rings[0]["ring"], other=rings[0]["ring"]).json
    roles = [(one["party"], one["role"], one["role_in_other"]) for one in answer["both"]]
    assert roles == [(one["party"], one["role"], one["role"]) for one in rings[0]["members"]]
    assert answer["links"] == [] and answer["parties_total"] == 0


def test_a_ring_that_is_not_there_is_said_to_be_missing_and_a_service_sees_none(
    app: APIFlask, make_key: Callable[..., str], ask: Asker, rings: list[dict[str, Any]]
) -> None:
    assert ask(PATH, ring=rings[0]["ring"], other="ring-nothing").status_code == 404
    question = {"ring": rings[0]["ring"], "other": rings[1]["ring"]}
    assert Asker(app, make_key("service"))(PATH, **question).status_code == 403

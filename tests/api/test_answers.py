"""Every endpoint: what it answers, page by page, and for ids that a path could mistake."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.answers.explanations import ExplanationAnswer
from service.answers.parties import LinkPage, PartyPage, PartyRecord
from service.answers.paths import PathList
from service.answers.profiles import PartyProfile
from service.answers.relationships import RelationshipRisk
from service.answers.scores import ScoreAnswer
from service.answers.subgraphs import Subgraph
from tests.api.conftest import Asker
from tests.house import DISTRUSTED, ODD_IDS, TRUSTED, House

# ------------------------------------------------------------------------------------------- parties


def test_a_score_over_http_is_that_of_the_command(ask: Asker, house: House) -> None:
    for purpose in ("fraud_investigation", "lending", "deposit_waiver"):
        over_http = ask.of(house.member, "scores", include="reasons", purpose=purpose)
        assert over_http.status_code == 200
        said = house.kith("score", house.member, "--purpose", purpose)
        assert said.json == {"scores": [over_http.json], "unknown": []}
        ScoreAnswer.model_validate(over_http.json)
    assert ask.of(house.member, "scores").json["reasons"] is None


def test_an_explanation_over_http_is_that_of_the_command(ask: Asker, house: House) -> None:
    answer = ask.of(house.member, "explanations")
    said = house.kith("explain", house.member)
    assert answer.json == said.json
    (ring,) = answer.json["rings"]  # of the planted ring that it is a member of
    members = {member["party"] for member in ring["members"]}
    planted = set(house.truth.rings["ring_01"])
    assert len(members & planted) >= len(members | planted) / 2
    assert f"{ring['ring']}, {ring['level'].replace('_', ' ')}: " in said.out
    assert house.kith("explain", house.member, "--purpose", "lending").json["rings"] == []  # which bars categories
    assert house.kith("explain", house.member, "--audience", "subject").json["rings"] == []
    ExplanationAnswer.model_validate(answer.json)


def test_a_relationship_over_http_is_that_of_the_command(ask: Asker, house: House) -> None:
    member, other = house.truth.rings["ring_01"][:2]
    answer = ask("/v1/relationship-risk", source=member, target=other, exposure=1000, include="contagion")
    assert answer.status_code == 200
    assert answer.json == house.kith("relationship", member, other, "--exposure", "1000").json
    RelationshipRisk.model_validate(answer.json)


def test_trust_has_a_direction(ask: Asker) -> None:
    answer = ask("/v1/relationship-risk", source=TRUSTED, target=DISTRUSTED).json
    assert answer["trust"] < 0 < answer["trust_back"]


def test_a_record_says_what_is_known_of_a_party_itself(ask: Asker, house: House) -> None:
    answer = ask.of(house.member)
    found = PartyRecord.model_validate(answer.json)
    assert (found.party, found.kind, found.implied) == (house.member, "Person", False)
    assert "sex" in found.protected_attributes and "sex" not in found.attributes


def test_a_service_is_not_told_protected_attributes(app: Any, make_key: Any, house: House) -> None:
    assert Asker(app, make_key("service")).of(house.member).json["protected_attributes"] == {}


@pytest.mark.parametrize("party", ODD_IDS)
def test_any_id_can_be_asked_about_as_one_encoded_segment(ask: Asker, party: str) -> None:
    for what in ("parties", "scores", "explanations", "neighbours"):
        answer = ask.of(party, what)
        assert (answer.status_code, answer.json["party"]) == (200, party)
    assert ask.of(party).json["name"] == f"Odd {party}"
    found = ask("/v1/parties", q=party).json["parties"]
    assert party in [one["party"] for one in found]
    related = ask("/v1/relationship-risk", source=party, target=TRUSTED)
    assert (related.status_code, related.json["source"]) == (200, party)


def test_a_slash_that_was_not_encoded_belongs_to_the_id(ask: Asker) -> None:
    """`a` and `a/score` are both parties; nothing stands behind an id in a path."""
    assert ask("/v1/scores/a").json["party"] == "a"
    assert ask("/v1/scores/a/score").json["party"] == ask("/v1/scores/a%2Fscore").json["party"] == "a/score"
    assert ask("/v1/parties/a/record").status_code == 404


# ---------------------------------------------------------------------------------------- collections


def pages(ask: Asker, path: str, **query: Any) -> list[Any]:
    found, cursor = [], None
    while True:
        page = ask(path, **query, **({"cursor": cursor} if cursor else {})).json
        found.append(page)
        cursor = page["next"]
        if cursor is None:
            return found


def test_neighbours_come_in_pages_that_together_are_all_of_them(ask: Asker, house: House) -> None:
    path = f"/v1/neighbours/{house.shop}"
    whole = LinkPage.model_validate(ask(path, limit=1000).json)
    assert whole.next is None and len(whole.neighbours) == whole.total > 50
    assert whole.total == sum(each.out + each.in_ for each in whole.counts.values())
    found = pages(ask, path, limit=17)
    assert [link for page in found for link in page["neighbours"]] == ask(path, limit=1000).json["neighbours"]
    assert all(page["total"] == whole.total for page in found), "every page says how many there are"
    assert all(len(page["neighbours"]) == 17 for page in found[:-1])


def test_neighbours_of_chosen_kinds(ask: Asker, house: House) -> None:
    path = f"/v1/neighbours/{house.member}"
    whole = ask(path, limit=1000).json
    for kinds in ("CALLS", "CALLS,PAYS"):
        some = ask(path, limit=1000, kind=kinds).json
        assert {link["kind"] for link in some["neighbours"]} == set(kinds.split(","))
        assert some["counts"] == {kind: whole["counts"][kind] for kind in kinds.split(",")}
    assert ask(path, kind="MANAGES").json["total"] == 0
    assert ask(path, kind="ENVIES").status_code == 404


def test_a_cursor_belongs_to_its_snapshot_and_question(ask: Asker, house: House) -> None:
    path = f"/v1/neighbours/{house.shop}"
    cursor = ask(path, limit=1).json["next"]
    foreign = ("0" if cursor[0] != "0" else "1") + cursor[1:]
    elsewhere = f"/v1/neighbours/{house.member}"
    for where, query in ((path, {"cursor": foreign}), (elsewhere, {"cursor": cursor}), (path, {"cursor": "x"})):
        answer = ask(where, **query)
        assert answer.status_code == 409 and "cursor" in answer.json["detail"]
    assert ask(path, cursor=cursor, kind="CALLS").status_code == 409
    searched = ask("/v1/parties", limit=1).json["next"]
    assert ask("/v1/parties", cursor=searched).status_code == 200
    for wrong in ("0" * 16 + searched[16:], searched + "x", "-", "٣"):
        assert ask("/v1/parties", cursor=wrong).status_code == 409
    assert ask("/v1/parties", cursor=searched, q="odd").status_code == 409


def test_search_finds_by_words_of_ids_and_names_and_says_why(ask: Asker) -> None:
    def found(text: str) -> list[str]:
        page = PartyPage.model_validate(ask("/v1/parties", q=text, limit=500).json)
        return [one.party for one in page.parties]

    assert found("TWO//SL") == ["two//slashes"] and found("odd id.with") == ["ID.with.dots"]
    assert set(ODD_IDS) <= set(found("odd "))
    (why,) = ask("/v1/parties", q="slashes two").json["parties"]
    assert [(match["word"], match["how"]) for match in why["matches"]] == [("slashes", "word"), ("two", "word")]
    assert found("no such party anywhere") == []
    assert [one["party"] for page in pages(ask, "/v1/parties", q="odd ", limit=4) for one in page["parties"]] == found(
        "odd "
    )


def test_paths_lead_from_one_party_to_another(ask: Asker, house: House) -> None:
    answer = PathList.model_validate(ask("/v1/paths", source="a", target="b/c").json)
    assert answer.paths[0].parties == ("a", house.member, "b/c") and answer.paths[0].hops == 2
    assert [step.kinds[0].kind for step in answer.paths[0].steps] == ["FRIEND_OF", "FRIEND_OF"]
    assert ask("/v1/paths", source="a", target="lonely").json["paths"] == []
    assert ask("/v1/paths", source="a", target="b/c", kind="PAYS").json["paths"] == []
    assert ask("/v1/paths", source="a", target="b/c", kind="ENVIES").status_code == 404


def test_a_profile_is_the_record_with_all_that_hangs_on_it(ask: Asker, house: House) -> None:
    profile = PartyProfile.model_validate(ask(f"/v1/profiles/{house.member}", purpose="fraud_investigation").json)
    assert profile.record.party == house.member and profile.score is not None and profile.rings
    assert {links.kind: links.counts for links in profile.links} == profile.record.links
    assert any(shared.shared for shared in profile.identifiers)


def test_an_export_is_the_parties_around_one_and_every_link_among_them(ask: Asker, house: House) -> None:
    around = Subgraph.model_validate(ask("/v1/exports/a", hops=1).json)
    assert {party.party for party in around.parties} == {"a", house.member}
    assert {(link.source, link.target) for link in around.links} >= {("a", house.member)}
    assert ask("/v1/exports/a", hops=1, kind="PAYS").json["total"] == 1
    assert ask("/v1/exports/a", hops=9).status_code == 400


# ------------------------------------------------------------------------------- conditional requests


def test_an_answer_that_did_not_change_is_not_sent_again(ask: Asker, house: House) -> None:
    path = f"/v1/scores/{house.member}"
    first = ask(path)
    again = ask(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"] and again.headers["X-Request-ID"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    other = ask(path, purpose="lending", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200 and other.headers["ETag"] != first.headers["ETag"]


def test_another_scale_has_another_etag(ask: Asker, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever identifies an answer stands in it, and the tag is made of all of it."""
    pair = {"source": house.member, "target": house.shop}
    questions: list[tuple[str, dict[str, str]]] = [
        (f"/v1/scores/{house.member}", {}),
        (f"/v1/explanations/{house.shop}", {}),
        ("/v1/relationship-risk", pair),
    ]
    usual = {ask(path, **query).headers["ETag"] for path, query in questions}
    monkeypatch.setattr(ask.app.extensions["kith.context"], "odds0", 0.06)
    other = {ask(path, **query).headers["ETag"] for path, query in questions}
    assert len(usual) == len(other) == 3 and not usual & other


def test_a_request_id_is_echoed_outside_the_answer(ask: Asker) -> None:
    named = ask("/v1/scores/a", headers={"X-Request-ID": "ask-1.b_2"})
    unnamed = ask("/v1/scores/a", headers={"X-Request-ID": "no spaces\x00please"[:9]})
    assert named.headers["X-Request-ID"] == "ask-1.b_2"
    assert unnamed.headers["X-Request-ID"] not in {"", "no spaces"}
    assert named.data == unnamed.data


# ---------------------------------------------------------------------------------------- operations


def test_health_and_readiness_need_no_key(app: Any, house: House) -> None:
    anybody = Asker(app, None)
    assert anybody("/healthz").json == {"status": "ok"}
    ready = anybody("/readyz").json
    assert (ready["status"], ready["snapshot"], ready["model"]) == (
        "ready", house.made["snapshot"]["id"], house.made["train"]["id"]
    )  # fmt: skip


def test_metrics_count_by_route_and_never_by_party(app: Any, ask: Asker, house: House) -> None:
    ask.of(house.member, "scores")
    ask("/healthz", method="GOSSIP")
    text = Asker(app, None)("/metrics").text
    assert 'kith_requests_total{method="GET",route="/v1/scores/{id}",status="200"}' in text
    assert house.member not in text and "GOSSIP" not in text


def test_the_page_of_what_can_be_asked_fetches_nothing_from_elsewhere(app: Any) -> None:
    page = Asker(app, None)("/docs")
    assert page.status_code == 200 and "/v1/scores/{id}" in page.text
    assert "http://" not in page.text and "https://" not in page.text and "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_page_says_what_every_field_means_and_may_be(app: Any) -> None:
    text = Asker(app, None)("/docs").text
    _, _, simulation = text.partition("POST /v1/simulations")
    assert "<td><code>add</code></td><td>body</td><td></td>" in simulation
    assert "1 to 10000. Default 20." in simulation
    assert "One of deposit_waiver, fraud_investigation, lending, merchant_onboarding." in simulation
    assert "What is known of a party itself" in text and "Protected attributes are disclosed" in text
    unsaid = re.findall(r"<code>(\w+)</code></td><td>\w+</td><td>\w*</td><td></td>", text)
    assert unsaid == []

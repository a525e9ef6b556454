"""/v1/pictures and /v1/expansions: what is drawn, what ties it, and what is not drawn."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIFlask

from tests.api.conftest import Asker
from tests.house import House

ORDERS = ("riskiest", "strongest")


def test_a_picture_has_the_scores_of_its_parties_the_links_among_them_and_what_is_not_drawn(
    ask: Asker, house: House
) -> None:
    one, two = house.truth.rings["ring_01"][:2]
    answer = ask("/v1/pictures", "POST", json={"parties": [one, two, one, "nobody"]}).json
    assert [party["party"] for party in answer["parties"]] == [one, two]
    assert answer["missing"] == ["nobody"]
    for party in answer["parties"]:
        score = ask.of(party["party"], "scores").json
        assert (party["score"], party["level"]) == (score["score"], score["level"])
    ends = {(link["source"], link["target"]) for link in answer["links"]}
    assert ends and ends <= {(one, two), (two, one)}


def test_the_links_of_a_kind_from_one_to_another_are_one_with_their_sums(ask: Asker, house: House) -> None:
    one = house.member
    page = ask.of(one, "neighbours", kind="CALLS", limit=1000).json["neighbours"]
    other = page[0]["party"]
    calls = [link for link in page if link["party"] == other and link["direction"] == "out"]
    links = ask("/v1/pictures", "POST", json={"parties": [one, other]}).json["links"]
    drawn = next(link for link in links if (link["source"], link["kind"]) == (one, "CALLS"))
    assert (drawn["links"], drawn["count"]) == (len(calls), sum(link["count"] for link in calls))
    assert (drawn["first"], drawn["last"]) == (min(c["first"] for c in calls), max(c["last"] for c in calls))


def test_neighbours_are_counted_once_each_by_kind_and_in_all(ask: Asker, house: House) -> None:
    party = ask("/v1/pictures", "POST", json={"parties": [house.member]}).json["parties"][0]
    links = ask.of(house.member, "neighbours", limit=1000).json["neighbours"]
    assert party["total"] == len({link["party"] for link in links} - {house.member})
    for kind, count in party["neighbours"].items():
        assert count == len({link["party"] for link in links if link["kind"] == kind} - {house.member})


def test_an_expansion_has_the_known_bad_first_then_the_lowest_scores(ask: Asker, house: House) -> None:
    answer = ask.of(house.member, "expansions", limit=300).json
    order = [(not party["known_bad"], party["score"] or 1_000) for party in answer["parties"]]
    assert order == sorted(order) and len(order) == answer["total"] == answer["considered"]


def test_the_pages_of_an_expansion_are_the_whole_and_name_everybody_once(ask: Asker, house: House) -> None:
    whole = [party["party"] for party in ask.of(house.shop, "expansions", order="strongest", limit=300).json["parties"]]
    paged: list[str] = []
    cursor = None
    while True:
        sent = {"cursor": cursor} if cursor else {}
        page = ask.of(house.shop, "expansions", order="strongest", limit=7, **sent).json
        paged += [party["party"] for party in page["parties"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == whole and len(set(paged)) == len(paged) == page["total"]


def test_an_expansion_over_a_kind_counts_all_kinds_of_the_others(ask: Asker, house: House) -> None:
    one = ask.of(house.member, "expansions", kind="PAYS", limit=1).json["parties"][0]
    drawn = ask("/v1/pictures", "POST", json={"parties": [one["party"]]}).json["parties"][0]
    assert one == drawn


def test_links_of_barred_categories_are_neither_drawn_nor_counted(
    app: APIFlask, make_key: Callable[..., str], house: House
) -> None:
    """Lending may not use calls."""
    lender = Asker(app, make_key("investigator", "lending"))
    one, two = house.truth.rings["ring_01"][:2]
    answer = lender("/v1/pictures", "POST", json={"parties": [one, two], "purpose": "lending"}).json
    assert not {link["category"] for link in answer["links"]} & {"contact", "identifier", "social"}
    assert "CALLS" not in answer["parties"][0]["neighbours"]
    assert lender.of(one, "expansions", kind="CALLS").status_code == 403


def test_a_purpose_of_yes_or_no_discloses_no_score_and_no_order_by_it(ask: Asker, house: House) -> None:
    body = {"parties": [house.member], "purpose": "deposit_waiver"}
    party = ask("/v1/pictures", "POST", json=body).json["parties"][0]
    assert (party["score"], party["level"]) == (None, None)
    orders = [
        ask.of(house.member, "expansions", purpose="deposit_waiver", order=order).json["parties"] for order in ORDERS
    ]
    assert orders[0] == orders[1]


def test_a_service_draws_nothing(app: APIFlask, make_key: Callable[..., str], house: House) -> None:
    service = Asker(app, make_key("service", "lending"))
    assert service("/v1/pictures", "POST", json={"parties": [house.member]}).status_code == 403
    assert service.of(house.member, "expansions").status_code == 403


def test_wrong_questions_are_refused(ask: Asker, house: House) -> None:
    assert ask("/v1/pictures", "POST", json={"parties": []}).status_code == 400
    assert ask("/v1/pictures", "POST", json={"parties": [house.member], "more": 1}).status_code == 400
    assert ask.of("nobody", "expansions").status_code == 404
    assert ask.of(house.member, "expansions", order="best").status_code == 400
    assert ask.of(house.member, "expansions", limit=0).status_code == 400

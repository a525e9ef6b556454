"""Objections: a person decides while one is open, and afterwards what the reviewer decided holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.errors import DoesNotFit, StateConflict, UnknownRecord, UsageError, VersionConflict
from graph.purposes import PURPOSES, purpose_of_rules
from service.rights.disputes.handling import Office
from service.rights.disputes.statements import attach, list_statements, withdraw
from service.rights.legal.legal_profiles import legal_profile
from service.rights.objections.matter_book import MatterBook
from service.rights.objections.objection import Objection, objected, objection_moved, purpose_after
from service.rights.objections.reviewing import list_objections, move_objection, open_objection
from tests.service.rights.conftest import Bank

ADA, BEA = "Ada Lim", "Bea Sun"
LENDING, FRAUD = PURPOSES["lending"], PURPOSES["fraud_investigation"]


def to_machines() -> Objection:
    return objected("ann", "automated_decisions", None, None, "a person shall decide", 1.0)


def to_trust() -> Objection:
    return objected("ann", "category", "trust", "lending", "ratings are gossip", 1.0)


def test_while_one_is_open_a_person_decides() -> None:
    for objection in (to_machines(), to_trust()):
        assert purpose_after(LENDING, [objection]).objected
    assert not purpose_after(LENDING, [to_machines()]).review  # so the answer is withheld
    assert purpose_after(FRAUD, [to_machines()]).review  # so it is given, and says that it needs review


def test_a_category_is_left_out_at_once_for_its_purpose_alone_and_for_good_where_it_is_upheld() -> None:
    assert purpose_after(LENDING, [to_trust()]).categories == LENDING.categories - {"trust"}
    assert purpose_after(FRAUD, [to_trust()]) == FRAUD
    upheld = objection_moved(to_trust(), "uphold", ADA, 2.0, "it is gossip")
    assert purpose_after(LENDING, [upheld]) == replace(LENDING, categories=LENDING.categories - {"trust"})
    overruled = objection_moved(to_trust(), "overrule", ADA, 2.0, "ratings are verified", BEA)
    assert purpose_after(LENDING, [overruled]) == LENDING


def test_where_it_is_upheld_a_person_always_decides_and_the_answer_is_not_withheld() -> None:
    after = purpose_after(LENDING, [objection_moved(to_machines(), "uphold", ADA, 2.0, "agreed")])
    assert after.objected and after.review


def test_a_purpose_without_objections_keeps_its_policy_and_one_with_them_is_read_again() -> None:
    assert "objected" not in LENDING.rules()
    after = purpose_after(LENDING, [to_machines()])
    assert after.policy() != LENDING.policy() and purpose_of_rules(after.rules()) == after


def test_against_the_party_two_people_decide_and_it_appeals() -> None:
    with pytest.raises(UsageError, match="second"):
        objection_moved(to_machines(), "overrule", ADA, 2.0, "no", ADA)
    overruled = objection_moved(to_machines(), "overrule", ADA, 2.0, "no", BEA)
    with pytest.raises(StateConflict, match="only appeal"):
        objection_moved(overruled, "uphold", ADA, 3.0, "yes")
    appealed = objection_moved(overruled, "appeal", "ann", 3.0, "look again", of_party=True)
    assert purpose_after(LENDING, [appealed]).objected
    with pytest.raises(StateConflict, match="not for the party"):
        objection_moved(appealed, "uphold", "ann", 4.0, "yes", of_party=True)


@pytest.mark.parametrize(("to", "category"), [("category", None), ("automated_decisions", "trust")])
def test_an_objection_to_a_category_names_it(to: str, category: str | None) -> None:
    with pytest.raises(DoesNotFit, match="category"):
        objected("ann", to, category, None, "why", 1.0)  # type: ignore[arg-type]


def test_objections_are_kept_and_only_their_party_and_reviewers_see_them(office: Office) -> None:
    made = open_objection(office, "ann", "automated_decisions", None, None, "a person shall decide", "ann")
    with pytest.raises(UnknownRecord):
        move_objection(office, made.objection, 1, "withdraw", "bo", party="bo")
    after = move_objection(office, made.objection, 1, "withdraw", "ann", party="ann")
    with pytest.raises(VersionConflict):
        move_objection(office, made.objection, 1, "uphold", ADA, "yes")
    assert list_objections(office, "ann").objections == (after,) and list_objections(office, "bo").objections == ()


def test_a_process_knows_of_an_objection_once_it_looks(office: Office) -> None:
    book = MatterBook(office.records)
    assert book.purpose_for(["ann"], LENDING) is LENDING
    made = open_objection(office, "ann", "automated_decisions", None, None, "a person shall decide", "ann")
    book.look_again()
    assert book.purpose_for(["ann"], LENDING).objected and list(book.objecting(LENDING)) == ["ann"]
    assert book.purpose_for(["bo"], LENDING) == LENDING
    move_objection(office, made.objection, 1, "withdraw", "ann", party="ann")
    book.look_again()
    assert not book.has_objections()


def test_a_statement_stands_in_place_of_the_one_before_until_it_is_withdrawn(office: Office, bank: Bank) -> None:
    name, law, book = bank.default().name, legal_profile("us_fcra"), MatterBook(office.records)
    attach(office.records, office.store, "ann", name, "I was ill.", law, "ann", office.now)
    attach(office.records, office.store, "ann", name, "I was ill, and paid.", law, "ann", office.now)
    (one,) = book.statements_of(["ann", "bo"])
    assert (one.text, one.told().about, one.told().source) == ("I was ill, and paid.", "default", "bank")
    with pytest.raises(UsageError, match="100 words"):
        attach(office.records, office.store, "ann", name, "no " * 101, law, "ann", office.now)
    with pytest.raises(UnknownRecord):
        attach(office.records, office.store, "bo", name, "not mine", law, "bo", office.now)
    withdraw(office.records, one.statement, "ann", office.now, "ann")
    book.look_again()
    assert book.statements_of(["ann"]) == []
    assert [one.state for one in list_statements(office.records, "ann").statements] == ["withdrawn", "withdrawn"]

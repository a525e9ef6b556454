"""What is asked of Kith about one party: purposes, retention, receipts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from graph.errors import AccessError, UnknownParty, UsageError
from graph.purposes import PURPOSES, purpose_named
from service.answers import parties, scores
from service.answers.explanations import explanation
from service.answers.scores import ScoreQuestion
from service.context import ServingContext
from tests.house import FORGIVEN, LONELY, House


@pytest.fixture(scope="module")
def context(house: House) -> ServingContext:
    return house.context()


def test_the_same_question_has_the_same_receipt_and_another_question_another(
    context: ServingContext, house: House
) -> None:
    purpose = purpose_named("lending")
    asked = scores.score(context, house.member, purpose)
    assert asked == scores.score(house.context(), house.member, purpose)
    others = [
        scores.score(context, house.shop, purpose),
        scores.score(context, house.member, purpose_named("merchant_onboarding")),
        scores.score(context, house.member, replace(purpose, retention_days=1)),
    ]
    assert len({asked.receipt, *(other.receipt for other in others)}) == 4


def test_a_receipt_covers_everything_that_is_said(context: ServingContext, house: House) -> None:
    plain = scores.score(context, house.member, purpose_named("lending"))
    with_reasons = scores.score(context, house.member, purpose_named("lending"), with_reasons=True)
    assert plain.receipt != with_reasons.receipt
    assert (plain.score, plain.probability) == (with_reasons.score, with_reasons.probability)


def test_a_threshold_purpose_discloses_yes_or_no_and_nothing_that_tells_more(
    context: ServingContext, house: House
) -> None:
    purpose = purpose_named("deposit_waiver")
    for party in (house.member, house.shop):
        answer = scores.score(context, party, purpose, with_reasons=True)
        assert answer.approved in {True, False}
        assert (answer.score, answer.probability, answer.level) == (None, None, None)
        assert all(reason.points is None and reason.evidence is None for reason in answer.reasons or ())
        assert not any(character.isdigit() for reason in answer.reasons or () for character in reason.text)
    with pytest.raises(AccessError, match="yes or no"):
        explanation(context, house.member, purpose)


def test_the_yes_or_no_is_that_of_the_score_against_the_threshold(context: ServingContext, house: House) -> None:
    closed = purpose_named("deposit_waiver")
    open_ = replace(closed, threshold=None)
    assert closed.threshold is not None
    for party in [*house.truth.rings["ring_01"], house.shop]:
        score = scores.score(context, party, open_).score
        if score is not None:
            approved = scores.score(context, party, closed).approved
            assert approved in {False, score >= closed.threshold}


def test_barred_categories_are_no_part_of_an_answer(context: ServingContext, house: House) -> None:
    lending = purpose_named("lending")
    assert "identifier" not in lending.categories and "contact" not in lending.categories
    answer = explanation(context, house.member, lending)
    assert set(answer.contributions) <= {"own", *lending.categories}
    codes = {reason.code for reason in answer.reasons}
    assert not codes & {"SHARED_IDENTIFIER", "LINKS_IDENTIFIER", "LINKS_CONTACT", "LINKS_SOCIAL"}
    wide = explanation(context, house.member, purpose_named("fraud_investigation"))
    assert {"identifier", "contact"} <= set(wide.contributions)


def test_an_outcome_counts_as_long_as_the_purpose_may_remember_it(context: ServingContext) -> None:
    """A default that closed in 2019, asked about in a town whose newest fact is of 2025."""
    long, short = purpose_named("fraud_investigation"), purpose_named("deposit_waiver")
    assert (long.retention_days, short.retention_days) == (3650, 730)
    assert "known_default" in scores.score(context, FORGIVEN, long).warnings
    assert "known_default" not in scores.score(context, FORGIVEN, short).warnings
    assert scores.score(context, FORGIVEN, long).level in {"high", "very_high"}


def test_the_time_of_answers_is_that_of_the_facts_not_of_a_clock(context: ServingContext) -> None:
    newest = max(float(context.snapshot.links(kind).last.max()) for kind in ("CALLS", "PAYS"))
    assert context.snapshot.as_of is None and context.now >= newest
    assert context.now < 1_767_225_600, "2026-01-01: the town's year is 2025"


def test_purposes_that_remember_the_same_outcomes_share_a_scorer(context: ServingContext) -> None:
    context.warm()
    scorers = {id(context.scorer(purpose)) for purpose in PURPOSES.values()}
    assert len(scorers) == 2, "with the default of 2019, and without"


def test_too_little_known_is_not_assessed(context: ServingContext) -> None:
    answer = scores.score(context, LONELY, purpose_named("lending"), with_reasons=True)
    assert (answer.score, answer.probability, answer.level, answer.approved) == (None, None, "not_assessed", None)
    assert answer.warnings == ("too_little_known",) and answer.reasons == ()
    closed = scores.score(context, LONELY, purpose_named("deposit_waiver"))
    assert closed.approved is None and closed.level == "not_assessed"


def test_the_command_and_the_service_give_one_answer(context: ServingContext, house: House) -> None:
    said = house.kith("score", house.member, "--purpose", "lending")
    asked = scores.score(context, house.member, purpose_named("lending"), with_reasons=True)
    assert said.json == json.loads(json.dumps({"scores": [asked.to_json()], "unknown": []}))


def test_a_record_tells_protected_attributes_apart(context: ServingContext, house: House) -> None:
    found = parties.record(context, house.member)
    assert {"age", "sex"} <= set(found.protected_attributes)
    assert not set(found.protected_attributes) & set(found.attributes)
    assert found.links["USES_DEVICE"].out >= 1


def test_an_unknown_party_has_no_record_and_no_explanation(context: ServingContext) -> None:
    for ask in (parties.record, lambda s, p: explanation(s, p, purpose_named("lending"))):
        with pytest.raises(UnknownParty, match="'nobody'"):
            ask(context, "nobody")


def test_unknown_thin_and_assessed_are_three_states_of_one_answer(context: ServingContext, house: House) -> None:
    asked = ScoreQuestion(purpose_named("lending"), with_reasons=True)
    unknown, thin, assessed = scores.scores(context, ["nobody", LONELY, house.member], asked)
    assert (unknown.state, thin.state, assessed.state) == ("unknown", "thin", "assessed")
    assert (unknown.score, unknown.level, unknown.warnings) == (None, "not_assessed", ("unknown_party",))
    assert unknown.reasons == thin.reasons == () and assessed.reasons


def test_answers_given_together_are_those_given_one_by_one(context: ServingContext, house: House) -> None:
    parties_asked = [*house.truth.rings["ring_01"], "nobody", house.shop, LONELY, house.shop]
    for name in ("fraud_investigation", "deposit_waiver"):
        purpose = purpose_named(name)
        together = scores.scores(context, parties_asked, ScoreQuestion(purpose, True))
        assert together == [scores.score(context, party, purpose, True) for party in parties_asked]


def test_a_threshold_of_the_question_is_answered_beside_the_score(context: ServingContext, house: House) -> None:
    lending = purpose_named("lending")
    shown = scores.score(context, house.shop, lending).score
    assert shown is not None
    for threshold in (shown - 1, shown, shown + 1):
        answer = scores.score(context, house.shop, lending, threshold=threshold)
        assert (answer.score, answer.threshold, answer.approved) == (shown, threshold, shown >= threshold)
    assert scores.score(context, LONELY, lending, threshold=350).approved is None
    assert scores.score(context, house.shop, lending).approved is None


def test_a_known_bad_outcome_is_never_approved(context: ServingContext) -> None:
    answer = scores.score(context, FORGIVEN, purpose_named("fraud_investigation"), threshold=350)
    assert answer.score is not None and answer.score >= 350 and answer.approved is False


def test_a_purpose_with_a_threshold_takes_no_other_since_that_would_tell_the_score(context: ServingContext) -> None:
    with pytest.raises(UsageError, match="deposit_waiver has a threshold of its own"):
        scores.score(context, FORGIVEN, purpose_named("deposit_waiver"), threshold=700)

"""The whole explanation as told: it sums, it says what was capped, and it names nobody to the subject."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gnn.explain.counterfactuals import CHANGE_CODES, Counterfactual
from gnn.explain.link_removal import Effect, Removals
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from graph.errors import AccessError, UnknownParty
from graph.purposes import PURPOSES
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.overlay import AddLinks, Cure, RemoveLinks
from graph.snapshots.snapshot import Snapshot
from service.answers.explanations import ExplanationAnswer, explanation
from service.context import ServingContext
from service.wording.effects import render_counterfactual, render_removals
from service.wording.reasons import AUDIENCES, LANGUAGES, Language, Voice
from tests.gnn.networks import Facts, Trained

ALL = PURPOSES["fraud_investigation"]
VOICES = [Voice(audience, language) for audience in AUDIENCES for language in LANGUAGES]


def served(hamlet: Trained) -> ServingContext:
    return ServingContext(hamlet.snapshot, hamlet.model, "model")


# ------------------------------------------------------------------------------------------------ what is added up


@pytest.mark.parametrize("cap", [None, 0.2])
def test_it_sums_to_the_answer_and_says_what_was_capped(hamlet: Trained, cap: float | None) -> None:
    purpose, state = replace(ALL, cap=cap), served(hamlet)
    bound = 0
    for id in ("p0003", "p0044", "p0071"):
        told = explanation(state, id, purpose)
        assert told.base + sum(told.contributions.values()) == pytest.approx(told.log_odds, abs=1e-6)
        assert told.base_score + sum(told.points.values()) == pytest.approx(
            told.base_score - POINTS_PER_LOG_ODDS * (told.log_odds - told.base), abs=1e-6
        )
        assert told.capped_points == -POINTS_PER_LOG_ODDS * (told.log_odds - told.uncapped_log_odds)
        said = [reason for reason in told.reasons if reason.code == "CAP_REACHED"]
        assert [reason.capped for reason in said] == ([round(told.capped_points, 2)] if told.capped_points else [])
        bound += len(said)
    assert bool(bound) == (cap is not None)


def test_a_closed_purpose_gives_no_explanation(hamlet: Trained) -> None:
    with pytest.raises(AccessError):
        explanation(served(hamlet), "p0003", PURPOSES["deposit_waiver"])
    with pytest.raises(UnknownParty):
        explanation(served(hamlet), "nobody", ALL)


def test_of_a_party_that_is_not_assessed_there_is_nothing_to_explain(hamlet: Trained) -> None:
    told = explanation(served(hamlet), "phone0003", ALL)
    assert (told.score.level, told.score.warnings) == ("not_assessed", ("identifier",))
    assert {told.base, told.log_odds, told.uncapped_log_odds, told.base_score} == {None}
    assert not (told.contributions or told.points or told.reasons or told.removals.parties or told.counterfactuals)


def test_evidence_names_those_first_who_move_the_score_most(hamlet: Trained) -> None:
    seen = 0
    for id in ("p0003", "p0044", "p0071"):
        told = explanation(served(hamlet), id, ALL)
        moves = {one.party: abs(one.points) for one in told.removals.parties}
        for reason in told.reasons:
            named = reason.evidence.strongest if reason.evidence else []
            unknown = [moves.get(one.id, 0.0) for one in named if not one.known_bad]
            assert unknown == sorted(unknown, reverse=True)
            seen += sum(size > 0 for size in unknown)
    assert seen > 3


@pytest.mark.slow
def test_only_an_investigator_is_told_that_curing_the_default_of_somebody_else_would_change_the_level(
    hamlet: Trained,
) -> None:
    state, told = served(hamlet), 0
    for row in range(hamlet.snapshot.n_parties):
        party = hamlet.snapshot.id_of(row)
        changes = {voice.audience: _changes(explanation(state, party, ALL, voice)) for voice in VOICES[::2]}
        assert "CURE_DEFAULT" not in changes["service"] | changes["subject"]
        told += "CURE_DEFAULT" in changes["investigator"]
        if told == 2:
            return
    raise AssertionError("there are such parties here")


def _changes(told: ExplanationAnswer) -> set[str]:
    return {change.code for one in told.counterfactuals for change in one.changes}


def test_the_same_bytes_twice_from_a_fresh_start(hamlet: Trained) -> None:
    first, second = served(hamlet), served(hamlet)
    for voice in VOICES[::2]:
        said = [json.dumps(explanation(state, "p0003", ALL, voice).to_json()) for state in (first, second)]
        assert said[0] == said[1]


# --------------------------------------------------------------------------------------------------- what is said

ANN, BOB, SHOP, DEVICE = "ann", "bob", "shop", "dev1"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    parties = [
        Party(ANN, "Person", "Ann Lee"),
        Party(BOB, "Person", "Bob Ross"),
        Party(SHOP, "Merchant"),
        Party(DEVICE, "Device"),
    ]
    links = [
        Relationship(BOB, ANN, "GUARANTEES", "1"),
        Relationship(ANN, SHOP, "ORDERS_FROM", "1"),
        Relationship(ANN, DEVICE, "USES_DEVICE", "1"),
        Relationship(BOB, DEVICE, "USES_DEVICE", "1"),
    ]
    return Facts(parties, links, [Outcome(BOB, "default", "1")]).snapshot(tmp_path_factory.mktemp("small") / "s")


def said(snapshot: Snapshot, language: Language) -> dict[str, list[str]]:
    ann, bob, shop, device = (snapshot.row_of(id) for id in (ANN, BOB, SHOP, DEVICE))
    one = Counterfactual((RemoveLinks("GUARANTEES", bob, ann), Cure(bob)), 4.0, "medium", 612.4)
    two = Counterfactual((Cure(ann), AddLinks("ORDERS_FROM", ann, shop, 5)), 3.0, "low", 733.0)
    removed = Removals(
        (
            Effect(bob, (RemoveLinks("GUARANTEES", bob, ann),), (), 1, 0.6, -43.2),
            Effect(bob, (RemoveLinks("USES_DEVICE", bob, device),), (device,), 1, 0.3, -20.0),
            Effect(
                bob,
                (RemoveLinks("GUARANTEES", bob, ann), RemoveLinks("USES_DEVICE", bob, device)),
                (device,),
                2,
                0.1,
                -10.0,
            ),
        ),
        (),
        2,
        2,
    )
    return {
        audience: [
            *(render_counterfactual(each, ann, snapshot, Voice(audience, language)).text for each in (one, two)),
            *(effect.text for effect in render_removals(removed, snapshot, Voice(audience, language)).parties),
        ]
        for audience in AUDIENCES
    }


def test_what_would_change_it_in_words(small: Snapshot) -> None:
    assert said(small, "en") == {
        "investigator": [
            "if a guarantee with Bob Ross (bob) ends and the default of Bob Ross (bob) is cured, its level becomes "
            "medium and its score 612",
            "if its own default is cured and orders with shop go on, 5 more, its level becomes low and its score 733",
            "Bob Ross (bob) over GUARANTEES; without it the score would be 43 higher",
            "Bob Ross (bob) through dev1; without it the score would be 20 higher",
            "Bob Ross (bob) over GUARANTEES and through dev1; without it the score would be 10 higher",
        ],
        "service": [
            "a guarantee ended and default of a linked party cured: medium, 612",
            "own default cured and orders, 5 more: low, 733",
            "a guarantee: +43 without it",
            "sharing a device: +20 without it",
            "a guarantee, sharing a device: +10 without it",
        ],
        "subject": [
            "If a guarantee of yours ends and a default of somebody you are linked to is cured, your level becomes "
            "medium and your score 612",
            "If you cure your default and your orders go on, 5 more, your level becomes low and your score 733",
            "a guarantee: without it your score would be 43 higher",
            "sharing a device: without it your score would be 20 higher",
            "a guarantee, sharing a device: without it your score would be 10 higher",
        ],
    }
    assert said(small, "zh")["subject"] == [
        "如果您的一项担保关系终止并且与您有关联的某一方补救其违约，您的等级变为中，评分为 612",
        "如果您补救自己的违约并且您再有 5 次订单，您的等级变为低，评分为 733",
        "担保：若无此项，您的评分会高 43 分",
        "共用设备：若无此项，您的评分会高 20 分",
        "担保、共用设备：若无此项，您的评分会高 10 分",
    ]


def test_changes_have_codes(small: Snapshot) -> None:
    ann, bob = small.row_of(ANN), small.row_of(BOB)
    changes = (Cure(ann), Cure(bob), RemoveLinks("GUARANTEES", bob, ann), AddLinks("ORDERS_FROM", ann, bob, 2))
    one = Counterfactual(changes, 1.0, "low", 700.0)
    told = render_counterfactual(one, ann, small, Voice())
    assert tuple(change.code for change in told.changes) == CHANGE_CODES
    assert [change.party for change in told.changes] == [None, BOB, BOB, BOB]
    assert [change.times for change in told.changes] == [None, None, None, 2]
    assert {change.party for change in render_counterfactual(one, ann, small, Voice("subject")).changes} == {None}


# ----------------------------------------------------------------------------------------------- who is not named


def without_the_snapshot(told: ExplanationAnswer) -> str:
    """All that is said of the party; ids of the snapshot and the receipt differ with any fact."""
    value = told.to_json()
    del value["score"]
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("called", ["{party}", "a guarantee \u202e=1+1 "])
def test_renaming_everybody_else_changes_nothing_for_the_subject(hamlet: Trained, called: str, tmp_path: Path) -> None:
    facts, chosen = hamlet.facts, {"p0003"}
    renamed = facts.renamed(lambda id: id if id in chosen else f"{called}{id[::-1]}")
    renamed = replace(
        renamed, parties=[p if p.id in chosen else replace(p, name=f"{called} {p.id}") for p in renamed.parties]
    )
    after = ServingContext(renamed.snapshot(tmp_path / "s"), hamlet.model, "model")
    for id in sorted(chosen):
        for voice in (Voice("subject", "en"), Voice("service", "zh")):
            ours, theirs = (
                without_the_snapshot(explanation(state, id, ALL, voice)) for state in (served(hamlet), after)
            )
            assert ours == theirs


def test_an_investigator_does_read_names(hamlet: Trained) -> None:
    told = without_the_snapshot(explanation(served(hamlet), "p0003", ALL))
    assert "Person " in told and '"party": "p' in told

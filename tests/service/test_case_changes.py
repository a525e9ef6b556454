"""What may change in a case: every change has an inverse, is told in acts, and needs the right state."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import AccessError, StateConflict, UnknownRecord
from graph.purposes import PURPOSES
from service.casework.changes import CaseChange, Changed, Checked, changed
from service.casework.content import CaseContent, ConfirmedOutcome, EvidenceItem, LevelOverride
from service.casework.people import Reader, same_person

ADA, BO = (Reader(person, PURPOSES, frozenset({"PAYS"})) for person in ("Ada Lim", "Bo Hale"))
EMPTY = CaseContent(
    title="a case", opened_by="Ada Lim", taken=None, closed=None, parties=(), notes=(), evidence=(), overrides=(),
    alerts=(), closing=None, reopened=0, last=0,
)  # fmt: skip
NEW = Changed(EMPTY, "open", None, ())


def do(case: Changed, who: Reader = ADA, now: float = 1.0, looked_up: Checked | None = None, **change: Any) -> Changed:
    """The case after a change; parties that are added are those of the network."""
    asked = CaseChange.model_validate(change)
    found = looked_up or Checked(add_parties=asked.add_parties)
    return changed(case.content, case.state, case.assignee, asked, found, who, now)


def acts(case: Changed) -> list[tuple[str, Any, Any]]:
    return [(act.what, act.old, act.new) for act in case.acts]


def closing(case: Changed, who: Reader = ADA) -> Changed:
    return do(case, who, close={"outcome": "confirmed", "reason": "fraud_confirmed"})


def test_an_act_names_old_and_new() -> None:
    assert acts(do(NEW, title="another")) == [("title", "a case", "another")]
    assert acts(do(NEW, assignee="me")) == [("assignee", None, "Ada Lim")]
    assert acts(do(do(NEW, assignee="me"), BO, assignee=None)) == [("assignee", "Ada Lim", None)]


def test_what_does_not_change_is_no_act() -> None:
    case = do(NEW, assignee="me", add_parties=["p"])
    assert do(case, assignee="me", title="a case", add_parties=["p"]).acts == ()


def test_an_assignee_that_is_not_named_stays() -> None:
    case = do(NEW, assignee="Bo Hale")
    assert do(case, title="another").assignee == "Bo Hale" and do(case, assignee=None).assignee is None


def test_a_case_is_taken_when_it_first_has_an_assignee() -> None:
    case = do(do(do(NEW, assignee="me", now=5.0), assignee=None, now=6.0), assignee="Bo Hale", now=7.0)
    assert case.content.taken == 5.0


def test_a_removed_note_is_only_marked_and_can_be_put_back() -> None:
    case = do(NEW, add_notes=["one", "two"])
    removed = do(case, remove_notes=[1])
    assert [note.removed for note in removed.content.notes] == [True, False]
    assert do(removed, restore_notes=[1]).content == case.content
    assert acts(removed) == [("remove_note", {"note": 1, "text": "one"}, None)]


def test_notes_and_evidence_share_numbers_that_are_never_used_again() -> None:
    item = EvidenceItem(kind="party", party="p")
    case = do(do(NEW, add_notes=["one"]), looked_up=Checked(evidence=[item]))
    case = do(do(case, remove_evidence=[2]), add_notes=["two"])
    assert [one.note for one in case.content.notes] == [1, 3]


def test_an_edited_note_says_when_and_the_act_keeps_the_old_text() -> None:
    case = do(do(NEW, add_notes=["one"]), BO, 9.0, edit_notes=[{"note": 1, "text": "uno"}])
    assert (case.content.notes[0].text, case.content.notes[0].edited) == ("uno", 9.0)
    assert acts(case) == [("edit_note", {"note": 1, "text": "one"}, {"note": 1, "text": "uno"})]


@pytest.mark.parametrize(
    "change",
    [
        {"remove_notes": [1]},
        {"edit_notes": [{"note": 1, "text": "x"}]},
        {"restore_evidence": [7]},
        {"remove_parties": ["p"]},
        {"remove_override": "p"},
    ],
)
def test_what_is_not_there_cannot_change(change: dict[str, Any]) -> None:
    with pytest.raises(UnknownRecord):
        do(NEW, **change)


def test_the_acts_do_not_show_evidence_that_not_everybody_may_see() -> None:
    item = EvidenceItem(kind="answer", party="p", purpose="lending", receipt="r", content='{"score": 350}')
    assert acts(do(NEW, looked_up=Checked(evidence=[item]))) == [
        ("add_evidence", None, {"evidence": 1, "kind": "answer"})
    ]


def test_an_override_takes_the_place_of_the_one_before() -> None:
    def override(level: Any) -> Checked:
        of = {"party": "p", "reason": "judgement", "text": "", "purpose": "lending", "by": "Ada Lim", "time": 1.0}
        return Checked(override=LevelOverride(level=level, computed="high", receipt="r", **of))  # type: ignore[arg-type]

    case = do(do(NEW, looked_up=override("low")), looked_up=override("medium"))
    assert [one.level for one in case.content.overrides] == ["medium"]
    old = {"party": "p", "level": "low", "reason": "judgement", "text": ""}
    assert acts(case) == [("set_override", old, old | {"level": "medium"})]
    assert do(case, remove_override="p").content.overrides == ()


def test_four_eyes_close_a_case() -> None:
    case = closing(do(NEW, add_parties=["p"]))
    assert case.state == "closing"
    with pytest.raises(AccessError, match="four eyes"):
        do(case, ADA, confirm_close=True)
    with pytest.raises(AccessError, match="four eyes"):
        do(case, Reader("ada LIM", PURPOSES, frozenset()), confirm_close=True)
    closed = do(case, BO, 9.0, confirm_close=True)
    assert (closed.state, closed.content.closed) == ("closed", 9.0)
    assert closed.content.closing is not None and closed.content.closing.confirmed_by == "Bo Hale"


def test_only_a_confirmed_case_states_facts_and_of_its_own_parties_alone() -> None:
    fact = {"party": "p", "outcome": "fraud", "opened": 5.0}
    looked_up = Checked(facts=[ConfirmedOutcome.model_validate(fact)])
    case = do(NEW, add_parties=["p"])
    close = {"outcome": "confirmed", "reason": "fraud_confirmed", "facts": [fact]}
    assert do(case, looked_up=looked_up, close=close).content.closing.facts == tuple(looked_up.facts)  # type: ignore[union-attr]
    with pytest.raises(StateConflict, match="states no facts"):
        do(case, looked_up=looked_up, close=close | {"outcome": "inconclusive"})
    with pytest.raises(UnknownRecord, match="no party 'p'"):
        do(NEW, looked_up=looked_up, close=close)


def test_a_closing_that_is_refused_leaves_the_case_open() -> None:
    case = do(closing(NEW), BO, refuse_close=True)
    assert (case.state, case.content.closing) == ("open", None)


def test_a_closed_case_changes_only_by_being_opened_again() -> None:
    closed = do(closing(NEW), BO, confirm_close=True)
    with pytest.raises(StateConflict, match="open it again"):
        do(closed, add_notes=["late"])
    case = do(closed, reopen="there is more", add_notes=["late"])
    assert (case.state, case.content.reopened, case.content.closed) == ("open", 1, None)
    assert len(case.content.notes) == 1


@pytest.mark.parametrize(
    ("state", "change"),
    [("open", {"confirm_close": True}), ("open", {"reopen": "x"}), ("open", {"refuse_close": True}),
     ("closing", {"close": {"outcome": "confirmed", "reason": "other"}}), ("closing", {"reopen": "x"})],
)  # fmt: skip
def test_a_change_that_its_state_does_not_allow_is_refused(state: str, change: dict[str, Any]) -> None:
    case = NEW if state == "open" else closing(NEW)
    with pytest.raises(StateConflict, match=state):
        do(case, BO, **change)


def test_a_case_is_not_closed_and_opened_at_once() -> None:
    with pytest.raises(StateConflict, match="at a time"):
        do(closing(NEW), BO, confirm_close=True, refuse_close=True)


@given(st.lists(st.sampled_from(["note", "party", "title", "assignee", "remove"]), max_size=12))
def test_the_acts_tell_all_that_changed(steps: list[str]) -> None:
    """From the acts alone, the title, the assignee, the parties and the visible notes can be told."""
    case, told = NEW, []
    for number, step in enumerate(steps):
        notes = [note.note for note in case.content.notes if not note.removed]
        change: dict[str, Any] = {
            "note": {"add_notes": [f"note {number}"]},
            "party": {"add_parties": [f"p{number % 3}"]},
            "title": {"title": f"title {number}"},
            "assignee": {"assignee": "me" if number % 2 else None},
            "remove": {"remove_notes": notes[:1]},
        }[step]
        case = do(case, **change)
        told += acts(case)
    title, assignee, parties, seen = "a case", None, [], {}
    for what, old, new in told:
        title = new if what == "title" else title
        assignee = new if what == "assignee" else assignee
        parties += [new] if what == "add_party" else []
        seen |= {new["note"]: new["text"]} if what == "add_note" else {}
        if what == "remove_note":
            del seen[old["note"]]
    assert (title, assignee, parties) == (case.content.title, case.assignee, case.content.party_ids())
    assert seen == {note.note: note.text for note in case.content.notes if not note.removed}


def test_any_text_is_kept_as_it_is() -> None:
    text = "<img onerror=x> \"'> \u202e مرحبا 😀 \0 " + "x" * 10_000
    kept = CaseContent.model_validate_json(json.dumps(do(NEW, add_notes=[text]).content.to_json()))
    assert kept.notes[0].text == text


def test_four_eyes_are_those_of_two_people() -> None:
    assert same_person("Ada Lim", "ADA LIM") and not same_person("Ada Lim", "Ada Lin")

"""Disputes over both stores: what they do to a fact, and that no later load undoes it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from graph.errors import StateConflict, StoreUnavailable, UnknownRecord, UsageError, VersionConflict
from graph.snapshots.build import build_snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from service.records.rights.disputes import DisputeQuery
from service.rights.disputes.dispute import Move, MoveName
from service.rights.disputes.handling import DisputeAnswer, Office, move, queue, read, receive, sweep
from service.rights.disputes.items import Value, find_item, perform
from tests.service.rights.conftest import CLAIM, Bank, later

ADA, BEA = "Ada Lim", "Bea Sun"


def disputed(office: Office, bank: Bank, profile: str = "us_fcra") -> DisputeAnswer:
    return receive(office, "ann", bank.default().name, CLAIM, profile, ADA, identified=True)


def moved(
    office: Office, answer: DisputeAnswer, name: MoveName, told: str | None = None, **particulars: object
) -> DisputeAnswer:
    asked = Move.model_validate({"move": name, "told": told, **particulars})
    return move(office, answer.dispute.dispute, answer.dispute.version, asked, ADA)


def test_a_disputed_fact_is_marked_at_once_and_what_was_there_is_remembered(office: Office, bank: Bank) -> None:
    answer = disputed(office, bank)
    assert bank.says() == [("default", "disputed", 100.0)]
    assert (answer.dispute.state, answer.dispute.owed) == ("open", None)
    assert answer.dispute.item.content["state"] == "active"
    assert answer.dispute.revision == office.store.revision()


def test_nothing_is_marked_before_it_is_known_who_disputes(office: Office, bank: Bank) -> None:
    answer = receive(office, "ann", bank.default().name, CLAIM, "strict", ADA, identified=False)
    assert answer.dispute.state == "identity_pending"
    assert bank.says() == [("default", "active", 100.0)]
    assert moved(office, answer, "open").dispute.state == "open"
    assert bank.says() == [("default", "disputed", 100.0)]


def test_the_furnisher_cannot_unmark_it_while_it_is_disputed(office: Office, bank: Bank) -> None:
    disputed(office, bank)
    again = bank.sends()
    assert again.reasons == {"disputed_fact": 1}
    assert bank.says() == [("default", "disputed", 100.0)]


@pytest.mark.parametrize("keyed", [False, True])
def test_a_deleted_fact_does_not_come_back_by_a_load(office: Office, bank: Bank, keyed: bool) -> None:
    bank = replace(bank, keyed=keyed)
    bank.sends()
    moved(office, disputed(office, bank), "delete")
    assert bank.says() == []
    assert bank.sends().reasons == {"suppressed_fact": 1}
    assert bank.sends(amount=99).reasons == {"suppressed_fact": 1}  # with other content of the same event
    assert bank.says() == []


def test_another_fact_of_the_furnisher_is_loaded(office: Office, bank: Bank) -> None:
    moved(office, disputed(office, bank), "delete")
    assert bank.sends(time="2026-05-05").rejected == 0
    assert bank.says() == [("default", "active", 100.0)]


def test_a_corrected_fact_keeps_what_was_right_until_the_furnisher_says_something_new(
    office: Office, bank: Bank
) -> None:
    bank = replace(bank, keyed=True)
    bank.sends()
    moved(office, disputed(office, bank), "correct", corrected={"outcome": "late", "amount": 20.0})
    assert bank.says() == [("late", "active", 20.0)]
    assert bank.sends().reasons == {"corrected_fact": 1}
    assert bank.says() == [("late", "active", 20.0)]
    assert bank.sends("late", amount=20).rejected == 0
    assert bank.sends("cured", amount=0).rejected == 0
    assert bank.says() == [("cured", "active", 0.0)]


def test_a_verified_fact_stands_as_before_and_takes_a_second_person(office: Office, bank: Bank) -> None:
    answer = disputed(office, bank)
    for second in (None, ADA):
        with pytest.raises(UsageError, match="second"):
            moved(office, answer, "verify", second=second)
    moved(office, answer, "verify", second=BEA)
    assert bank.says() == [("default", "active", 100.0)]
    assert bank.sends().rejected == 0


def test_the_snapshot_without_the_fact_is_that_of_a_network_that_never_had_it(
    office: Office, bank: Bank, tmp_path: Path
) -> None:
    moved(office, disputed(office, bank), "delete")
    with closing(open_store(f"sqlite:///{tmp_path / 'other.db'}")) as other:
        replace(bank, store=other).sends("")  # an outcome that names none is rejected
        never = build_snapshot(other, tmp_path / "never")
    found = build_snapshot(office.store, tmp_path / "found")
    assert content(found.folder) == content(never.folder)


def content(folder: Path) -> dict[str, bytes]:
    """Every array of a snapshot; its manifest, and so its id, names the revision too."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in ("manifest.json", "id"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_disputed_link_is_left_out_and_comes_back_when_it_is_verified(office: Office, bank: Bank) -> None:
    link = bank.link()
    answer = receive(office, "bo", link.name, CLAIM, "strict", ADA, identified=True)
    with pytest.raises(UnknownRecord):
        find_item(office.store, link.name)
    assert bank.sends().reasons == {"disputed_fact": 1}
    moved(office, answer, "verify", second=BEA)
    assert find_item(office.store, link.name).content == link.content


def test_a_fact_about_somebody_else_is_unknown(office: Office, bank: Bank) -> None:
    with pytest.raises(UnknownRecord, match="about this party"):
        receive(office, "bo", bank.default().name, CLAIM, "strict", ADA, identified=True)


def test_a_furnisher_that_does_not_answer_in_time_loses_the_fact(office: Office, bank: Bank) -> None:
    answer = moved(office, disputed(office, bank), "ask_furnisher")
    due = answer.dispute.clock.due
    assert sweep(replace(office, now=due - 1)).lapsed == ()
    assert sweep(replace(office, now=due)).lapsed == (answer.dispute.dispute,)
    after = read(office, answer.dispute.dispute).dispute
    assert (after.state, after.outcome, after.steps[-1].by) == ("unverifiable", "unverifiable", "the clock")
    assert bank.says() == []
    assert bank.sends().reasons == {"suppressed_fact": 1}


def test_a_furnisher_that_answered_leaves_the_decision_to_people(office: Office, bank: Bank) -> None:
    asked = moved(office, disputed(office, bank), "ask_furnisher")
    moved(office, asked, "furnisher_answered", "our books say so")
    assert sweep(later(office, 100)).lapsed == ()
    assert sweep(later(office, 100)).late == (asked.dispute.dispute,)


def test_a_deleted_fact_comes_back_only_with_the_furnishers_certification(office: Office, bank: Bank) -> None:
    done = moved(office, disputed(office, bank), "delete")
    again = moved(office, moved(office, done, "notify"), "reopen")
    assert bank.says() == []  # it does not stand while it is looked at again
    with pytest.raises(UsageError, match="certification"):
        moved(office, again, "verify", second=BEA)
    back = moved(office, again, "verify", "certified by the bank's officer on 1 December", second=BEA)
    assert bank.says() == [("default", "active", 100.0)]
    assert [(duty.what, duty.source) for duty in back.duties] == [("notify", "15 U.S.C. 1681i(a)(5)(B)(ii)")]


def test_who_changes_an_older_version_is_told_the_newer(office: Office, bank: Bank) -> None:
    answer = disputed(office, bank)
    moved(office, answer, "ask_furnisher")
    with pytest.raises(VersionConflict):
        moved(office, answer, "delete")
    assert bank.says() == [("default", "disputed", 100.0)]


class BrokenStore:
    """The store, of which loads fail."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        if name == "begin_load":
            raise StoreUnavailable("away")
        return getattr(self._store, name)


def test_what_the_store_did_not_take_is_owed_and_done_by_the_next_sweep(office: Office, bank: Bank) -> None:
    answer = disputed(office, bank)
    with pytest.raises(StoreUnavailable):
        moved(replace(office, store=BrokenStore(office.store)), answer, "delete")  # type: ignore[arg-type]
    assert read(office, answer.dispute.dispute).dispute.owed == "delete"
    assert bank.says() == [("default", "disputed", 100.0)]
    assert sweep(office).carried_out == (answer.dispute.dispute,)
    assert bank.says() == []


def test_doing_an_act_twice_changes_nothing(office: Office, bank: Bank) -> None:
    item = bank.default()
    first = perform(office.store, item, "hold", "dispute 1 step 1", office.now)
    assert perform(office.store, item, "hold", "dispute 1 step 1", office.now) == first


@pytest.mark.parametrize(
    ("corrected", "fault"),
    [({}, "name what was wrong"), ({"party": "bo"}, "name what was wrong"), ({"amount": 100.0}, "already")],
)
def test_a_correction_says_what_was_wrong(office: Office, bank: Bank, corrected: dict[str, Value], fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        perform(office.store, bank.default(), "correct", "dispute 1 step 2", office.now, corrected)


def test_the_party_states_withdraws_and_appeals_and_nothing_else(office: Office, bank: Bank) -> None:
    answer = disputed(office, bank)
    id, version = answer.dispute.dispute, answer.dispute.version
    with pytest.raises(StateConflict, match="not for the party"):
        move(office, id, version, Move(move="delete"), "ann", party="ann")
    with pytest.raises(UnknownRecord):
        move(office, id, version, Move(move="withdraw"), "bo", party="bo")
    said = move(office, id, version, Move(move="state", told="I paid."), "ann", party="ann")
    assert said.dispute.statement == "I paid."
    with pytest.raises(UsageError, match="100 words"):
        move(office, id, said.dispute.version, Move(move="state", told="no " * 101), "ann", party="ann")
    gone = move(office, id, said.dispute.version, Move(move="withdraw"), "ann", party="ann")
    assert gone.dispute.state == "withdrawn" and bank.says() == [("default", "active", 100.0)]


def test_the_queue_shows_what_is_due_first_and_what_is_late(office: Office, bank: Bank) -> None:
    first = disputed(office, bank)
    second = receive(later(office, -9), "ann", bank.link().name, CLAIM, "cn_zhengxin", ADA, identified=True)
    page = queue(later(office, 9), DisputeQuery(closed=False), 10)
    assert [one.dispute.dispute for one in page.disputes] == [first.dispute.dispute, second.dispute.dispute]
    late = [(duty.what, duty.late) for duty in page.disputes[0].duties]
    assert late == [("ask_furnisher", True), ("decide", False)]
    assert queue(office, DisputeQuery(party="bo"), 10).total == 0

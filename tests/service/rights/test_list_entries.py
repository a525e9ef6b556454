"""Entries of a blacklist: nothing in silence, nothing for ever, nothing beyond the evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from graph.errors import StateConflict, UnknownRecord, UsageError
from graph.purposes import PURPOSES
from loaders.ingest import load
from service.records import webhooks
from service.rights.disputes.dispute import Move
from service.rights.disputes.handling import Office, move, receive
from service.rights.disputes.items import ItemName, items_about
from service.rights.legal.legal_profiles import legal_profile
from service.rights.lists.entry_notices import entry_page, read_entry_notice
from service.rights.lists.list_entries import Ground
from service.rights.lists.listing import EntryAnswer, entries_about, look_up, move_entry, propose, sweep_entries
from service.rights.reports.own_report import ReportQuestion, own_report
from service.rights.reports.own_report_page import own_report_page
from tests.service.rights.conftest import CLAIM, Bank, later

ADA, BEA = "Ada Lim", "Bea Sun"
LENDING = PURPOSES["lending"]  # keeps outcomes for five years


def listed(office: Office, bank: Bank, ground: Ground = "default") -> EntryAnswer:
    return propose(office, "ann", ground, [bank.default().name], LENDING, ADA)


def active(office: Office, bank: Bank) -> int:
    """An entry that is in use: ann was told and has answered."""
    entry = listed(office, bank).entry.entry
    move_entry(office, entry, "notify", ADA)
    move_entry(office, entry, "answer", "ann", told="I paid late, not never.", party="ann")
    move_entry(office, entry, "activate", ADA, second=BEA)
    return entry


@pytest.mark.parametrize("said", ["late", "cured"])
def test_late_is_not_refused(office: Office, bank: Bank, said: str) -> None:
    bank.sends(said)
    with pytest.raises(UsageError, match="late is not refused"):
        listed(office, bank)


def test_refused_is_not_fraud(office: Office, bank: Bank) -> None:
    with pytest.raises(UsageError, match="refused is not fraud"):
        listed(office, bank, "fraud")


def test_an_entry_needs_evidence_of_its_own_party(office: Office, bank: Bank) -> None:
    for party, evidence in (("ann", []), ("bo", [bank.default().name]), ("ann", [bank.link().name])):
        with pytest.raises(UsageError, match="outcomes of its party"):
            propose(office, party, "default", evidence, LENDING, ADA)


def test_nobody_is_shown_an_entry_before_its_party_had_time_to_answer(office: Office, bank: Bank) -> None:
    entry = listed(office, bank).entry.entry
    assert not look_up(office, "ann", "lending", "The shop").listed
    with pytest.raises(StateConflict, match="only expire, notify, withdraw"):
        move_entry(office, entry, "activate", ADA, second=BEA)
    move_entry(office, entry, "notify", ADA)
    with pytest.raises(StateConflict, match="time to answer"):
        move_entry(later(office, 13), entry, "activate", ADA, second=BEA)
    move_entry(later(office, 14), entry, "activate", ADA, second=BEA)
    assert look_up(later(office, 14), "ann", "lending", "The shop").listed


def test_a_recipient_sees_the_minimum_for_the_purpose_alone_and_is_written_down_once(
    office: Office, bank: Bank
) -> None:
    entry = active(office, bank)
    for _ in range(2):
        shown = look_up(office, "ann", "lending", "The shop")
        assert set(shown.to_json()) == {"party", "listed", "penalty", "ground", "until"} and shown.listed
    assert not look_up(office, "ann", "deposit_waiver", "Another").listed
    recipients = entries_about(office, "ann")[0].entry.recipients
    assert [(one.name, one.time) for one in recipients] == [("The shop", office.now)]
    assert entries_about(office, "ann")[0].entry.entry == entry


def test_two_people_decide_against_a_party(office: Office, bank: Bank) -> None:
    entry = listed(office, bank).entry.entry
    move_entry(office, entry, "notify", ADA)
    with pytest.raises(UsageError, match="second"):
        move_entry(later(office, 20), entry, "activate", ADA, second=ADA)


def test_an_appeal_stops_the_use_and_its_success_tells_all_recipients(office: Office, bank: Bank) -> None:
    entry = active(office, bank)
    look_up(office, "ann", "lending", "The shop")
    with pytest.raises(UnknownRecord):
        move_entry(office, entry, "appeal", "bo", told="not mine", party="bo")
    move_entry(office, entry, "appeal", "ann", told="the bank erred", party="ann")
    assert not look_up(office, "ann", "lending", "Another").listed
    with pytest.raises(StateConflict, match="not for the party"):
        move_entry(office, entry, "grant", "ann", party="ann")
    assert move_entry(office, entry, "grant", ADA).tell == ("The shop",)


def test_an_entry_ends_by_the_end_of_the_event_and_tells_all_recipients(office: Office, bank: Bank) -> None:
    entry = active(office, bank)
    look_up(office, "ann", "lending", "The shop")
    ends = entries_about(office, "ann")[0].entry.ends
    assert datetime.fromtimestamp(ends, UTC).date().isoformat() == "2031-01-04"  # 1,825 days after 5 January 2026
    days = (ends - office.now) / 86_400
    assert sweep_entries(later(office, days - 1)) == ()
    assert not look_up(later(office, days), "ann", "lending", "Another").listed
    (ended,) = sweep_entries(later(office, days))
    assert (ended.entry.entry, ended.entry.state, ended.tell) == (entry, "ended", ("The shop",))


def test_an_entry_is_shown_to_nobody_while_its_evidence_is_disputed_and_falls_with_it(
    office: Office, bank: Bank
) -> None:
    entry = active(office, bank)
    look_up(office, "ann", "lending", "The shop")
    dispute = receive(office, "ann", bank.default().name, CLAIM, "strict", ADA, identified=True).dispute
    assert not look_up(office, "ann", "lending", "Another").listed
    assert sweep_entries(office) == ()
    move(office, dispute.dispute, dispute.version, Move(move="delete"), ADA)
    (fallen,) = sweep_entries(office)
    assert (fallen.entry.entry, fallen.entry.state, fallen.tell) == (entry, "withdrawn", ("The shop",))


def test_the_own_report_shows_the_entry_and_who_was_shown_it(office: Office, bank: Bank) -> None:
    active(office, bank)
    look_up(office, "ann", "lending", "The shop")
    report = own_report(office, None, PURPOSES, "ann", legal_profile("strict"), ReportQuestion("Ada"))
    assert [(one.state, one.recipients[0].name) for one in report.entries] == [("active", "The shop")]
    assert [one.other for one in report.links] == [None] and "bo" not in own_report_page(report).split()
    full = own_report(office, None, PURPOSES, "ann", legal_profile("strict"), ReportQuestion("Ada", full=True))
    assert [one.other for one in full.links] == ["bo"] and full.this_year == 1  # the party got one


def test_old_events_are_not_listed_any_more(office: Office, bank: Bank) -> None:
    with pytest.raises(UsageError, match="which are over"):
        listed(later(office, 5 * 366), bank)


SHOP = "shop"


def shop_is_late(bank: Bank) -> ItemName:
    """A merchant that the bank says was late."""
    (bank.folder / "parties.csv").write_text("id,kind\nann,Person\nbo,Person\nshop,Merchant\n")
    (bank.folder / "outcomes.csv").write_text("id,outcome,time\nshop,late,2026-05-01\nann,late,2026-05-01\n")
    load([bank.folder], bank.store, source="bank", replace=True, rejects_dir=bank.folder.parent)
    (item,) = [item for item in items_about(bank.store, SHOP) if item.name.table == "outcomes"]
    return item.name


def test_a_merchant_is_warned_with_the_evidence_before_a_penalty_and_appeals(office: Office, bank: Bank) -> None:
    late = shop_is_late(bank)
    made = propose(office, SHOP, "late", [late], LENDING, ADA, penalty="the badge goes for 90 days").entry
    assert (made.measure, look_up(office, SHOP, "lending", "The shop", measure="penalty").listed) == ("penalty", False)
    with pytest.raises(UnknownRecord, match="told nothing"):
        read_entry_notice(office.records, made)
    move_entry(office, made.entry, "notify", ADA)
    warning = read_entry_notice(office.records, made)
    assert (warning.penalty, warning.evidence[0].name) == ("the badge goes for 90 days", late)
    assert "the badge goes for 90 days" in entry_page(warning, "zh") and "您" in entry_page(warning, "zh")
    with pytest.raises(StateConflict, match="time to answer"):
        move_entry(office, made.entry, "activate", ADA, second=BEA)
    used = later(office, 14)
    move_entry(used, made.entry, "activate", ADA, second=BEA)
    assert look_up(used, SHOP, "lending", "The market", measure="penalty").penalty == "the badge goes for 90 days"
    assert not look_up(used, SHOP, "lending", "The market").listed  # a penalty is no listing
    move_entry(used, made.entry, "appeal", SHOP, told="the goods came on the day", party=SHOP)
    assert not look_up(used, SHOP, "lending", "The market", measure="penalty").listed


def test_nobody_is_listed_for_being_late_and_no_person_gets_a_merchants_penalty(office: Office, bank: Bank) -> None:
    late = shop_is_late(bank)
    with pytest.raises(UsageError, match="late is not refused"):
        propose(office, SHOP, "late", [late], LENDING, ADA)
    of_ann = next(item.name for item in items_about(bank.store, "ann") if item.name.table == "outcomes")
    with pytest.raises(UsageError, match="a Merchant or a Company"):
        propose(office, "ann", "late", [of_ann], LENDING, ADA, penalty="out")


def test_recipients_with_a_key_are_told_by_webhook_when_an_appeal_succeeds(office: Office, bank: Bank) -> None:
    entry = active(office, bank)
    for owner in (7, 8):
        url, types = "https://hooks.example.org", ("list_entry.ended",)
        hook = webhooks.Webhook(str(owner), owner, url, types, None, "v1", "s", None, None, "active", 0.0)
        webhooks.add(office.records, hook)
    look_up(office, "ann", "lending", "The shop", owner=7)
    move_entry(office, entry, "appeal", "ann", told="the bank erred", party="ann")
    assert webhooks.deliveries(office.records, None, None, 10)[1] == 0
    move_entry(office, entry, "grant", ADA)
    (told,), total = webhooks.deliveries(office.records, None, None, 10)
    assert (told.owner, told.type, total) == (7, "list_entry.ended", 1)
    assert json.loads(told.body)["data"] == {"entry": entry, "party": "ann", "purpose": "lending", "state": "withdrawn"}

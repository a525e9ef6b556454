"""Deleting a party over both stores."""

from __future__ import annotations

import pytest

from graph.errors import StateConflict, UnknownRecord
from service.records import audit
from service.rights.deletions import delete_party, readmit
from service.rights.disputes.handling import Office
from service.rights.disputes.items import items_about
from tests.service.rights.conftest import Bank


def test_a_deleted_party_is_gone_with_all_that_names_it_and_others_stay(office: Office, bank: Bank) -> None:
    answer = delete_party(office, "ann", "she asked", "Ada")
    assert answer.ended == {"bank": 3}  # ann, her default, and the loan to bo
    assert office.store.party("ann") is None and office.store.party("bo") is not None
    assert items_about(office.store, "ann") == []
    assert [item.name.key[0] for item in items_about(office.store, "bo")] == ["bo"]


def test_no_later_load_of_the_source_brings_it_back(office: Office, bank: Bank) -> None:
    delete_party(office, "ann", "she asked", "Ada")
    again = bank.sends(amount=77)
    assert again.reasons == {"deleted_party": 1, "dangling_end": 2}  # and what needs it finds no such party
    assert office.store.party("ann") is None


def test_what_is_erased_cannot_be_read_at_any_revision(office: Office, bank: Bank) -> None:
    before = office.store.revision()
    delete_party(office, "ann", "she asked", "Ada")
    assert office.store.party("ann", before) is not None
    answer = delete_party(office, "ann", "she asked", "Ada", erase=True)
    assert answer.erased == 3
    assert office.store.party("ann", before) is None and office.store.party("bo", before) is not None
    assert bank.sends().reasons["deleted_party"] == 1  # the tombstone stays


def test_it_comes_back_only_with_a_certification(office: Office, bank: Bank) -> None:
    delete_party(office, "ann", "she asked", "Ada")
    with pytest.raises(StateConflict, match="certification"):
        readmit(office, "ann", "bank", " ", "Ada")
    readmit(office, "ann", "bank", "signed by the bank's officer", "Ada")
    assert bank.sends().rejected == 0 and office.store.party("ann") is not None
    lines = [line.access.what for line in audit.find(office.records, audit.LogQuery(party="ann"), 10)]
    assert lines == ["party.readmitted", "party.deleted"]


def test_a_stranger_cannot_be_deleted(office: Office, bank: Bank) -> None:
    with pytest.raises(UnknownRecord):
        delete_party(office, "nobody", "why", "Ada")

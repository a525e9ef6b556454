"""What an address book holds: the people on its cards, and the phones that they use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loaders.suggesting.columns import PARTY_KIND, USES, DescribedFile
from loaders.suggesting.toml_text import FileText

OWNER = (
    "no card says whose address book it is. To record that its owner has these contacts, read the file once more as "
    'relationships with source = { constant = "the owner\'s id" } and kind = { constant = "HAS_CONTACT" }'
)


def tables_of_address_book(file: DescribedFile) -> Iterator[FileText]:
    """The tables of an address book: its cards as persons, and one link for each of their phone numbers."""
    by_name = {column.name: column for column in file.columns}
    person, doubts = _person(file)
    cards = FileText(file.sample.path.name, "parties", doubts=[*doubts, OWNER])
    cards.fields = {"id": person, "name": "name", "kind": {"constant": "Person"}}
    cards.keys["ignore"] = ["phone", "phone_type"]
    yield cards
    country = by_name["phone"].evidence.country
    phones = FileText(file.sample.path.name, "relationships")
    phones.keys = {"target_kind": PARTY_KIND["phone"], "ignore": ["*"]}
    number = {"column": "phone", "form": "phone"} | ({"country": country} if country else {})
    phones.fields = {"source": person, "target": number, "kind": {"constant": USES["phone"]}}
    if not country:
        phones.said["target"] = 'no number shows its country: set country = "DE" or another'
    yield phones


def _person(file: DescribedFile) -> tuple[Any, list[str]]:
    """The field that identifies who is on a card, and what is in doubt of it."""
    rows = file.sample.rows
    without = sum(not uid for uid in file.sample.values(file.sample.columns.index("uid")))
    if not without:
        return "uid", []
    doubt = (
        f"{without:,} of {len(rows):,} numbers stand on cards without uid, which are known by their names: two of one "
        "name are one person"
    )
    return {"column": "uid", "fallback": "name"}, [doubt]

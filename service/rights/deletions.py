"""Deleting what is held about a party: its facts end at once and do not come back; they can be erased for good."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import StateConflict, UnknownRecord
from graph.stores.base import GraphStore, LoadDetails
from graph.stores.restrictions import ABOUT, SCHEMAS, Restriction, restrict
from service.closed import Closed
from service.records import audit
from service.records.audit import Access
from service.rights.disputes.handling import Office

TABLES: Final = ("relationships", "outcomes", "parties")  # links before the parties that they need


class DeletionAnswer(Closed):
    """What was deleted about a party. ended: facts by source; erased: rows that are gone for good, if that was asked.

    revision: of the store. kept: what is not deleted, since it proves what was answered or done.
    """

    party: str
    ended: dict[str, int]
    erased: int
    revision: int
    kept: tuple[str, ...]


KEPT: Final = (
    "the access log and receipts, which prove who was told what",
    "disputes and notices, until their time is over",
    "snapshots of before: build a new one and remove them",
    "events that were sent in, and files outside",
)


def delete_party(office: Office, party: str, why: str, by: str, erase: bool = False) -> DeletionAnswer:
    """End every fact about a party, of every source; later loads of those sources are rejected as `deleted_party`.

    erase: delete them for good, too: old states and answers that rested on them cannot be rebuilt, and say so. What
    stays is a tombstone under the SHA-256 of the id. Raises UnknownRecord where nothing is held.
    """
    facts = _facts(office.store, party)
    ended: dict[str, int] = {}
    for source in sorted(facts):
        load = office.store.begin_load(source, f"deletion of a party at {office.now}")
        load.describe(LoadDetails(("deletion of a party",), office.now))
        ended[source] = sum(load.end(batch) for batch in facts[source])
        restrict(load, [Restriction("parties", {"id": party}, "deleted_party", "deletion")], office.now)
        load.finish()
    erased = office.store.erase(party) if erase else 0
    if not ended and not erased:
        raise UnknownRecord("nothing is held about such a party")
    details = {"why": why, "ended": sum(ended.values()), "erased": erased}
    audit.write(office.records, [Access(office.now, None, by, "party.deleted", (party,), details=details)])
    return DeletionAnswer(party=party, ended=ended, erased=erased, revision=office.store.revision(), kept=KEPT)


def readmit(office: Office, party: str, source: str, certification: str, by: str) -> int:
    """The revision from which on a source may state facts about a deleted party again, by its certification.

    Raises StateConflict where there is none; tell the party, by the clock of re-insertion.
    """
    if not certification.strip():
        raise StateConflict(
            "a deleted party comes back only with the source's certification that what it says is right"
        )
    load = office.store.begin_load(source, f"readmission of a party at {office.now}")
    load.describe(LoadDetails(("readmission of a party",), office.now))
    restrict(load, [Restriction("parties", {"id": party}, None, "readmission")], office.now)
    revision = load.finish()
    details = {"source": source, "certification": certification}
    audit.write(office.records, [Access(office.now, None, by, "party.readmitted", (party,), details=details)])
    return revision


def _facts(store: GraphStore, party: str) -> dict[str, list[pa.RecordBatch]]:
    """The live facts about a party by source, links first; it reads all facts."""
    found: dict[str, list[pa.RecordBatch]] = {}
    for table in TABLES:
        with closing(_read(store, table)) as batches:
            for batch in batches:
                about = [pc.equal(batch.column(column), party) for column in ABOUT[table]]
                own = batch.filter(about[0] if len(about) == 1 else pc.or_(*about))
                for source in pc.unique(own.column("origin")).to_pylist():
                    of_source = own.filter(pc.equal(own.column("origin"), source))
                    found.setdefault(source, []).append(of_source.select(SCHEMAS[table].names))
    return found


def _read(store: GraphStore, table: str) -> Any:
    reads = {"relationships": store.read_relationships, "outcomes": store.read_outcomes, "parties": store.read_parties}
    return reads[table]()

"""An answer taken in: what a partner says of own parties becomes facts, with the partner as their source.

What the partner said of a party before and says no more ends. Parts that are missing are said, and those parties stay
as they were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from graph.column_names import plain
from graph.errors import InputError
from graph.purposes import Purpose
from graph.schema import OUTCOMES, PARTIES, RELATIONSHIPS
from graph.stores.base import GraphStore, Load
from graph.stores.shared import begin_anew
from service.closed import Closed
from service.exchange.asking import asked_of
from service.exchange.files import read_manifest, read_part
from service.exchange.partners import Partner, own_public_key
from service.stated.contributors import SHARED

INSTITUTION: Final = "institution:"  # before the name of a partner, as the id of its party


class Taken(Closed):
    """What an answer said. parties: of whom something is told; silent: of whom nothing is.

    missing: the numbers of parts that are not there yet, of `total`: what they hold is not known. revision: from which
    the store has the facts. not_asked: lines about hashes that this institution may not ask about any more.
    """

    partner: str
    parties: int
    silent: int
    not_asked: int
    outcomes: int
    missing: tuple[int, ...]
    total: int
    revision: int


def take(
    home: Path, store: GraphStore, partner: Partner, purpose: Purpose, question: Path, folder: Path, now: float
) -> Taken:
    """Record what a partner answered to a question of ours.

    Raises InputError for an answer that the partner did not sign, was changed, or is to another question.
    """
    asked, digest = read_manifest(question, [own_public_key(home)])
    answered, _ = read_manifest(folder, [partner.public_key])
    if answered.kind != "answer" or answered.of != digest:
        raise InputError(f"{folder} is no answer to the question in {question}")
    own = asked_of(store, partner, purpose, asked.by, None, now)
    told: dict[str, dict[str, Any]] = {}
    not_asked = 0
    for part in answered.parts:
        hashes = {row["hash"] for row in read_part(question, asked.parts[part.number])}
        for row in read_part(folder, part):
            if row["hash"] not in hashes:
                raise InputError(f"{folder}: part {part.number} answers what was not asked")
            party = own.get(row["hash"])
            not_asked += party is None
            if party is not None:
                told[party] = row
    revision = _record(store, partner, told)
    speaking = {party: row for party, row in told.items() if _says(row)}
    return Taken(
        partner=partner.name,
        parties=len(speaking),
        silent=len(told) - len(speaking),
        not_asked=not_asked,
        outcomes=sum(len(row["outcomes"]) for row in speaking.values()),
        missing=tuple(answered.missing),
        total=answered.total,
        revision=revision,
    )


def _says(row: Mapping[str, Any]) -> bool:
    return bool(row["outcomes"] or row["lines"])


def _record(store: GraphStore, partner: Partner, told: Mapping[str, Mapping[str, Any]]) -> int:
    """Record the facts of some parties, and end those that are told no more; returns the revision."""
    store.add_protected([plain(SHARED + partner.name)])  # that somebody else knows a party is no feature of it
    parties, links, outcomes = _facts(partner, told, _kinds(store, told))
    content = json.dumps([parties, links, outcomes], sort_keys=True, default=str).encode()
    load = begin_anew(store, partner.source, hashlib.sha256(content).hexdigest())
    for rows, schema, into in (
        (parties, PARTIES, load.parties),
        (links, RELATIONSHIPS, load.relationships),
        (outcomes, OUTCOMES, load.outcomes),
    ):
        if rows:
            into(pa.RecordBatch.from_pylist(rows, schema=schema))
    _end_former(store, load, partner, told, links, outcomes)
    return load.finish()


def _facts(
    partner: Partner, told: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The facts as rows of PARTIES, RELATIONSHIPS and OUTCOMES."""
    bank = INSTITUTION + partner.name
    parties: list[dict[str, Any]] = [_party(bank, "Company", partner.title, {})]
    links: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    for party, row in sorted(told.items()):
        attributes = {SHARED + partner.name: partner.title} if _says(row) else {}
        parties.append(_party(party, kinds[party], None, attributes))
        if row["lines"]:
            lends = {"source": bank, "target": party, "kind": "LENDS_TO", "key": "lines", "amount": row["limit"]}
            owes = {"source": party, "target": bank, "kind": "OWES", "key": "lines", "amount": row["drawn"]}
            links += [lends | {"count": row["lines"]}, owes]
        outcomes += [{**one, "party": party, "state": "active"} for one in row["outcomes"]]
    return parties, links, outcomes


def _party(id: str, kind: str, name: str | None, attributes: Mapping[str, Any]) -> dict[str, Any]:
    said = json.dumps(attributes, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {"id": id, "kind": kind, "name": name, "attributes": said, "implied": False}


def _kinds(store: GraphStore, parties: Iterable[str]) -> dict[str, str]:
    """What kinds of parties these are by those who describe them, and else by who names them."""
    facts = store.party_facts(parties).to_pylist()
    facts.sort(key=lambda fact: (not fact["implied"], fact["recorded"]))
    return {fact["id"]: fact["kind"] for fact in facts}


def _end_former(
    store: GraphStore,
    load: Load,
    partner: Partner,
    told: Mapping[str, Mapping[str, Any]],
    links: Iterable[Mapping[str, Any]],
    outcomes: Iterable[Mapping[str, Any]],
) -> None:
    """End what the partner said before of these parties and does not say now."""
    said = {(one["party"], one["key"]) for one in outcomes}
    gone: list[dict[str, Any]] = []
    for batch in store.read_outcomes():
        for row in batch.to_pylist():
            key = row["party"], row["key"]
            if row["origin"] == partner.source and row["party"] in told and key not in said:
                gone.append(dict(zip(("party", "key"), key, strict=True)))
    tied = {(one["source"], one["target"], one["kind"], one["key"]) for one in links}
    bank, ended = INSTITUTION + partner.name, list[dict[str, Any]]()
    for party, row in told.items():
        for link in ((bank, party, "LENDS_TO", "lines"), (party, bank, "OWES", "lines")):
            if not row["lines"] and link not in tied:
                ended.append(dict(zip(("source", "target", "kind", "key"), link, strict=True)))
    for rows in (gone, ended):
        if rows:
            load.end(pa.RecordBatch.from_pylist(rows))

"""Consent records by ISO/IEC TS 27560:2023 in the terms of the Data Privacy Vocabulary (DPV), as JSON-LD.

One record for each consent of a party to a source for a purpose, with an event for when it was given and, once it was,
when it was withdrawn. Source of the terms: "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV"
(W3C DPVCG, 1 August 2024), profile https://w3id.org/dpv/schema/dpv-27560#record.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final, Literal

import pyarrow.compute as pc
from pydantic import Field

from graph.stores.base import ConsentReader
from service.closed import Closed

PROFILE: Final = "https://w3id.org/dpv/schema/dpv-27560#record"
Status = Literal["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]


class JsonLdContext(Closed):
    """What the prefixes of the records stand for."""

    dpv: str = "https://w3id.org/dpv#"
    dct: str = "http://purl.org/dc/terms/"


class ConsentNode(Closed):
    """A party, a source or a purpose, by the name it has here."""

    type: str = Field(alias="@type")
    identifier: str = Field(alias="dct:identifier")


class ConsentProcess(Closed):
    """What is consented to: that facts of a source count for a purpose."""

    type: str = Field("dpv:Process", alias="@type")
    purpose: ConsentNode = Field(alias="dpv:hasPurpose")
    source: ConsentNode = Field(alias="dpv:hasDataSource")


class ConsentEvent(Closed):
    """That it was given or withdrawn, and when (ISO 8601, UTC)."""

    type: Status = Field(alias="@type")
    date: str = Field(alias="dct:date")


class ConsentRecord(Closed):
    """A consent of a party. The status is that of its newest event."""

    id: str = Field(alias="@id")
    type: str = Field("dpv:ConsentRecord", alias="@type")
    conforms_to: str = Field(PROFILE, alias="dct:conformsTo")
    identifier: str = Field(alias="dct:identifier")
    subject: ConsentNode = Field(alias="dpv:hasDataSubject")
    legal_basis: str = Field("dpv:Consent", alias="dpv:hasLegalBasis")
    process: ConsentProcess = Field(alias="dpv:hasProcess")
    status: Status = Field(alias="dpv:hasConsentStatus")
    stated_by: str = Field(alias="dct:source", description="Which source stated the consent.")
    events: tuple[ConsentEvent, ...] = Field(alias="dct:hasPart")


class ConsentRecords(Closed):
    """The consent records of a party as one JSON-LD document, the earliest first."""

    context: JsonLdContext = Field(JsonLdContext(), alias="@context")
    graph: tuple[ConsentRecord, ...] = Field(alias="@graph")


def consent_records(store: ConsentReader, party: str) -> ConsentRecords:
    """The records of a party's consents, none where it gave none; it reads all consents of the store."""
    found: list[dict[str, Any]] = []
    with closing(store.read_consents()) as batches:  # type: ignore[type-var]
        for batch in batches:
            found += batch.filter(pc.equal(batch.column("party"), party)).to_pylist()
    found.sort(key=lambda row: (row["given"], row["source"], row["purpose"], row["origin"]))
    return ConsentRecords.model_validate({"@graph": tuple(map(_record, found))})


def _record(row: dict[str, Any]) -> dict[str, Any]:
    """A record by its keys in JSON-LD."""
    named = [row[name] for name in ("party", "source", "purpose", "given", "origin")]
    digest = hashlib.sha256(json.dumps(named).encode()).hexdigest()
    events = [{"@type": "dpv:ConsentGiven", "dct:date": _day(row["given"])}]
    if row["withdrawn"] is not None:
        events.append({"@type": "dpv:ConsentWithdrawn", "dct:date": _day(row["withdrawn"])})
    return {
        "@id": f"urn:sha256:{digest}",
        "dct:identifier": digest,
        "dpv:hasDataSubject": _node("dpv:DataSubject", row["party"]),
        "dpv:hasProcess": {
            "dpv:hasPurpose": _node("dpv:Purpose", row["purpose"]),
            "dpv:hasDataSource": _node("dpv:DataSource", row["source"]),
        },
        "dpv:hasConsentStatus": events[-1]["@type"],
        "dct:source": row["origin"],
        "dct:hasPart": events,
    }


def _node(type: str, identifier: str) -> dict[str, str]:
    return {"@type": type, "dct:identifier": identifier}


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")

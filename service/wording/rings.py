"""Rings in words: the evidence as one sentence of plain figures, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import Field

from graph.rings.find import Evidence, Member, Ring
from graph.snapshots.snapshot import Snapshot
from service.closed import Closed
from service.wording.reasons import Language, fill, texts

Figures = Mapping[str, float | int | None]
EvidenceKind = Literal["shared_identifiers", "money_circle", "guarantee_loop", "burst"]
RingKind = Literal["shared_identifiers", "money_circle", "guarantee_loop", "burst", "mixed"]
RingLevel = Literal["low", "medium", "high", "very_high"]
Role = Literal["hub", "bridge", "feeder", "collector", "member"]


class RingMember(Closed):
    """A party of a ring by its id and name, and what it does in it; `text` says why it has its role.

    payers, payees: how many of the other members pay it, and how many it pays.
    """

    party: str
    name: str | None
    role: Role
    payers: int
    payees: int
    text: str


class RingEvidence(Closed):
    """What speaks for a ring; `figures` are those of its sentence, `identifiers` what the members share.

    via: the accounts or phones through which the money or the guarantees among them are carried.
    """

    kind: EvidenceKind
    strength: Annotated[float, Field(ge=0, le=12, description="Minus log10 of how many such groups chance would make.")]
    figures: dict[str, int | float | None]
    identifiers: tuple[str, ...]
    via: tuple[str, ...]
    text: str


class RingAnswer(Closed):
    """A ring in words; `ring` is its name, `strength` the sum over its evidence."""

    ring: str
    kind: RingKind
    level: RingLevel
    strength: float
    members: tuple[RingMember, ...]
    evidence: tuple[RingEvidence, ...]


def render_ring(ring: Ring, snapshot: Snapshot, language: Language = "en") -> RingAnswer:
    """A ring of a snapshot, with the text of each piece of its evidence."""
    return RingAnswer(
        ring=ring.ring,
        kind=cast(RingKind, ring.kind),
        level=cast(RingLevel, ring.level),
        strength=ring.strength,
        members=tuple(_member(member, len(ring.members) - 1, snapshot, language) for member in ring.members),
        evidence=tuple(_evidence(evidence, language) for evidence in ring.evidence),
    )


def _member(member: Member, others: int, snapshot: Snapshot, language: Language) -> RingMember:
    figures = {"payers": str(member.payers), "payees": str(member.payees), "others": str(others)}
    return RingMember(
        party=member.party,
        name=_name(snapshot, member.party),
        role=cast(Role, member.role),
        payers=member.payers,
        payees=member.payees,
        text=fill(texts(language)["roles"][member.role], figures),
    )


def _name(snapshot: Snapshot, party: str) -> str | None:
    """What a party is called; one that was erased since the rings were found has no name."""
    row = snapshot.find(party)
    return None if row is None else snapshot.name_of(row)


def _evidence(evidence: Evidence, language: Language) -> RingEvidence:
    return RingEvidence(
        kind=cast(EvidenceKind, evidence.kind),
        strength=evidence.strength,
        figures=dict(evidence.figures),
        identifiers=evidence.identifiers,
        via=evidence.via,
        text=evidence_text(evidence.kind, evidence.figures, language),
    )


def evidence_text(kind: str, figures: Figures, language: Language = "en") -> str:
    """A piece of evidence as a sentence."""
    templates = texts(language)["rings"]
    days, amount = figures.get("days"), figures.get("amount")
    parts = {name: str(value) for name, value in figures.items()}
    parts["when"] = "" if days is None else fill(templates["within"], {"days": f"{max(days, 1):.0f}"})
    parts["sum"] = "" if amount is None else fill(templates["in_all"], {"amount": f"{amount:.2f}"})
    return fill(templates[kind], parts)

"""Questions about disputes, notices and own reports."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.common import Cursor, Id, Purpose, Text
from graph.schema import CATEGORIES
from service.closed import Closed, Whole
from service.rights.disputes.dispute import Channel, MoveName, State
from service.rights.disputes.items import ItemTable
from service.rights.lists.list_entries import EntryMoveName, Ground, Measure
from service.rights.objections.objection import ObjectionMoveName, ObjectionState, ObjectionTo
from service.wording.reasons import Language

Category = Annotated[str, Field(json_schema_extra={"enum": list(CATEGORIES)})]
Words = Annotated[str, Field(min_length=1, max_length=10_000)]


class DisputeListQuery(Closed):
    """Which disputes to list."""

    party: Id | None = Field(None, description="Only those of this party; of a subject's key always its own.")
    state: State | None = Field(None, description="Only disputes in this state.")
    due_before: float | None = Field(
        None, allow_inf_nan=False, description="Only where something has to be done before then (seconds since 1970)."
    )
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None


class NewDispute(Closed):
    """A fact that a party says is wrong: its table, its source and its key as the own report lists them.

    party, channel, identified: of who works on disputes; a party with its own key disputes for itself. identified: it
    was checked who disputes.
    """

    table: ItemTable = Field(description="Of what kind the fact is.")
    source: Id = Field(description="Who stated the fact, as the own report names it.")
    key: tuple[Text, ...] = Field(min_length=2, max_length=4, description="Which fact of that source it is.")
    text: Words = Field(pattern=r"\S", description="What is wrong with it.")
    evidence: tuple[Words, ...] = Field((), max_length=20, description="What shows that.")
    identity_theft: bool = Field(False, description="Whether somebody else acted in the party's name.")
    party: Id | None = Field(None, description="Who disputes; of a subject's key always its own party.")
    channel: Channel | None = Field(None, description="How it was received.")
    representative: Id | None = Field(None, description="Who acts for the party, if anybody does.")
    identified: bool = Field(False, description="Whether it was checked who disputes.")


class DisputeMove(Closed):
    """What is done about a dispute. told: why, the furnisher's answer or the statement; second: who agrees."""

    move: MoveName = Field(description="One of the moves that its state allows; docs/rights.md lists them.")
    told: Words | None = Field(None, description="Why, the furnisher's answer or the statement.")
    second: Id | None = Field(None, description="Who agrees.")
    corrected: dict[str, str | float | Whole | None] | None = Field(None, description="The right values, by column.")


class NewStatement(Closed):
    """What a party states about a fact: its table, its source and its key as the own report lists them."""

    table: ItemTable = Field(description="Of what kind the fact is.")
    source: Id = Field(description="Who stated the fact, as the own report names it.")
    key: tuple[Text, ...] = Field(min_length=2, max_length=4, description="Which fact of that source it is.")
    text: Words = Field(pattern=r"\S", description="The statement; the legal profile may bound its words.")
    party: Id | None = Field(None, description="Who states it; of a subject's key always its own party.")


class PartyQuery(Closed):
    """Of which party."""

    party: Id | None = Field(None, description="Only those of this party; of a subject's key always its own.")


class ObjectionListQuery(Closed):
    """Which objections to list."""

    party: Id | None = Field(None, description="Only those of this party; of a subject's key always its own.")
    state: ObjectionState | None = Field(None, description="Only objections in this state.")


class NewObjection(Closed):
    """What a party objects to: that a category of relationships counts, or that no person decides."""

    to: ObjectionTo = Field(description="What is objected to.")
    category: Category | None = Field(None, description="Which, of an objection to a category.")
    purpose: Purpose = Field(None, description="For which purpose alone; null for all.")
    text: Words = Field(pattern=r"\S", description="Why.")
    party: Id | None = Field(None, description="Who objects; of a subject's key always its own party.")


class ObjectionMove(Closed):
    """What is done about an objection. told: why; second: who agrees."""

    move: ObjectionMoveName = Field(description="One of the moves that its state allows; docs/rights.md lists them.")
    told: Words | None = Field(None, description="Why.")
    second: Id | None = Field(None, description="Who agrees.")


class EntryListQuery(Closed):
    """Which entries of blacklists to list."""

    party: Id | None = Field(None, description="Only those about this party; of a subject's key always its own.")


class NewEntry(Closed):
    """An entry of a blacklist, or a penalty of a merchant, that is proposed; nobody is shown it before its notice."""

    party: Id = Field(description="About whom.")
    ground: Ground = Field(description="What the evidence says; late is a ground of penalties alone.")
    source: Id = Field(description="Who states the evidence.")
    keys: tuple[tuple[Text, Text], ...] = Field(
        min_length=1, max_length=20, description="The keys of the outcomes that are the evidence."
    )
    purpose: Purpose = None
    penalty: Words | None = Field(None, description="Of a merchant, in words; null: the party is listed.")


class EntryMove(Closed):
    """What is done about an entry. told: what the party says, or why; second: who agrees."""

    move: EntryMoveName = Field(description="One of the moves that its state allows; docs/rights.md lists them.")
    told: Words | None = Field(None, description="What the party says, or why.")
    second: Id | None = Field(None, description="Who agrees.")


class LookupQuery(Closed):
    """For which purpose a list is asked."""

    purpose: Purpose = None
    measure: Measure = Field("listing", description="Whether the party is listed, or a merchant's penalty.")


class NoticeListQuery(Closed):
    """Which notices to list."""

    party: Id | None = Field(None, description="Whose; of a subject's key always its own.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None


class LanguageQuery(Closed):
    """In which language it is told."""

    language: Language = Field("en", description="Of texts.")

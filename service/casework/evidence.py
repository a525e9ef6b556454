"""What is put into a case as evidence: checked against the network, and answers made by the server itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from graph.errors import AccessError, StateConflict, UnknownKind, UnknownRecord, UsageError
from graph.purposes import Purpose, purpose_named
from service.answers.scores import ScoreAnswer, score
from service.casework.content import EvidenceItem
from service.casework.people import Reader
from service.closed import Closed
from service.context import ServingContext
from service.wording.reasons import LANGUAGES, Voice

PartyName = Annotated[str, Field(min_length=1, max_length=1_024)]
LongText = Annotated[str, Field(max_length=20_000)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class PartyItem(Closed):
    """A party as evidence."""

    kind: Literal["party"]
    party: PartyName
    text: LongText | None = None


class LinkItem(Closed):
    """The links of one kind (`link`) from one party to another as evidence."""

    kind: Literal["link"]
    source: PartyName
    target: PartyName
    link: Annotated[str, Field(min_length=1, max_length=200)]
    text: LongText | None = None


class ViewItem(Closed):
    """A view as evidence."""

    kind: Literal["view"]
    view: Sha256
    text: LongText | None = None


class AnswerItem(Closed):
    """A score with its reasons as evidence; the server makes it, and refuses another receipt than its own."""

    kind: Literal["answer"]
    party: PartyName
    purpose: str | None = None
    receipt: Sha256 | None = None
    text: LongText | None = None


AddedItem = Annotated[PartyItem | LinkItem | ViewItem | AnswerItem, Field(discriminator="kind")]


def party_id(context: ServingContext, id: str) -> str:
    """The id under which a party stands in the snapshot. Raises UnknownParty."""
    return context.snapshot.id_of(context.snapshot.row_of(id))


def checked(
    context: ServingContext,
    reader: Reader,
    item: PartyItem | LinkItem | ViewItem | AnswerItem,
    views: frozenset[str],
    purpose_for: Callable[[str, Purpose], Purpose],
) -> EvidenceItem:
    """The item as it is kept. views: those that the reader may put into a case. purpose_for: by which a party is
    answered for.

    Raises UnknownParty, UnknownKind, AccessError for a kind or a purpose that the reader may not use, UsageError where
    there is no such link, UnknownRecord for another view, StateConflict for a receipt that is not that of the answer.
    """
    if isinstance(item, PartyItem):
        return EvidenceItem(kind="party", party=party_id(context, item.party), text=item.text)
    if isinstance(item, LinkItem):
        return _link(context, reader, item)
    if isinstance(item, ViewItem):
        if item.view not in views:
            raise UnknownRecord("no view that you may open has this id; make it with POST /v1/views")
        return EvidenceItem(kind="view", view=item.view, text=item.text)
    purpose = purpose_of(reader, item.purpose)
    answer = _answer_of(context, item.party, purpose_for(item.party, purpose), item.receipt)
    content = json.dumps(answer.to_json(), sort_keys=True)
    return EvidenceItem(
        kind="answer",
        party=party_id(context, item.party),
        purpose=purpose.name,
        receipt=answer.receipt,
        content=content,
        text=item.text,
    )


def purpose_of(reader: Reader, name: str | None) -> Purpose:
    """The purpose of that name, or fraud_investigation, or the only one that the reader has.

    Raises UnknownPurpose, AccessError, UsageError.
    """
    if name is None:
        name = "fraud_investigation" if len(reader.purposes) > 1 else next(iter(reader.purposes))
        if name not in reader.purposes:
            raise UsageError(f"name a `purpose`; this key may ask for {', '.join(sorted(reader.purposes))}")
    elif name not in reader.purposes:
        raise AccessError(f"this key may not ask for the purpose {name}")
    return purpose_named(name, reader.purposes)


def score_with_reasons(context: ServingContext, party: str, purpose: Purpose) -> ScoreAnswer:
    """The score of a party with its reasons, as `GET /v1/scores/{id}` answers an investigator. Raises UnknownParty."""
    return score(context, party, purpose, with_reasons=True)


def answer_again(context: ServingContext, item: EvidenceItem, purpose: Purpose) -> ScoreAnswer:
    """The answer that the question of a kept one has now. Raises UnknownParty."""
    kept = json.loads(item.content or "{}")
    voice = Voice("investigator", kept.get("language") or LANGUAGES[0])
    return score(context, item.party or "", purpose, kept.get("reasons") is not None, voice)


def _answer_of(context: ServingContext, party: str, purpose: Purpose, receipt: str | None) -> ScoreAnswer:
    """The answer of this receipt: with reasons in a language, or without; in English where no receipt is named.

    Raises StateConflict where each has another receipt.
    """
    first = score_with_reasons(context, party, purpose)
    if receipt in (None, first.receipt):
        return first
    for language in LANGUAGES[1:]:
        other = score(context, party, purpose, True, Voice("investigator", language))
        if other.receipt == receipt:
            return other
    bare = score(context, party, purpose)
    if bare.receipt != receipt:
        raise StateConflict(f"the answer has another receipt now, {first.receipt}; look at it again and send that one")
    return bare


def _link(context: ServingContext, reader: Reader, item: LinkItem) -> EvidenceItem:
    snapshot = context.snapshot
    source, target = party_id(context, item.source), party_id(context, item.target)
    if item.link not in snapshot.kinds:
        raise UnknownKind.named(item.link, "in this snapshot", (), "ask for the links of the party to see its kinds")
    if item.link not in reader.kinds:
        raise AccessError(f"no purpose of this key may use links of kind {item.link}")
    links = snapshot.links(item.link)
    ends = snapshot.row_of(source), snapshot.row_of(target)
    there = len(links.between(*ends)) or (links.info.symmetric and len(links.between(*reversed(ends))))
    if not there:
        raise UsageError(f"there is no {item.link} from the source to the target; the other way round perhaps?")
    return EvidenceItem(kind="link", source=source, target=target, link=item.link, text=item.text)


def withheld(item: EvidenceItem, reader: Reader) -> str | None:
    """Why a reader may not see a piece of evidence, None where they may."""
    if item.link is not None and item.link not in reader.kinds:
        return "it is of a kind of link that no purpose of this key may use"
    if item.purpose is not None and item.purpose not in reader.purposes:
        return "it is an answer for a purpose that this key may not ask for"
    return None

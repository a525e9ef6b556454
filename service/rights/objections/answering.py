"""Answers by what parties objected to and stated: each party by its own purpose, with its statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from graph.purposes import Purpose
from service.answers.applicants.applicant import Applicant
from service.answers.objecting import Answer, by_purpose
from service.answers.relationships import RelationshipRisk
from service.answers.scores import ScoreAnswer, ScoreQuestion, ToldStatement
from service.context import ServingContext
from service.rights.disputes.statements import counting
from service.rights.objections.matter_book import MatterBook

Asked = str | Applicant


def name_of(party: Asked) -> str:
    """The id of a party that is asked about."""
    return party if isinstance(party, str) else party.name


def purpose_for(book: MatterBook, context: ServingContext, party: str, purpose: Purpose) -> Purpose:
    """The purpose by which a party is answered for, whichever of its ids it is called by."""
    if not book.has_objections():
        return purpose
    row = context.snapshot.find(party)
    return book.purpose_for((party,) if row is None else context.snapshot.ids_of(row), purpose)


def others_of(book: MatterBook, context: ServingContext, purpose: Purpose) -> dict[str, Purpose]:
    """The parties that are answered for by another purpose than this one, and by which."""
    return {party: purpose_for(book, context, party, purpose) for party in book.objecting(purpose)}


def by_question(
    book: MatterBook,
    context: ServingContext,
    parties: Sequence[Asked],
    question: ScoreQuestion,
    answer: Callable[[Sequence[Asked], ScoreQuestion], Sequence[Answer]],
) -> list[Answer]:
    """The answers about some parties in their order, where those of one purpose are answered together."""

    def answered(places: list[int], purpose: Purpose) -> Sequence[Answer]:
        return answer([parties[place] for place in places], replace(question, purpose=purpose))

    return by_purpose([purpose_for(book, context, name_of(one), question.purpose) for one in parties], answered)


def stated(book: MatterBook, context: ServingContext, answer: ScoreAnswer, purpose: Purpose) -> ScoreAnswer:
    """The answer with the statements that it has to tell.

    Those of the party about what the answer rests on, and of parties that it is linked to, where an investigator asks.
    """
    if answer.state not in ("assessed", "thin"):
        return answer
    told = tuple(_told(book, context, purpose, {answer.party, *_linked(book, context, purpose, answer)}))
    return answer.model_copy(update={"statements": told}) if told else answer


def pair_stated(
    book: MatterBook, context: ServingContext, answer: RelationshipRisk, purpose: Purpose
) -> RelationshipRisk:
    """The risk of a pair with the statements of those of its two parties of whom it tells a probability."""
    ends = {answer.source: answer.source_probability, answer.target: answer.target_probability}
    told = tuple(_told(book, context, purpose, (party for party, known in ends.items() if known is not None)))
    return answer.model_copy(update={"statements": told}) if told else answer


def statements_by_row(book: MatterBook, context: ServingContext, purpose: Purpose) -> dict[int, list[str]]:
    """What parties state about facts of theirs that count for a purpose, the oldest first, by row."""
    found: dict[int, list[str]] = {}
    for party in book.stating():
        row, own = context.snapshot.find(party), purpose_for(book, context, party, purpose)
        texts = [one.text for one in counting(context, own, book.statements_of([party]))]
        if row is not None and texts:
            found.setdefault(row, []).extend(texts)
    return found


def _told(book: MatterBook, context: ServingContext, purpose: Purpose, parties: Iterable[str]) -> list[ToldStatement]:
    statements = book.statements_of(parties)
    return [one.told() for one in counting(context, purpose, statements)] if statements else []


def _linked(book: MatterBook, context: ServingContext, purpose: Purpose, answer: ScoreAnswer) -> set[str]:
    """Of the parties with statements those that a party is linked to by what may count, for an investigator alone."""
    row = context.snapshot.find(answer.party)
    if answer.reasons is None or answer.audience != "investigator" or row is None:
        return set()
    of_row = {party: other for party in book.stating() if (other := context.snapshot.find(party)) is not None}
    every = [context.snapshot.links(kind) for kind in context.snapshot.kinds_of(purpose.categories)]
    return {
        party
        for party, other in of_row.items()
        if any(len(links.between(row, other)) or len(links.between(other, row)) for links in every)
    }

"""What is kept of what is answered: receipts for the key that asked, and notices where a decision was no."""

from __future__ import annotations

import time
from collections.abc import Sequence

from flask import current_app, g

from service.answers.applicants.applicant import Applicant
from service.answers.canonical import canonical_bytes
from service.answers.explanations import ExplanationAnswer
from service.answers.replaying.receipts import receipts_of
from service.answers.scores import ScoreAnswer, ScoreQuestion
from service.context import ServingContext
from service.records.receipts import ReceiptWriter
from service.rights.objections.answering import stated
from service.rights.objections.matter_book import MatterBook
from service.rights.reports.explained import explained, explained_in_full
from service.rights.reports.told import Asked, NoticeWriter


def receipt_writer() -> ReceiptWriter:
    """The writer of this process."""
    writer: ReceiptWriter = current_app.extensions["kith.receipts"]
    return writer


def matter_book() -> MatterBook:
    """What parties objected to and stated, as this process knows it."""
    book: MatterBook = current_app.extensions["kith.matters"]
    return book


def keep_explanation(context: ServingContext, answer: ExplanationAnswer, question: ScoreQuestion) -> None:
    """Keep the receipt of an explanation, and what it told."""
    keep_receipts(context, [answer.party], [answer.score], question)
    now = time.time()
    told = (explained_in_full(answer, holder(), now),)
    _writer().note(Asked(context, (), question, holder(), g.key.owner, now, told))


def holder() -> str:
    """Whose key this is, as it is written down."""
    return str(g.key.name or f"key {g.key.id}")


def _writer() -> NoticeWriter:
    writer: NoticeWriter = current_app.extensions["kith.notices"]
    return writer


def keep_receipts(
    context: ServingContext,
    parties: Sequence[str | Applicant],
    answers: Sequence[ScoreAnswer],
    question: ScoreQuestion,
) -> list[bytes]:
    """The canonical bytes of answers of a context about some parties, with the statements that they have to tell.

    Receipts are kept for the key of this request, without the statements, which are no part of what is given again.
    """
    sent = list(map(canonical_bytes, answers))
    receipts = receipts_of(context, parties, answers, sent, question, g.key.owner, time.time())
    receipt_writer().add(receipts, question.purpose.rules())
    now, to = time.time(), holder()
    explanations = tuple(one for answer in answers if (one := explained(answer, to, now)) is not None)
    decides = g.key.role == "service"  # who looks around decides nothing
    _writer().note(Asked(context, tuple(answers), question, to, g.key.owner, now, explanations, decides))
    told = [stated(matter_book(), context, answer, question.purpose) for answer in answers]
    pairs = zip(sent, answers, told, strict=True)
    return [bare if after is answer else canonical_bytes(after) for bare, answer, after in pairs]

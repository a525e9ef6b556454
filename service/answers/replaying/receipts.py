"""Receipts of score answers: what is kept of an answer, and what is told of a receipt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from graph.purposes import Purpose
from service.answers.applicants.applicant import Applicant
from service.answers.canonical import sha256
from service.answers.scores import ScoreAnswer, ScoreQuestion
from service.closed import Closed
from service.context import ServingContext
from service.records.receipts import StoredReceipt
from service.wording.reasons import INVESTIGATOR, Audience, Language, Voice


class ReceiptQuestion(Closed):
    """How the score was asked for, beside its party and purpose. audience, language: of its reasons, if it has any.

    applicant: SHA-256 of what the question said of a party that is not in the network, null for any other. Nothing else
    of an applicant is kept.
    """

    reasons: bool
    audience: Audience | None
    language: Language | None
    threshold: int | None
    applicant: str | None

    def asked(self, purpose: Purpose) -> ScoreQuestion:
        """The question, for this purpose."""
        voice = INVESTIGATOR if self.audience is None or self.language is None else Voice(self.audience, self.language)
        return ScoreQuestion(purpose, self.reasons, voice, self.threshold)


class ReceiptAnswer(Closed):
    """What is kept of a score answer, so that it can be given again.

    time: when it was first given, seconds since 1970. policy: SHA-256 of the rules, which are kept too. snapshot and
    base_revision: what it was read from; revision: up to which change. sha256: of the answer's bytes.
    """

    receipt: str
    time: float
    party: str
    question: ReceiptQuestion
    policy: str
    snapshot: str
    base_revision: int
    revision: int
    as_of: float | None = Field(description="Seconds since 1970; null for a snapshot of everything known.")
    model: str
    odds0: float
    engine: str
    sha256: str


def receipts_of(
    context: ServingContext,
    parties: Sequence[str | Applicant],
    answers: Sequence[ScoreAnswer],
    sent: Sequence[bytes],
    question: ScoreQuestion,
    key: int,
    now: float,
) -> list[StoredReceipt]:
    """What is kept of answers about some parties to a question that a key asked.

    sent: the canonical bytes of each answer. now: seconds since 1970.
    """
    usual = _question(question)
    as_json = usual.model_dump_json()
    return [
        StoredReceipt(
            id=answer.receipt,
            key=key,
            time=now,
            party=json.dumps(answer.party),
            question=as_json if isinstance(party, str) else _of_applicant(usual, party),
            policy=answer.policy,
            snapshot=answer.snapshot,
            base_revision=context.base.snapshot.revision,
            revision=answer.revision,
            as_of=answer.as_of,
            model=answer.model,
            odds0=answer.odds0,
            engine=answer.engine,
            sha256=sha256(content),
        )
        for party, answer, content in zip(parties, answers, sent, strict=True)
    ]


def receipt_answer(stored: StoredReceipt) -> ReceiptAnswer:
    """A receipt as it is told."""
    shared: dict[str, Any] = {
        name: getattr(stored, name)
        for name in StoredReceipt.__slots__
        if name in ReceiptAnswer.model_fields and name not in {"party", "question"}
    }
    return ReceiptAnswer(
        receipt=stored.id,
        party=json.loads(stored.party),
        question=ReceiptQuestion.model_validate_json(stored.question),
        **shared,
    )


def _question(question: ScoreQuestion) -> ReceiptQuestion:
    voice = question.voice if question.with_reasons else None
    return ReceiptQuestion(
        reasons=question.with_reasons,
        audience=None if voice is None else voice.audience,
        language=None if voice is None else voice.language,
        threshold=question.threshold,
        applicant=None,
    )


def _of_applicant(question: ReceiptQuestion, applicant: Applicant) -> str:
    return question.model_copy(update={"applicant": applicant.digest()}).model_dump_json()

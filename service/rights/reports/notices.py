"""Notices of adverse action: what a party is told when an answer counted against it."""

from __future__ import annotations

from typing import Final

from gnn.models.score_scale import HIGHEST, LOWEST
from gnn.scoring.fact_codes import KNOWN_BAD
from service.answers.scores import OTHERS_TOLD, ScoreAnswer, ScoreQuestion
from service.closed import Closed
from service.context import ServingContext
from service.rights.legal.legal_profiles import LegalProfile
from service.rights.wording import listing, page, paragraphs, say
from service.wording.printed import day
from service.wording.reasons import LANGUAGES, Language, Voice, render_reason

RIGHTS: Final = ("right_report", "right_dispute", "right_third", "right_person")


class NoticeReason(Closed):
    """A principal reason: its code, and its sentence for the party in each language."""

    code: str
    en: str
    zh: str


class AdverseNotice(Closed):
    """A notice that an answer counted against a party. Times: seconds since 1970.

    creditor: whose key asked. time: when it was answered. reasons: those that lowered the score, in the order in which
    the answer of the receipt has them. score: null where the creditor was told yes or no alone, or there was none.
    yes_or_no: whether it was. law: the legal profile.
    """

    party: str
    creditor: str
    action: str | None
    time: float
    purpose: str
    threshold: int | None
    reasons: tuple[NoticeReason, ...]
    score: int | None
    lowest: int
    highest: int
    yes_or_no: bool
    receipt: str
    snapshot: str
    model: str
    law: str
    source: str


def counted_against(answer: ScoreAnswer) -> bool:
    """Whether an answer counts against its party: a decision that is no."""
    return answer.approved is False


def adverse_notice(
    context: ServingContext,
    answer: ScoreAnswer,
    question: ScoreQuestion,
    creditor: str,
    profile: LegalProfile,
    now: float,
    action: str | None = None,
) -> AdverseNotice:
    """The notice of an answer that this context gave. now: when it was given."""
    clock = profile.clocks.get("adverse_action_notice")
    return AdverseNotice(
        party=answer.party,
        creditor=creditor,
        action=action,
        time=now,
        purpose=answer.purpose,
        threshold=answer.threshold,
        reasons=principal_reasons(context, answer, question),
        score=answer.score,
        lowest=round(LOWEST),
        highest=round(HIGHEST),
        yes_or_no=question.purpose.threshold is not None,
        receipt=answer.receipt,
        snapshot=answer.snapshot,
        model=answer.model,
        law=profile.name,
        source="; ".join(profile.sources) if clock is None else clock.source,
    )


def principal_reasons(
    context: ServingContext, answer: ScoreAnswer, question: ScoreQuestion
) -> tuple[NoticeReason, ...]:
    """The reasons of an answer that lowered the score, in its order; none where there was no score."""
    if answer.state != "assessed":
        return ()
    purpose = question.purpose
    row, terms, explainer = context.snapshot.row_of(answer.party), context.terms(purpose), context.explainer(purpose)
    found = explainer.reasons(row, explainer.attribution(row, terms), terms, least_told=OTHERS_TOLD)
    against = [reason for reason in found if reason.points < 0 or reason.code in KNOWN_BAD]
    disclose = purpose.threshold is None
    told = {
        language: [render_reason(reason, Voice("subject", language), disclose).text for reason in against]
        for language in LANGUAGES
    }
    return tuple(
        NoticeReason(code=reason.code, en=told["en"][place], zh=told["zh"][place])
        for place, reason in enumerate(against)
    )


def notice_page(notice: AdverseNotice, language: Language) -> str:
    """The notice as a page to print."""

    def said(code: str, **figures: str) -> str:
        return say("notice", code, language, **figures)

    if notice.action is not None:
        action = said("action_stated", action=notice.action)
    else:
        action = said("action_threshold", threshold=str(notice.threshold))
    figures = {"low": str(notice.lowest), "high": str(notice.highest), "date": day(notice.time)}
    if notice.score is not None:
        score = said("score_told", score=str(notice.score), **figures)
    else:
        score = said("score_withheld" if notice.yes_or_no else "score_none")
    reasons = [reason.zh if language == "zh" else reason.en for reason in notice.reasons]
    source = said("source_text", purpose=notice.purpose, receipt=notice.receipt)
    return page(
        said("title"),
        language,
        [
            (said("creditor"), paragraphs([notice.creditor])),
            (said("action"), paragraphs([action])),
            (said("date"), paragraphs([day(notice.time)])),
            (said("reasons"), listing(reasons) or paragraphs([said("no_reasons")])),
            (said("score"), paragraphs([score])),
            (said("source"), paragraphs([source])),
            (said("rights"), listing(said(right) for right in RIGHTS)),
            (said("law"), paragraphs([f"{notice.law}: {notice.source}"])),
        ],
    )

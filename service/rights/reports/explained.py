"""Explanations as they were given, so that it can be shown later what somebody was told."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine

from service.answers.explanations import ExplanationAnswer
from service.answers.scores import ScoreAnswer
from service.closed import Closed
from service.records.rights import told
from service.records.rights.told import Told
from service.rights.legal.legal_profiles import LegalProfile
from service.wording.reasons import Audience, Language

MOST: Final = 10_000  # explanations of a party, the newest


class ToldExplanation(Closed):
    """An explanation that was given. time: seconds since 1970. reasons, changes: the sentences, as they were told."""

    party: str
    to: str
    time: float
    purpose: str
    receipt: str
    audience: Audience
    language: Language
    score: int | None
    level: str | None
    approved: bool | None
    reasons: tuple[str, ...]
    changes: tuple[str, ...]


def explained(answer: ScoreAnswer, to: str, now: float) -> ToldExplanation | None:
    """What a score with reasons told; None for one without."""
    if answer.reasons is None or answer.audience is None or answer.language is None:
        return None
    return _told(answer, to, now, answer.audience, answer.language, [reason.text for reason in answer.reasons], [])


def explained_in_full(answer: ExplanationAnswer, to: str, now: float) -> ToldExplanation:
    """What an explanation told."""
    reasons, changes = [one.text for one in answer.reasons], [one.text for one in answer.counterfactuals]
    return _told(answer.score, to, now, answer.audience, answer.language, reasons, changes)


def _told(
    answer: ScoreAnswer,
    to: str,
    now: float,
    audience: Audience,
    language: Language,
    reasons: list[str],
    changes: list[str],
) -> ToldExplanation:
    return ToldExplanation(
        party=answer.party,
        to=to,
        time=now,
        purpose=answer.purpose,
        receipt=answer.receipt,
        audience=audience,
        language=language,
        score=answer.score,
        level=answer.level,
        approved=answer.approved,
        reasons=tuple(reasons),
        changes=tuple(changes),
    )


def keep_explanations(records: Engine, explanations: list[ToldExplanation], profile: LegalProfile, owner: int) -> None:
    """Keep what was told, each answer once for the key that was given it and for each audience and language."""
    told.keep_all(
        records,
        [
            Told(
                0,
                one.party,
                "explanation",
                one.receipt,
                one.time,
                profile.calendar.after(one.time, profile.notices_kept),
                f"{owner} {one.audience} {one.language}",
                one.model_dump_json(),
            )
            for one in explanations
        ],
    )


def explanations_of(records: Engine, party: str, with_names: bool) -> tuple[ToldExplanation, ...]:
    """The explanations of a party that were given, the newest first.

    with_names: those for investigators too, which name other parties.
    """
    kept = told.find(records, "explanation", party, None, MOST)[0]
    found = [ToldExplanation.model_validate_json(one.content) for one in kept]
    return tuple(one for one in found if with_names or one.audience != "investigator")

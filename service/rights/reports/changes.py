"""What would change a party's score, for its own report: for each purpose that was answered for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from graph.purposes import Purpose
from service.answers.explanations import explanation
from service.closed import Closed
from service.context import ServingContext
from service.rights.objections.answering import purpose_for
from service.rights.objections.matter_book import MatterBook
from service.wording.reasons import Language, Voice


class PurposeChanges(Closed):
    """The score for a purpose as it is now, and what would change it."""

    purpose: str
    score: int | None
    level: str | None
    reasons: tuple[str, ...]
    changes: tuple[str, ...]


def changes_of(
    records: Engine, context: ServingContext | None, purposes: Sequence[Purpose], party: str, language: Language
) -> tuple[PurposeChanges, ...]:
    """For each of some purposes that discloses a score; nothing where nothing can be scored.

    By what the party objected to, as others are answered.
    """
    if context is None or not context.can_score or not context.snapshot.has(party):
        return ()
    book, found = MatterBook(records), []
    for purpose in (one for one in purposes if one.threshold is None):
        own = purpose_for(book, context, party, purpose)
        why = explanation(context, party, own, Voice("subject", language))
        found.append(
            PurposeChanges(
                purpose=purpose.name,
                score=why.score.score,
                level=why.score.level,
                reasons=tuple(reason.text for reason in why.reasons),
                changes=tuple(change.text for change in why.counterfactuals),
            )
        )
    return tuple(found)

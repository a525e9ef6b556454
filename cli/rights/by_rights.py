"""What commands make of objections and statements: each party by its own purpose, as over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli import installation

if TYPE_CHECKING:
    from graph.purposes import Purpose
    from service.answers.relationships import RelationshipRisk
    from service.answers.scores import ScoreAnswer
    from service.context import ServingContext


class ByRights:
    """How parties are answered for by what they objected to and stated, if this installation keeps records."""

    def __init__(self, context: ServingContext) -> None:
        from service.rights.objections.matter_book import MatterBook

        records = installation.kept_records()
        self._context, self._book = context, None if records is None else MatterBook(records)

    def purpose_for(self, party: str, purpose: Purpose) -> Purpose:
        """The purpose by which a party is answered for."""
        from service.rights.objections.answering import purpose_for

        return purpose if self._book is None else purpose_for(self._book, self._context, party, purpose)

    def others(self, purpose: Purpose) -> dict[str, Purpose]:
        """The purposes of parties that objected."""
        from service.rights.objections.answering import others_of

        return {} if self._book is None else others_of(self._book, self._context, purpose)

    def statements(self, purpose: Purpose) -> dict[int, list[str]]:
        """What parties state about facts that count for a purpose, by row."""
        from service.rights.objections.answering import statements_by_row

        return {} if self._book is None else statements_by_row(self._book, self._context, purpose)

    def pair_stated(self, answer: RelationshipRisk, purpose: Purpose) -> RelationshipRisk:
        """The risk of a pair with the statements that it has to tell."""
        from service.rights.objections.answering import pair_stated

        return answer if self._book is None else pair_stated(self._book, self._context, answer, purpose)

    def stated(self, answer: ScoreAnswer, purpose: Purpose) -> ScoreAnswer:
        """The answer with the statements that it has to tell."""
        from service.rights.objections.answering import stated

        return answer if self._book is None else stated(self._book, self._context, answer, purpose)

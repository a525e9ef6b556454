"""Whom a dispute reaches: answers that rested on its fact and would be others without it, and who was given them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gnn.models import artifact
from gnn.models.model import Model
from gnn.models.score_scale import ODDS0
from graph.errors import StateConflict, UnknownRecord
from graph.purposes import Purpose
from graph.snapshots.build import build_snapshot
from service.answers.scores import ScoreAnswer, ScoreQuestion, scores
from service.closed import Closed
from service.context import ServingContext
from service.records.rights.answered import Answered, answered, answered_since
from service.records.rights.disputes import DisputeQuery
from service.rights.disputes.dispute import WRONG, Dispute, State
from service.rights.disputes.handling import Office, queue, read
from service.settings import Settings
from service.workspace import Workspace

MOST: Final = 1_000_000  # disputes looked through


class AffectedAnswer(Closed):
    """An answer that would be another without the fact. before, after: the score with and without it, null: none.

    approved_before, approved_after: the decision, null where none was asked for. to, key: who was given it, by name and
    by the number of its first key. time: seconds since 1970.
    """

    receipt: str
    time: float
    to: str
    key: int
    party: str
    purpose: str
    before: int | None
    after: int | None
    approved_before: bool | None
    approved_after: bool | None


class Affected(Closed):
    """The answers that would be others, the decisions among them that would be others, and who was given any."""

    dispute: int
    answers: tuple[AffectedAnswer, ...]
    decisions: int
    recipients: tuple[str, ...]
    looked_at: int


class Correction(Closed):
    """A fact that an answer rested on and that was found wrong since.

    source: who stated it. outcome: of the dispute. decided: when (seconds since 1970). before, after: the score with
    the fact and without it, by the newest model.
    """

    dispute: int
    source: str
    about: str
    outcome: State
    decided: float
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class _Both:
    """The network with the fact and without it."""

    before: ServingContext
    after: ServingContext


class _Networks:
    """The networks of one question, each built once, all with one model. ending: when they are removed."""

    def __init__(self, office: Office, settings: Settings, ending: ExitStack) -> None:
        self._office, self._settings, self._ending = office, settings, ending
        self._workspace = Workspace(settings.home)
        self._of: dict[int, ServingContext] = {}

    def around(self, dispute: Dispute) -> _Both:
        """The networks just before the fact of a dispute was left out, and just after."""
        assert dispute.left_out is not None
        return _Both(self._at(dispute.left_out - 1), self._at(dispute.left_out))

    @cached_property
    def _model(self) -> tuple[Model, str]:
        model = self._settings.model
        folder = self._workspace.model_folder(model if model != "none" else None)
        return artifact.load(folder), artifact.model_id(folder)

    def _at(self, revision: int) -> ServingContext:
        if revision not in self._of:
            folder = self._ending.enter_context(self._workspace.scratch("affected"))
            snapshot = build_snapshot(self._office.store, folder / "snapshot", None, revision)
            odds0, purposes = self._settings.odds0 or ODDS0, self._settings.purposes
            self._of[revision] = ServingContext(snapshot, *self._model, odds0, purposes, folder / "tables")
        return self._of[revision]


def affected(office: Office, settings: Settings, id: int) -> Affected:
    """The answers given from when the fact was recorded until it was left out that would be others without it.

    They are compared by the newest model.

    Both networks are built from the facts: as they were just before the fact was marked, and just after; nothing else
    differs between them. Raises StateConflict for a dispute that has not been opened, UnknownRecord.
    """
    dispute = read(office, id).dispute
    if dispute.left_out is None:
        raise StateConflict(f"dispute {id} has left no fact out yet")
    given = [one for one in answered_since(office.records, dispute.item.revision) if one.revision < dispute.left_out]
    with ExitStack() as ending:
        both = _Networks(office, settings, ending).around(dispute)
        found = list(_compared(both, settings.purposes, given))
    return Affected(
        dispute=id,
        answers=tuple(found),
        decisions=sum(one.approved_before != one.approved_after for one in found),
        recipients=tuple(sorted({one.to for one in found})),
        looked_at=len(given),
    )


def corrections_since(office: Office, settings: Settings, receipt: str) -> tuple[Correction, ...]:
    """What of the answer of a receipt was owned as wrong since, by disputes; oldest first.

    Raises UnknownRecord for a receipt that was given to nobody.
    """
    given = answered(office.records, receipt)[:1]
    if not given:
        raise UnknownRecord("no answer with this receipt was given")
    every = [answer.dispute for answer in queue(office, DisputeQuery(), limit=MOST).disputes]
    with ExitStack() as ending:
        networks = _Networks(office, settings, ending)
        found = [
            _correction(dispute, one)
            for dispute in every
            if dispute.outcome in WRONG and dispute.item.revision <= given[0].revision < (dispute.left_out or 0)
            for one in _compared(networks.around(dispute), settings.purposes, given)
        ]
    return tuple(sorted(found, key=lambda one: (one.decided, one.dispute)))


def _correction(dispute: Dispute, answer: AffectedAnswer) -> Correction:
    assert dispute.outcome is not None and dispute.decided is not None
    return Correction(
        dispute=dispute.dispute,
        source=dispute.item.name.source,
        about=dispute.party,
        outcome=dispute.outcome,
        decided=dispute.decided,
        before=answer.before,
        after=answer.after,
    )


def _compared(both: _Both, purposes: Mapping[str, Purpose], given: Iterable[Answered]) -> Iterable[AffectedAnswer]:
    groups: dict[tuple[str, int | None], list[Answered]] = {}
    for one in given:
        if one.purpose in purposes:
            groups.setdefault((str(one.purpose), one.threshold), []).append(one)
    for (name, threshold), answers in sorted(groups.items(), key=lambda group: str(group[0])):
        purpose = purposes[name]
        question = ScoreQuestion(purpose, threshold=None if purpose.threshold is not None else threshold)
        parties = sorted({one.party for one in answers})
        before = dict(zip(parties, scores(both.before, parties, question), strict=True))
        after = dict(zip(parties, scores(both.after, parties, question), strict=True))
        for one in answers:
            old, new = before[one.party], after[one.party]
            if _figures(old) != _figures(new):
                yield AffectedAnswer(
                    receipt=one.receipt,
                    time=one.time,
                    to=one.name or f"key {one.key}",
                    key=one.key,
                    party=one.party,
                    purpose=name,
                    before=old.score,
                    after=new.score,
                    approved_before=old.approved,
                    approved_after=new.approved,
                )


def _figures(answer: ScoreAnswer) -> tuple[object, ...]:
    return answer.score, answer.probability, answer.level, answer.approved, answer.warnings

"""Telling webhooks of scores that changed: a job that is done after events came in or a newer snapshot was taken over.

For each key with such webhooks it scores the parties that they name, for each purpose of the key, and compares with
what was told last. So many changes between two looks are one event, and none is lost where a process dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Engine

from graph.purposes import Purpose
from service.answers.objecting import Objecting, Others, by_purpose, by_row
from service.answers.scores import ScoreAnswer, ScoreQuestion, scores
from service.context import ServingContext
from service.job_worker import Progress
from service.records import jobs, keys, webhooks
from service.records.jobs import Job

KIND: Final = "score_changes"


def look_soon(records: Engine) -> None:
    """Have the scores looked at that webhooks want to be told of, if there are any and no look is waiting."""
    if webhooks.watched(records) and not jobs.is_queued(records, KIND):
        jobs.enqueue(records, KIND, None, None, time.time())


def look(
    context: Callable[[], ServingContext], objecting: Objecting, records: Engine, job: Job, progress: Progress
) -> Any:
    """How many scores were looked at, and of how many webhooks are told.

    objecting: which parties are answered for by another purpose than one, and by which.
    """
    served, looked, told = context(), 0, 0
    purposes_of = {key.owner: key.purposes for key in keys.all_keys(records) if key.revoked is None}
    for owner, parties in webhooks.watched(records).items():
        for name in sorted(purposes_of.get(owner, frozenset()) & served.purposes.keys()):
            purpose = served.purposes[name]
            if purpose.consent:  # which is answered from facts of its own, after consents were looked up
                continue
            for answer in _answers(served, sorted(parties), purpose, objecting(served, purpose)):
                looked += 1
                said = {"party": answer.party, "purpose": name, "revision": answer.revision, "model": answer.model}
                told += webhooks.tell_score(records, owner, answer.party, name, _figures(answer), said, time.time())
        progress(looked)
    return {"looked_at": looked, "told": told}


def _answers(served: ServingContext, parties: Sequence[str], purpose: Purpose, others: Others) -> Sequence[ScoreAnswer]:
    """The scores of some parties, of each by its own purpose."""
    own = by_row(served.snapshot, others)
    rows = [served.snapshot.find(party) for party in parties]
    purposes = [purpose if row is None else own.get(row, purpose) for row in rows]
    return by_purpose(
        purposes,
        lambda places, asked: scores(served, [parties[place] for place in places], ScoreQuestion(asked)),
    )


def _figures(answer: ScoreAnswer) -> dict[str, Any]:
    """What a purpose discloses, without digits of a probability that no decision turns on."""
    return {"state": answer.state, "score": answer.score, "level": answer.level, "approved": answer.approved}

"""Alerts from events: what was recorded since the last look is looked through, in a job or when somebody asks for it.

One look goes on where the last one ended, in the journal of the snapshot, and becomes visible with its alerts at once;
of two at a time one counts. So a process that dies loses nothing, and nothing is told twice.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from graph.purposes import Purpose
from graph.snapshots.live.changes import Changes
from service.answers.objecting import Objecting, nobody
from service.casework.alerts import finding_of, new_alert
from service.casework.events.findings import find_since
from service.casework.findings import Finding
from service.context import ServingContext
from service.job_worker import Progress
from service.live.journal import Journal
from service.records import jobs
from service.records.casework.event_looks import EventLook, alerts_about, keep_look, latest_look, look_of
from service.records.jobs import Job

KIND: Final = "event_alerts"
REST: Final = 10.0  # seconds without a look for each second that the last one took: a tenth of a core at most
TRIES: Final = 5  # of a look while others are quicker


def look_soon(records: Engine) -> None:
    """Have looked through what was recorded, if no look is waiting; after a long one not at once."""
    if jobs.is_queued(records, KIND):
        return
    now, last = time.time(), latest_look(records)
    due = now if last is None else max(now, last.made + REST * last.seconds)
    jobs.enqueue(records, KIND, None, None, now, due)


def look(
    context: Callable[[], ServingContext],
    folder: Path,
    purpose: str,
    objecting: Objecting,
    records: Engine,
    job: Job,
    progress: Progress,
) -> Any:
    """Until which revision events were looked through."""
    served = context()
    if purpose not in served.purposes:
        return {"revision": None}
    its = served.purpose(purpose)
    return {"revision": looked_through(served, folder, records, its, time.time(), objecting).revision}


def last_look(context: ServingContext, records: Engine, purpose: Purpose) -> EventLook:
    """The last look at the events after the snapshot of a context; before the first one, the snapshot itself."""
    id = _id(context, purpose)
    return look_of(records, id) or EventLook(id, context.base.snapshot.revision, 0, 0, 0.0, 0.0)


def looked_through(
    context: ServingContext, folder: Path, records: Engine, purpose: Purpose, now: float, objecting: Objecting = nobody
) -> EventLook:
    """The look at everything that the context knows, made now where nobody has made it; its alerts are kept.

    folder: of the journals.
    """
    for _ in range(TRIES):
        last = last_look(context, records, purpose)
        if last.revision >= context.snapshot.revision:
            break
        began = time.perf_counter()
        touched, offset = _touched(Journal.of(folder, context.base.snapshot), last.offset, context.snapshot.revision)
        others = objecting(context, purpose)
        found = find_since(context, touched, lambda ids: told_since(context.base, records, ids), purpose, others)
        seconds = time.perf_counter() - began
        done = EventLook(last.id, context.snapshot.revision, offset, last.left_out + found.left_out, now, seconds)
        before = last if last.made else None
        if keep_look(records, before, done, [(new_alert(one, now), one.parties) for one in found.found]):
            return done
    return last


def told_since(base: ServingContext, records: Engine, parties: Collection[str]) -> Sequence[Finding]:
    """The findings of events after the snapshot of a context that are alerts about any of some parties, in order."""
    id = base.snapshot.id
    found = (finding_of(alert) for alert in alerts_about(records, parties))
    return [one for one in found if one.is_of_events and one.snapshot == id]


def _id(context: ServingContext, purpose: Purpose) -> str:
    of_model = context.model_id if context.can_score else None
    about = [context.base.snapshot.id, of_model, purpose.policy()]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def _touched(journal: Journal, offset: int, until: int) -> tuple[set[str], int]:
    """Ids of the parties that the records behind a place touched, and the end of the last of them."""
    ids: set[str] = set()
    for record in journal.read(offset):
        if record.until > until:
            break
        if record.changes is not None:
            ids |= _ids(record.changes)
        offset = record.end
    return ids, offset


def _ids(changes: Changes) -> set[str]:
    ids = set(changes.parties.column("id").to_pylist())
    for links in (changes.links, changes.ended_links):
        ids |= {*links.column("source").to_pylist(), *links.column("target").to_pylist()}
    for outcomes in (changes.outcomes, changes.ended_outcomes):
        ids |= set(outcomes.column("party").to_pylist())
    return ids

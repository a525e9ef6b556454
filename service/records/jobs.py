"""Jobs: pieces of work that outlive the request, and the process, that began them.

Whoever works on a job holds it by a lease that it must extend. A lease that has run out means that its process is gone:
the next to look takes the job over, with the checkpoint that was reached. All changes are single updates that name what
they expect, so no two workers hold one job, on SQLite as on PostgreSQL.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Engine, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.records.tables import JobRow

State = Literal["queued", "running", "done", "failed"]
LEASE: Final = 30.0  # seconds
KEPT: Final = 7 * 86_400.0  # seconds that a job is kept after its end
LONGEST_ERROR: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class Job:
    """A job. request, checkpoint and result are JSON values; made, due, ended: seconds since 1970.

    owner: the key family that began it, None for Kith itself. attempts: how often somebody took it. losses: how many
    workers in a row ended without any progress. done of total: its progress, in the job's own unit.
    """

    id: str
    kind: str
    owner: int | None
    request: Any
    state: State
    attempts: int
    losses: int
    made: float
    due: float
    worker: str | None
    done: int
    total: int | None
    checkpoint: Any
    result: Any
    error: str | None
    ended: float | None


def enqueue(records: Engine, kind: str, request: Any, owner: int | None, now: float, due: float | None = None) -> str:
    """The id of a new job, to be done from `due` on (now, where it is None)."""
    with Session(records) as session, session.begin():
        return add(session, kind, request, owner, now, due)


def add(session: Session, kind: str, request: Any, owner: int | None, now: float, due: float | None = None) -> str:
    """The id of a new job within a transaction that does more."""
    id = secrets.token_hex(16)
    session.add(
        JobRow(
            id=id,
            kind=kind,
            owner=owner,
            request=json.dumps(request),
            state="queued",
            attempts=0,
            losses=0,
            made=now,
            due=now if due is None else due,
            done=0,
        )
    )
    return id


def is_queued(records: Engine, kind: str) -> bool:
    """Whether a job of a kind waits to be done."""
    with Session(records) as session:
        return session.scalar(select(JobRow.id).where(JobRow.kind == kind, JobRow.state == "queued")) is not None


def lease(records: Engine, kinds: Collection[str], worker: str, now: float, seconds: float = LEASE) -> Job | None:
    """The job that has waited longest of those that are due or whose worker is gone, now leased; None for none."""
    waiting = and_(JobRow.state == "queued", JobRow.due <= now)
    left = and_(JobRow.state == "running", JobRow.lease < now)
    chosen = select(JobRow).where(or_(waiting, left), JobRow.kind.in_(sorted(kinds))).order_by(JobRow.due, JobRow.id)
    while True:
        with Session(records) as session:
            row = session.scalars(chosen.limit(1)).first()
            if row is None:
                return None
            taken = session.execute(
                update(JobRow)
                .where(JobRow.id == row.id, JobRow.state == row.state, JobRow.attempts == row.attempts)
                .values(
                    state="running",
                    worker=worker,
                    lease=now + seconds,
                    attempts=row.attempts + 1,
                    losses=row.losses + (row.state == "running"),
                )
                .execution_options(synchronize_session=False)
            )
            session.commit()
            if taken.rowcount == 1:  # type: ignore[attr-defined]
                session.refresh(row)
                return _job(row)


def extend(records: Engine, job: Job, now: float, seconds: float = LEASE) -> bool:
    """Whether the lease was extended: False where somebody else has the job by now."""
    return _changed(records, job, lease=now + seconds)


def report(records: Engine, job: Job, done: int, total: int | None = None, checkpoint: Any = None) -> bool:
    """Whether the progress was written down, with what a successor needs to go on; False where the lease is lost."""
    return _changed(records, job, done=done, total=total, checkpoint=json.dumps(checkpoint), losses=0)


def finish(records: Engine, job: Job, result: Any, now: float) -> bool:
    """Whether the job is done with this result; False where the lease is lost. What ended long ago is forgotten."""
    with Session(records) as session, session.begin():
        session.execute(delete(JobRow).where(JobRow.ended < now - KEPT))
    return _changed(records, job, state="done", result=json.dumps(result), ended=now, worker=None, lease=None)


def fail(records: Engine, job: Job, error: str, now: float, retry_at: float | None = None) -> bool:
    """Whether the attempt is written down as failed, to be tried again at a time or (None) never."""
    ended = {"state": "queued", "due": retry_at} if retry_at is not None else {"state": "failed", "ended": now}
    return _changed(records, job, error=error[:LONGEST_ERROR], worker=None, lease=None, **ended)


def get(records: Engine, id: str) -> Job | None:
    """The job of this id, or None."""
    with Session(records) as session:
        row = session.get(JobRow, id)
        return None if row is None else _job(row)


def find(
    records: Engine, owner: int | None, kind: str | None, state: str | None, limit: int, start: int = 0
) -> tuple[list[Job], int]:
    """Some of the jobs of an owner (None: of all), the newest first, and how many there are."""
    chosen = select(JobRow)
    for column, value in ((JobRow.owner, owner), (JobRow.kind, kind), (JobRow.state, state)):
        if value is not None:
            chosen = chosen.where(column == value)
    with Session(records) as session:
        total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        rows = session.scalars(chosen.order_by(JobRow.made.desc(), JobRow.id).offset(start).limit(limit))
        return [_job(row) for row in rows], total


def _changed(records: Engine, job: Job, **values: Any) -> bool:
    """Whether the job was still this worker's, at this attempt, and is changed."""
    with Session(records) as session, session.begin():
        done = session.execute(
            update(JobRow)
            .where(JobRow.id == job.id, JobRow.state == "running", JobRow.attempts == job.attempts)
            .values(**values)
        )
        return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        owner=row.owner,
        request=json.loads(row.request),
        state=row.state,  # type: ignore[arg-type]
        attempts=row.attempts,
        losses=row.losses,
        made=row.made,
        due=row.due,
        worker=row.worker,
        done=row.done,
        total=row.total,
        checkpoint=None if row.checkpoint is None else json.loads(row.checkpoint),
        result=None if row.result is None else json.loads(row.result),
        error=row.error,
        ended=row.ended,
    )

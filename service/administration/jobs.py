"""Jobs and how far they are, as they are answered."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import Engine

from graph.errors import UnknownRecord
from graph.explore.neighbours import behind_the_last, position
from service.closed import Closed
from service.records import jobs
from service.records.jobs import Job, State

BOUND: Final = "question"  # what a cursor belongs to, in the words of its error


class JobAnswer(Closed):
    """A job. Times are seconds since 1970; `done` of `total` counts in the unit of its kind, null: not known yet."""

    job: str
    kind: str
    state: Literal["queued", "running", "done", "failed"]
    made: float
    due: float
    ended: float | None
    attempts: int
    done: int
    total: int | None
    error: str | None = Field(description="Why the last attempt did not succeed.")
    result: Any = Field(description="What it led to, once it is done.")


class JobPage(Closed):
    """Some of the jobs asked for, the newest first; `next` is the cursor of the rest."""

    jobs: tuple[JobAnswer, ...]
    total: int
    next: str | None


def read_job(records: Engine, id: str, owner: int | None) -> JobAnswer:
    """A job of an owner (None: of anybody). Raises UnknownRecord, for those of others too."""
    job = jobs.get(records, id)
    if job is None or (owner is not None and job.owner != owner):
        raise UnknownRecord("there is no such job, or it is not of this key")
    return job_answer(job)


def list_jobs(
    records: Engine, owner: int | None, kind: str | None, state: State | None, limit: int, cursor: str | None
) -> JobPage:
    """The jobs of an owner (None: of all), the newest first. Raises StaleCursor for a cursor of another question."""
    asked = question(owner, kind, state)
    start = position(f"{asked}-", cursor, BOUND)
    found, total = jobs.find(records, owner, kind, state, limit, start)
    if start > total:
        raise behind_the_last()
    following = f"{asked}-{start + limit}" if start + limit < total else None
    return JobPage(jobs=tuple(job_answer(job) for job in found), total=total, next=following)


def question(owner: int | None, kind: str | None, state: str | None) -> str:
    """What the cursors of a question begin with."""
    return hashlib.sha256(repr((owner, kind, state)).encode()).hexdigest()[:16]


def job_answer(job: Job) -> JobAnswer:
    """What is told of a job."""
    return JobAnswer(
        job=job.id,
        kind=job.kind,
        state=job.state,
        made=job.made,
        due=job.due,
        ended=job.ended,
        attempts=job.attempts,
        done=job.done,
        total=job.total,
        error=job.error,
        result=job.result,
    )

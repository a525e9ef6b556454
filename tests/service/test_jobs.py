"""Jobs: leased by one worker at a time, taken over where it is gone, tried again where that helps."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from graph.errors import UsageError
from service.job_worker import ATTEMPTS, LeaseLost, Progress, RetryAt, Worker
from service.records import jobs
from service.records.database import open_records
from service.records.jobs import Job

ROOT = Path(__file__).parents[2]


class Clock:
    """A time that tests set."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def worker(records: Engine, clock: Clock, **handlers: Any) -> Worker:
    return Worker(records, handlers, lease=30.0, clock=clock)


def got(records: Engine, id: str) -> Job:
    job = jobs.get(records, id)
    assert job is not None
    return job


def test_a_job_is_done_once_and_keeps_its_result(records: Engine) -> None:
    clock = Clock()
    id = jobs.enqueue(records, "add", [2, 3], owner=7, now=1000.0)
    adder = worker(records, clock, add=lambda job, progress: sum(job.request))
    assert (adder.work_once(), adder.work_once()) == (True, False)
    job = got(records, id)
    assert (job.state, job.result, job.owner, job.attempts, job.ended) == ("done", 5, 7, 1, 1000.0)


def test_the_job_that_waited_longest_comes_first_and_none_before_it_is_due(records: Engine) -> None:
    late = jobs.enqueue(records, "k", None, None, now=1000.0, due=2000.0)
    first, second = (jobs.enqueue(records, "k", None, None, now=now) for now in (900.0, 950.0))
    jobs.enqueue(records, "another kind", None, None, now=1.0)
    taken = [jobs.lease(records, ["k"], "w", now, 9000.0) for now in (1000.0, 1000.0, 1000.0, 2000.0)]
    assert [job and job.id for job in taken] == [first, second, None, late]


def test_workers_that_look_at_once_never_have_the_same_job(records: Engine) -> None:
    made = {jobs.enqueue(records, "k", number, None, now=1000.0 + number) for number in range(40)}

    def take(name: int) -> list[str]:
        taken = []
        while (job := jobs.lease(records, ["k"], str(name), 2000.0)) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [id for ids in pool.map(take, range(4)) for id in ids]
    assert sorted(taken) == sorted(made)


def test_a_lease_that_ran_out_is_taken_over_and_its_old_worker_can_change_nothing(records: Engine) -> None:
    id = jobs.enqueue(records, "k", None, None, now=1000.0)
    first = jobs.lease(records, ["k"], "first", 1000.0)
    assert first is not None and jobs.report(records, first, 3, 9, {"at": 3})
    assert jobs.lease(records, ["k"], "second", 1029.0) is None
    second = jobs.lease(records, ["k"], "second", 1031.0)
    assert second is not None and (second.id, second.checkpoint, second.done, second.total) == (id, {"at": 3}, 3, 9)
    assert not jobs.report(records, first, 4) and not jobs.finish(records, first, "late", 1032.0)
    with pytest.raises(LeaseLost):
        Progress(records, first)(4)
    assert jobs.finish(records, second, "in time", 1033.0)
    assert got(records, id).result == "in time"


def test_a_lease_that_is_extended_is_not_taken_over(records: Engine) -> None:
    jobs.enqueue(records, "k", None, None, now=1000.0)
    job = jobs.lease(records, ["k"], "first", 1000.0)
    assert job is not None and jobs.extend(records, job, 1025.0)
    assert jobs.lease(records, ["k"], "second", 1031.0) is None


def test_an_error_of_the_asker_ends_a_job_and_a_fault_is_tried_again(records: Engine) -> None:
    clock = Clock()

    def wrong(job: Job, progress: Progress) -> None:
        raise UsageError("there is no such column")

    def faulty(job: Job, progress: Progress) -> None:
        raise ZeroDivisionError("the value 17 of somebody")

    id, other = (jobs.enqueue(records, kind, None, None, now=1.0) for kind in ("wrong", "faulty"))
    working = worker(records, clock, wrong=wrong, faulty=faulty)
    while working.work_once():
        clock.now += 60.0
    assert (got(records, id).state, got(records, id).error) == ("failed", "there is no such column")
    job = got(records, other)
    assert (job.state, job.attempts, job.error) == ("failed", ATTEMPTS, "Kith failed at it (ZeroDivisionError)")


def test_a_job_can_ask_to_be_tried_later(records: Engine) -> None:
    clock = Clock()

    def away(job: Job, progress: Progress) -> str:
        if job.attempts < 3:
            raise RetryAt("nobody answers", clock.now + 100.0)
        return "at last"

    id = jobs.enqueue(records, "k", None, None, now=1000.0)
    working = worker(records, clock, k=away)
    assert working.work_once() and not working.work_once()
    job = got(records, id)
    assert (job.state, job.error, job.due) == ("queued", "nobody answers", 1100.0)
    for clock.now in (1100.0, 1200.0):
        assert working.work_once()
    assert got(records, id).result == "at last"


def test_a_job_that_ends_every_worker_fails_in_the_end(records: Engine) -> None:
    id = jobs.enqueue(records, "k", None, None, now=0.0)
    clock = Clock()
    for _ in range(ATTEMPTS):
        assert jobs.lease(records, ["k"], "doomed", clock.now)
        clock.now += 31.0
    assert worker(records, clock, k=lambda job, progress: "never").work_once()
    job = got(records, id)
    assert job.state == "failed" and "ended before it was done" in str(job.error)


def test_jobs_are_listed_newest_first_and_by_owner(records: Engine) -> None:
    mine = [jobs.enqueue(records, "k", None, 1, now=float(time)) for time in range(3)]
    jobs.enqueue(records, "k", None, 2, now=9.0)
    found, total = jobs.find(records, 1, None, None, limit=2)
    assert ([job.id for job in found], total) == ([mine[2], mine[1]], 3)
    assert jobs.find(records, None, "k", "queued", limit=9)[1] == 4


DOOMED = """
import sys, time
from service.job_worker import Worker
from service.records.database import open_records

def count(job, progress):
    for number in range(job.checkpoint or 0, 5):
        progress(number + 1, 5, number + 1)
        if number == 2:
            print("at 3", flush=True)
            time.sleep(600)

Worker(open_records(sys.argv[1]), {"count": count}, lease=1.0).work_once()
"""


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    records = open_records(url)
    id = jobs.enqueue(records, "count", None, None, now=0.0)
    with subprocess.Popen([sys.executable, "-c", DOOMED, url], cwd=ROOT, stdout=subprocess.PIPE, text=True) as doomed:
        assert doomed.stdout is not None and doomed.stdout.readline() == "at 3\n"
        doomed.send_signal(signal.SIGKILL)
    counted = []

    def count(job: Job, progress: Progress) -> list[int]:
        for number in range(job.checkpoint or 0, 5):
            counted.append(number)
            progress(number + 1, 5, number + 1)
        return counted

    heir = Worker(records, {"count": count}, lease=1.0)
    while not heir.work_once():
        pass
    job = got(records, id)
    assert (job.state, job.result, job.done, job.attempts) == ("done", [3, 4], 5, 2)

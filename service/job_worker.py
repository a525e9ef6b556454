"""Work on jobs: one thread of a serving process that takes what is due, does it and writes down what came of it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from graph.errors import KithError
from service.records import jobs
from service.records.jobs import Job
from service.threads import daemon

LOOK: Final = 1.0  # seconds between two looks for work where nobody calls
ATTEMPTS: Final = 3  # of a job that fails by a fault
PAUSE: Final = 30.0  # seconds before it is tried again


class LeaseLost(KithError):
    """Another worker has the job by now: what this one still does counts for nothing."""


class RetryAt(KithError):
    """A job did not succeed, and is to be tried again at a time (seconds since 1970)."""

    def __init__(self, reason: str, time: float) -> None:
        super().__init__(reason)
        self.time = time


@dataclass(frozen=True)
class Progress:
    """Tells how far a job is. `checkpoint` is handed to whoever goes on after this worker."""

    records: Engine
    job: Job

    def __call__(self, done: int, total: int | None = None, checkpoint: Any = None) -> None:
        """Write down progress. Raises LeaseLost where the job is somebody else's by now: stop then."""
        if not jobs.report(self.records, self.job, done, total, checkpoint):
            raise LeaseLost(f"job {self.job.id} was taken over")


class Handler(Protocol):
    """Does jobs of one kind.

    It returns the result, a JSON value; `job.checkpoint` is what an earlier worker reported last. Raises KithError for
    a job that cannot be done, RetryAt for one to be tried later; any other exception is a fault, tried ATTEMPTS times.
    """

    def __call__(self, job: Job, progress: Progress) -> Any: ...


class Worker:
    """A thread that works on the jobs of the kinds it has handlers for, one after the other, until it is stopped."""

    def __init__(
        self,
        records: Engine,
        handlers: Mapping[str, Handler],
        lease: float = jobs.LEASE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._handlers = handlers
        self._lease = lease
        self._clock = clock
        self._name = secrets.token_hex(8)
        self._stopped = threading.Event()
        self._called = threading.Event()
        self._thread = daemon(self._run, "kith-jobs")

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, patience: float | None = None) -> None:
        """Take no further job, and wait for the one at hand so many seconds."""
        self._stopped.set()
        self._called.set()
        self._thread.join(patience)

    def call(self) -> None:
        """Say that there is work, so that it begins now and not at the next look."""
        self._called.set()

    def work_once(self) -> bool:
        """Whether there was a job; it is done by then."""
        job = jobs.lease(self._records, self._handlers, self._name, self._clock(), self._lease)
        if job is None:
            return False
        held = threading.Event()
        keeper = daemon(self._hold, "kith-lease", job, held)
        keeper.start()
        try:
            self._do(job)
        finally:
            held.set()
            keeper.join()
        return True

    def _do(self, job: Job) -> None:
        if job.losses >= ATTEMPTS:  # without any progress between: the job itself may be what ends them
            jobs.fail(self._records, job, "every process that worked on it ended before it was done", self._clock())
            return
        try:
            result = self._handlers[job.kind](job, Progress(self._records, job))
            jobs.finish(self._records, job, result, self._clock())
        except LeaseLost:
            return
        except RetryAt as error:
            jobs.fail(self._records, job, str(error), self._clock(), error.time)
        except KithError as error:
            jobs.fail(self._records, job, str(error), self._clock())
        except Exception as error:
            structlog.get_logger().exception("job", kind=job.kind, job=job.id)
            again = self._clock() + PAUSE if job.attempts < ATTEMPTS else None
            jobs.fail(self._records, job, f"Kith failed at it ({type(error).__name__})", self._clock(), again)

    def _hold(self, job: Job, held: threading.Event) -> None:
        """Extend the lease while the work goes on."""
        while not held.wait(self._lease / 3):
            try:
                if not jobs.extend(self._records, job, self._clock(), self._lease):
                    return
            except SQLAlchemyError:
                structlog.get_logger().exception("lease")

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self.work_once():
                    continue
            except Exception:
                structlog.get_logger().exception("jobs")
            self._called.wait(LOOK)
            self._called.clear()

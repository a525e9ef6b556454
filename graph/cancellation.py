"""Work that stops in between where nobody waits for it any more, or where it has taken as long as it may.

Whoever begins work runs it under a `Cancellation`; what takes long looks at it from step to step. Work that runs under
none (a command, a job, what is kept for others) is never stopped.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from graph.errors import Cancelled

_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


class Cancellation:
    """What stops a piece of work: a call of `cancel`, from any thread, or the seconds that it may take."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = math.inf
        self._is_cancelled = threading.Event()

    def begin(self) -> None:
        """The work begins now."""
        self._deadline = time.monotonic() + self._seconds

    def cancel(self) -> None:
        """Stop the work at its next step."""
        self._is_cancelled.set()

    def check(self) -> None:
        """Raises Cancelled where the work is to stop."""
        if self._is_cancelled.is_set():
            raise Cancelled("nobody waits for the answer any more")
        if time.monotonic() > self._deadline:
            raise Cancelled(f"it would take longer than {self._seconds:g} s; ask for less at once")


@contextmanager
def cancelled_by(cancellation: Cancellation | None) -> Iterator[None]:
    """The work within, which begins now, is stopped by this, or by nothing."""
    if cancellation is not None:
        cancellation.begin()
    token = _current.set(cancellation)
    try:
        yield
    finally:
        _current.reset(token)


def check_cancelled() -> None:
    """To be called from step to step of what may take long. Raises Cancelled where the work at hand is to stop."""
    cancellation = _current.get()
    if cancellation is not None:
        cancellation.check()

"""Threads that work beside what is asked, for as long as the process lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from structlog.contextvars import bind_contextvars, get_contextvars


def daemon(work: Callable[..., Any], name: str, *arguments: Any) -> threading.Thread:
    """A thread that ends with the process, not yet started; what it logs names the institution that it is made for.

    It knows nothing else of where it is made: a thread that outlives a request would keep all that this answers from.
    """
    bound = get_contextvars()

    def run() -> None:
        bind_contextvars(**bound)
        work(*arguments)

    return threading.Thread(target=run, name=name, daemon=True)

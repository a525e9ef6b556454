"""Threads that work beside what is asked, for as long as the process lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any


def daemon(work: Callable[..., Any], name: str, *arguments: Any) -> threading.Thread:
    """A thread that ends with the process, not yet started; what it logs names the institution that it is made for."""
    return threading.Thread(target=copy_context().run, args=(work, *arguments), name=name, daemon=True)

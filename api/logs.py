"""The server's log: one JSON object a line on standard error, without an id, a name or a key."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Final

import structlog
from structlog.typing import EventDict, WrappedLogger

FRAMES: Final = 12  # of a fault's traceback, the innermost


def configure() -> None:
    """Set structlog up for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _where(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Log an exception by its types and places alone: its text may hold the values that it failed at."""
    error = sys.exc_info()[1] if event.pop("exc_info", None) else None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        event["error"] = [type(error).__name__, *(type(cause).__name__ for cause in _causes(error))]
        event["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes

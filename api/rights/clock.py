"""What time asks for in disputes, lists and suppression rules: looked after by a thread of every serving process."""

from __future__ import annotations

import threading
from typing import Final

import structlog
from apiflask import APIFlask
from sqlalchemy.exc import SQLAlchemyError

from api.rights.disputes import office
from graph.errors import KithError
from service.rights.disputes.handling import sweep
from service.rights.lists.listing import sweep_entries
from service.rights.suppression.applying import apply_rules
from service.threads import daemon

EVERY: Final = 3_600.0  # seconds between two looks


def start(app: APIFlask) -> None:
    """Look now and every hour, until the process ends."""
    daemon(_run, "kith-disputes", app).start()


def _run(app: APIFlask) -> None:
    pause, seconds = threading.Event(), 0.0
    while not pause.wait(seconds):
        seconds = EVERY
        try:
            with app.app_context(), office() as found:
                sweep(found)
                apply_rules(found)
                sweep_entries(found)
        except (KithError, SQLAlchemyError):  # another process was first, or the store is away: there is a next look
            structlog.get_logger().exception("disputes")

"""What a serving process does beside answering: jobs, and what would make a first question wait."""

from __future__ import annotations

from typing import Any, Final

import structlog
from apiflask import APIFlask
from flask import Flask
from sqlalchemy import Engine

from api.context import serving_context
from service.administration import score_changes
from service.casework.events import looking
from service.job_worker import Handler, Progress, Worker
from service.records import webhooks
from service.records.jobs import Job
from service.threads import daemon
from service.webhooks.delivering import Delivering

SENDERS: Final = 2  # threads of a process that send to webhooks, which may keep them waiting


def start(app: APIFlask) -> None:
    """Begin: one thread for the jobs of this application, some that send, and one that finds the rings."""
    records: Engine = app.extensions["kith.records"]
    handlers = {kind: within(app, handler) for kind, handler in app.extensions["kith.job_handlers"].items()}
    if handlers:
        Worker(records, handlers).start()
    sending = Delivering(records, app.extensions["kith.settings"].webhook_private)
    for _ in range(SENDERS):
        Worker(records, {webhooks.JOB: sending}).start()
    find_rings(app)


def look_soon(app: Flask) -> None:
    """Have looked at what changed: the scores that webhooks want to be told of, and what deserves an alert."""
    records: Engine = app.extensions["kith.records"]
    score_changes.look_soon(records)
    if app.extensions["kith.follower"] is not None:
        looking.look_soon(records)


def find_rings(app: APIFlask) -> None:
    """Find the rings of what is served on a thread of their own, so that nobody waits who asks for them first."""
    daemon(_find_rings, "kith-rings", app).start()


def within(app: APIFlask, handler: Handler) -> Handler:
    """The handler, in the context of the application, so that it answers from what is served at that time."""

    def done(job: Job, progress: Progress) -> Any:
        with app.app_context():
            return handler(job, progress)

    return done


def _find_rings(app: APIFlask) -> None:
    try:
        with app.app_context():
            serving_context().rings()
    except Exception:
        structlog.get_logger().exception("rings")

"""What a process of `kith serve` runs."""

from __future__ import annotations

import gc
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from apiflask import APIFlask
from structlog.contextvars import bound_contextvars

from api import logs
from api.administration import background
from api.app import create_app
from api.gateway import tenants
from api.gateway.gateway import Gateway
from api.rights import clock
from graph import leases
from graph.errors import KithError, UsageError
from service.settings import Settings, read_served, read_settings

FAILED: Final = 1  # exit code
PAUSE: Final = 10.0  # seconds; granian ends the whole server where a process ends sooner than 5.5 s after its start
ANSWERED: Final = "answered"  # a file in the server's own folder


def serving() -> Gateway | tenants.Tenants:
    """The gateway of a process, with what it does beside answering.

    A process that cannot begin says why in one line of the log and ends; granian tries again with another.
    """
    gc.freeze()  # what was imported lives as long as the process: searching it takes a tenth of a second each time
    logs.configure()
    leases.start(_written_into)
    try:
        settings = read_settings()
        if settings.served_tenants is not None:
            several = _of_several(settings)
            _tell_others()
            return several
        app = create_app()
    except Exception as error:
        why = str(error) if isinstance(error, KithError) else type(error).__name__
        structlog.get_logger().error("start", error=why, pid=os.getpid())
        if _others_answer():
            time.sleep(PAUSE)
        os._exit(FAILED)
    _tell_others()
    _beside(app)
    return Gateway(app, app.extensions["kith.settings"])


def _of_several(settings: Settings) -> tenants.Tenants:
    """The gateway of several institutions. Raises UsageError where none can be served."""
    applications = tenants.opened(read_served(settings))
    if not applications:
        raise UsageError("no institution can be served")
    for name, app in applications.items():
        with bound_contextvars(tenant=name):
            _beside(app)
    return tenants.Tenants(applications, settings)


def _beside(app: APIFlask) -> None:
    background.start(app)
    clock.start(app)


def _tell_others() -> None:
    """Note that a process of this server could begin."""
    folder = read_settings().metrics_dir
    if folder is not None:
        with suppress(OSError):  # a full disk
            (folder / ANSWERED).touch()


def _others_answer() -> bool:
    """Whether a process of this server could begin: it may answer yet, and is not to be ended with this one."""
    folder = read_settings().metrics_dir
    return folder is not None and (folder / ANSWERED).exists()


def _written_into(file: Path) -> None:
    """Somebody writes into a file that is served: this process goes on with its bytes as they were."""
    said = "it is served from memory as it was, and no process that begins from now on takes it; make a new snapshot"
    structlog.get_logger().error("file_changed", file=str(file), error=said, pid=os.getpid())

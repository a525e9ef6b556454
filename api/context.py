"""What several routes need: the serving context of the process, and ids of parties that exist."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Final

from flask import current_app
from werkzeug.routing import BaseConverter

from graph.errors import ModelError, UnknownParty
from graph.snapshots.snapshot import Snapshot
from service.context import ServingContext
from service.settings import Settings
from service.workspace import Workspace

LONGEST_ECHO: Final = 40  # characters of an unknown id that an error repeats


def serving_context() -> ServingContext:
    """The snapshot, model and purposes that this process answers from."""
    context: ServingContext = current_app.extensions["kith.context"]
    return context


def known_party(id: str) -> str:
    """The id of a party of the snapshot. Raises UnknownParty, which repeats no more than its beginning."""
    if not serving_context().snapshot.has(id):
        raise UnknownParty(id[:LONGEST_ECHO])
    return id


def earlier_context() -> ServingContext | None:
    """What the served snapshot is compared with: the one of KITH_BEFORE, or the one before it; opened once.

    The model is left out where the earlier snapshot does not allow it.
    """
    opened: EarlierContext = current_app.extensions["kith.earlier"]
    return opened.get(serving_context(), current_app.extensions["kith.settings"])


class EarlierContext:
    """The context of the earlier snapshot of a process, once somebody asked for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[ServingContext | None] | None = None

    def get(self, context: ServingContext, settings: Settings) -> ServingContext | None:
        """The context of the snapshot before that of `context`, None where there is none."""
        with self._lock:
            if self._found is None:
                self._found = (_opened_before(context, settings),)
            return self._found[0]


def _opened_before(context: ServingContext, settings: Settings) -> ServingContext | None:
    workspace = Workspace(settings.home)
    if settings.before is not None:
        snapshot: Snapshot | None = workspace.snapshot(settings.before)
    else:
        snapshot = workspace.snapshot_before(context.snapshot)
    if snapshot is None:
        return None
    if context.can_score:
        with suppress(ModelError):
            return ServingContext(snapshot, context.model, context.model_id, context.odds0, context.purposes)
    return ServingContext(snapshot, None, odds0=context.odds0, purposes=context.purposes)


class PartyId(BaseConverter):
    """An id at the end of a path: any text, slashes and line breaks too, since the server has undone %2F by then."""

    regex = r"[\s\S]+"
    part_isolating = False

"""What several routes need: the serving context of the process, and ids of parties that exist."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from flask import current_app, g
from werkzeug.routing import BaseConverter

from graph.errors import Gone, Lagging, ModelError, UnknownParty
from graph.purposes import PURPOSES, Purpose
from graph.snapshots.snapshot import Snapshot
from service.context import ServingContext
from service.live.follower import Follower
from service.models.watching import ModelWatch
from service.settings import Settings
from service.workspace import Workspace

LONGEST_ECHO: Final = 40  # characters of an unknown id that an error repeats


def serving_context() -> ServingContext:
    """The snapshot, model and purposes that this request is answered from, the same throughout it.

    Raises Lagging and Gone, for a revision that is asked for.
    """
    follower = following()
    if follower is None:
        fixed: ServingContext = current_app.extensions["kith.context"]
        _check_revision(fixed.snapshot.revision)
        return fixed
    if "context" not in g:
        g.context = _of_revision(follower)
    found: ServingContext = g.context
    return found


def described_purposes() -> Iterable[str]:
    """The purposes that the description names: where no institution of several is asked, those that all have."""
    return PURPOSES if "kith.tenants" in current_app.extensions else serving_context().purposes


def following() -> Follower | None:
    """What follows the journal in this process, None where it answers from one snapshot for ever."""
    follower: Follower | None = current_app.extensions["kith.follower"]
    return follower


def answer_from(at_least: int | None = None, exactly: int | None = None) -> None:
    """Answer this request from a revision; to be said before anything is read from the serving context."""
    g.at_least, g.exactly = at_least, exactly


def _of_revision(follower: Follower) -> ServingContext:
    context = follower.context(wanted_revision())
    _check_revision(context.snapshot.revision)
    return context


def wanted_revision() -> int:
    """The least revision that this request may be answered from."""
    asked: list[int | None] = [g.get("at_least"), g.get("exactly")]
    return max(revision or 0 for revision in asked)


def _check_revision(here: int) -> None:
    """Raises Lagging and Gone where this is not the revision that the request asks for."""
    if wanted_revision() > here:
        raise Lagging(wanted_revision(), here, "it answers from one snapshot for ever")
    exactly: int | None = g.get("exactly")
    if exactly is not None and exactly != here:
        raise Gone(f"revision {exactly} is not held any more: this answers from revision {here}; replay a receipt")


def note_in_shadow(context: ServingContext, party: str, purpose: Purpose) -> None:
    """Have a score compared with that of the model in shadow, where there is one; the answer does not wait."""
    watch: ModelWatch | None = current_app.extensions["kith.models"]
    if watch is None or watch.shadow is None:
        return
    base = context.base  # both are compared on the snapshot as it was built, which has a table for each
    if base.snapshot.has(party):
        watch.shadow.note(base, party, purpose)


def context_for(purpose: Purpose) -> ServingContext:
    """What answers for a purpose: for one that needs consent, the facts with it.

    Raises ConsentPending, and Lagging where the facts with consent are of an earlier revision than was asked for.
    """
    found = serving_context().of(purpose)
    if found.snapshot.revision < wanted_revision():
        raise Lagging(wanted_revision(), found.snapshot.revision)
    return found


def known_party(id: str) -> str:
    """The id of a party of the snapshot. Raises UnknownParty, which repeats no more than its beginning."""
    asked_about(id)
    if not serving_context().snapshot.has(id):
        raise UnknownParty(id[:LONGEST_ECHO])
    return id


def asked_about(*parties: str) -> None:
    """Note for the access log whom this request asks about, whether there is such a party or not."""
    g.asked_about = [*g.get("asked_about", ()), *parties]


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
        self._of = ""  # the snapshot that it is before

    def get(self, context: ServingContext, settings: Settings) -> ServingContext | None:
        """The context of the snapshot before that of `context`, None where there is none."""
        with self._lock:
            if self._found is None or self._of != context.snapshot.id:
                self._of, self._found = context.snapshot.id, (_opened_before(context.base, settings),)
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

"""What several routes need: the serving context of the process, ids that exist, cursors bound to a question."""

from __future__ import annotations

import hashlib
from typing import Final

from flask import current_app

from graph.errors import UnknownParty
from service.context import ServingContext

LONGEST_ECHO: Final = 40  # characters of an unknown id that an error repeats
BOUND: Final = "snapshot or question"  # what a cursor belongs to, in the words of its error


def serving_context() -> ServingContext:
    """The snapshot, model and purposes that this process answers from."""
    context: ServingContext = current_app.extensions["kith.context"]
    return context


def known_party(id: str) -> str:
    """The id of a party of the snapshot. Raises UnknownParty, which repeats no more than its beginning."""
    if not serving_context().snapshot.has(id):
        raise UnknownParty(id[:LONGEST_ECHO])
    return id


def cursor_prefix(question: str) -> str:
    """What the cursors of a question begin with: the snapshot, and a digest of what is asked."""
    return f"{serving_context().snapshot.id[:16]}-{hashlib.sha256(question.encode()).hexdigest()[:8]}-"

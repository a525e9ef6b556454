"""What several routes need: the serving context of the process, and ids of parties that exist."""

from __future__ import annotations

from typing import Final

from flask import current_app
from werkzeug.routing import BaseConverter

from graph.errors import UnknownParty
from service.context import ServingContext

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


class PartyId(BaseConverter):
    """An id at the end of a path: any text, slashes and line breaks too, since the server has undone %2F by then."""

    regex = r"[\s\S]+"
    part_isolating = False

"""Who works on what: the desk of the person who asks, and the version that a change is about."""

from __future__ import annotations

import re
import time
from typing import Final

from flask import current_app, request

from api.access import allowed_kinds, allowed_purposes, signed_in
from api.context import serving_context
from graph.errors import VersionRequired
from service.casework.cases import Desk
from service.casework.people import Reader

ETAG: Final = re.compile(r'"(\d{1,9})(?:-[0-9a-f]*)?"')


def desk() -> Desk:
    """The desk of the person whose key or session it is. Raises AccessError for one who does not investigate."""
    person = signed_in()
    reader = Reader(person, allowed_purposes(), frozenset(allowed_kinds()))
    return Desk(serving_context(), current_app.extensions["kith.records"], reader, time.time())


def version_sent() -> int:
    """The version in the header If-Match, as the ETag of an answer names it. Raises VersionRequired."""
    found = ETAG.fullmatch(request.headers.get("If-Match", "").strip())
    if found is None:
        raise VersionRequired('send `If-Match: "VERSION"`, the ETag of the answer that you change')
    return int(found[1])

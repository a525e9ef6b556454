"""Who works on what: the desk of the person who asks, and the version that a change is about."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import Final

from flask import Response, current_app, jsonify, request

from api.access import allowed_kinds, allowed_purposes, signed_in
from api.context import serving_context
from api.scoring.kept import matter_book
from graph.errors import VersionRequired
from service.casework.alerts import AlertAnswer
from service.casework.case_answers import CaseAnswer
from service.casework.desk import Desk
from service.casework.people import Reader
from service.rights.objections.answering import others_of

ETAG: Final = re.compile(r'"(\d{1,9})(?:-[0-9a-f]*)?"')


def desk() -> Desk:
    """The desk of the person whose key or session it is. Raises AccessError for one who does not investigate."""
    person = signed_in()
    reader = Reader(person, allowed_purposes(), frozenset(allowed_kinds()))
    objecting = partial(others_of, matter_book())
    return Desk(serving_context(), current_app.extensions["kith.records"], reader, time.time(), objecting)


def version_sent() -> int:
    """The version in the header If-Match, as the ETag of an answer names it. Raises VersionRequired."""
    found = ETAG.fullmatch(request.headers.get("If-Match", "").strip())
    if found is None:
        raise VersionRequired('send `If-Match: "VERSION"`, the ETag of the answer that you change')
    return int(found[1])


def versioned(answer: CaseAnswer | AlertAnswer, status: int = 200) -> Response:
    """The answer with an ETag that begins with its version; the rest of it is of what this key reads in it."""
    response = jsonify(answer.to_json())
    response.status_code = status
    response.add_etag()
    response.set_etag(f"{answer.version}-{(response.get_etag()[0] or '')[:16]}")
    return response

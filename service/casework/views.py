"""Views: what a page shows, kept under the SHA-256 of its content and opened by its owner or through a case."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import Engine

from graph.errors import AccessError, UnknownRecord
from service.casework.people import Reader, same_person
from service.closed import Closed
from service.context import ServingContext
from service.records.casework import views as stored_views
from service.records.casework.cases import with_view

ID: Final = re.compile("[0-9a-f]{64}")


class KeptView(Closed):
    """The id of a view: the SHA-256 of its content."""

    view: str


class ViewAnswer(Closed):
    """A view: the page's own state, the parties and kinds of links that it shows.

    vanished: parties that the snapshot has not. barred: kinds that this key may not see. made: seconds since 1970.
    """

    view: str
    state: str
    parties: tuple[str, ...]
    kinds: tuple[str, ...]
    vanished: tuple[str, ...]
    barred: tuple[str, ...]
    owners: tuple[str, ...]
    cases: tuple[int, ...]
    made: float


def keep_view(
    records: Engine, reader: Reader, state: str, parties: Collection[str], kinds: Collection[str], now: float
) -> KeptView:
    """The view of this content, kept for the reader; the same content is the same view.

    The id is the SHA-256 of canonical JSON: keys sorted, no spaces, other than ASCII escaped, ids sorted and once.
    """
    content = {"kinds": sorted(set(kinds)), "parties": sorted(set(parties)), "state": state}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    id = hashlib.sha256(text.encode()).hexdigest()
    stored_views.keep(records, id, text, reader.person, now)
    return KeptView(view=id)


def read_view(context: ServingContext, records: Engine, reader: Reader, id: str) -> ViewAnswer:
    """A view, for one who made it or where it is evidence of a case. Raises UnknownRecord, AccessError."""
    view = stored_views.get(records, id) if ID.fullmatch(id) else None
    if view is None:
        raise UnknownRecord("there is no view of this id; it is the SHA-256 that POST /v1/views answered")
    cases = with_view(records, id)
    if not cases and not _owns(view.owners, reader.person):
        raise AccessError("this view is somebody else's and evidence of no case; ask its owner to put it into one")
    content = json.loads(view.content)
    known = {*context.snapshot.kinds, *context.snapshot.held_kinds}
    return ViewAnswer(
        view=id,
        state=content["state"],
        parties=tuple(content["parties"]),
        kinds=tuple(content["kinds"]),
        vanished=tuple(party for party in content["parties"] if not context.snapshot.has(party)),
        barred=tuple(kind for kind in content["kinds"] if kind in known and kind not in reader.kinds),
        owners=view.owners,
        cases=tuple(cases),
        made=view.made,
    )


def readable(records: Engine, person: str, ids: Iterable[str]) -> frozenset[str]:
    """Those of the views that a person may open."""
    found = set()
    for id in set(ids):
        view = stored_views.get(records, id)
        if view is not None and (_owns(view.owners, person) or with_view(records, id)):
            found.add(id)
    return frozenset(found)


def _owns(owners: Iterable[str], person: str) -> bool:
    return any(same_person(owner, person) for owner in owners)

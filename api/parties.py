"""/v1/parties: search, record, score, explanation, neighbours."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import current_app

from api import schemas
from api.access import allowed_purpose, allowed_voice, require_key
from graph.errors import UnknownParty, UsageError
from graph.explore import neighbours
from service import assessments, explanations
from service.state import State

bp = APIBlueprint("parties", __name__, url_prefix="/v1/parties", tag="parties")
bp.before_request(require_key)


def state() -> State:
    found: State = current_app.extensions["kith.state"]
    return found


def checked(party: str) -> str:
    """An id that can exist. Raises UnknownParty for one that cannot."""
    if len(party) > schemas.LONGEST or "\0" in party:
        raise UnknownParty(party[:40])
    return party


@bp.get("")
@bp.input(schemas.SearchQuery, location="query")
@bp.output(schemas.PartyPage)
def search(query_data: schemas.SearchQuery) -> dict[str, Any]:
    """Find parties by the first letters of their id or any part of their name."""
    snapshot = state().snapshot
    first = after(query_data.cursor, snapshot.id)
    rows = snapshot.search(query_data.q, query_data.limit + 1, first)
    more = len(rows) > query_data.limit
    found = [
        {
            "party": snapshot.id_of(row),
            "kind": snapshot.party_kinds[int(snapshot.party_kind[row])],
            "name": snapshot.name_of(row),
        }
        for row in rows[: query_data.limit]
    ]
    following = f"{snapshot.id[:16]}-{first + query_data.limit}" if more else None
    return {"parties": found, "next": following, "snapshot": snapshot.id}


def after(cursor: str | None, snapshot: str) -> int:
    """How many items the pages before this cursor held. Raises UsageError for a cursor of another snapshot."""
    if cursor is None:
        return 0
    bound, _, position = cursor.partition("-")
    if bound != snapshot[:16] or not (position.isascii() and position.isdigit()) or len(position) > 12:
        raise UsageError("this cursor belongs to another snapshot; begin again without it")
    return int(position)


@bp.get("/<path:party>")
@bp.output(schemas.PartyRecord)
def record(party: str) -> dict[str, Any]:
    """What is known of a party itself."""
    return assessments.record(state(), checked(party)).to_json()


@bp.get("/<path:party>/score")
@bp.input(schemas.ScoreQuery, location="query")
@bp.output(schemas.Score)
def score(party: str, query_data: schemas.ScoreQuery) -> dict[str, Any]:
    """How risky is this party: 350-950, higher is better."""
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    return assessments.score(state(), checked(party), purpose, query_data.include == "reasons", voice).to_json()


@bp.get("/<path:party>/explanation")
@bp.input(schemas.VoiceQuery, location="query")
@bp.output(schemas.Explanation)
def explanation(party: str, query_data: schemas.VoiceQuery) -> dict[str, Any]:
    """Why: exact shares of the own record and of each category of relationships."""
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    return explanations.explanation(state(), checked(party), purpose, voice).to_json()


@bp.get("/<path:party>/neighbours")
@bp.input(schemas.NeighbourQuery, location="query")
@bp.output(schemas.NeighbourPage)
def neighbour_list(party: str, query_data: schemas.NeighbourQuery) -> dict[str, Any]:
    """The links of a party, page by page, with counts for each kind."""
    snapshot = state().snapshot
    kinds = None if query_data.kind is None else query_data.kind.split(",")
    page = neighbours(snapshot, snapshot.row_of(checked(party)), kinds, query_data.limit, query_data.cursor)
    items = [asdict(item) | {"party": snapshot.id_of(item.party)} for item in page.items]
    for item in items:
        del item["entry"]
    return {
        "party": party,
        "neighbours": items,
        "counts": page.counts,
        "total": page.total,
        "next": page.next,
        "snapshot": snapshot.id,
    }

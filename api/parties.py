"""/v1/parties: search, record, score, explanation, neighbours."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from apiflask import APIBlueprint
from flask import current_app, g, request
from werkzeug.routing import BaseConverter

from api.access import allowed_kinds, allowed_purpose, allowed_voice, require_explorer
from api.context import BOUND, cursor_prefix, known_party, serving_context
from api.schemas.parties import NeighbourPage, NeighbourQuery, PartyPage, PartyRecord, SearchQuery
from api.schemas.scores import Explanation, Score, ScoreQuery, VoiceQuery
from graph.explore.neighbours import neighbours, position
from service.answers import explanations, scores

RECORD: Final = "parties.record"
bp = APIBlueprint("parties", __name__, url_prefix="/v1/parties", tag="parties")


class AnyId(BaseConverter):
    """An id in a path: any text, slashes and line breaks too."""

    regex = r"[\s\S]+?"
    part_isolating = False


@bp.before_request
def _id_that_ends_like_a_question() -> None:
    """Leave `/v1/parties/x/score` to the record of `x/score` where that is a party and `x` is none.

    The server undoes %2F before anybody sees the path, so an id may end like the last segment that says what is asked.
    Where both are parties it is the score of `x`, and the record of `x/score` is had by `/v1/parties/x/score/record`.
    """
    shorter = (request.view_args or {}).get("party", "")
    whole = request.path.removeprefix(f"{bp.url_prefix}/")
    if whole != shorter and not serving_context().snapshot.has(shorter) and serving_context().snapshot.has(whole):
        request.url_rule = next(current_app.url_map.iter_rules(RECORD))
        request.view_args = {"party": whole}


@bp.get("")
@bp.input(SearchQuery, location="query")
@bp.output(PartyPage)
def search(query_data: SearchQuery) -> dict[str, Any]:
    """Find parties by the first letters of their id or any part of their name; not for keys of a service."""
    require_explorer("a search")
    snapshot = serving_context().snapshot
    bound = cursor_prefix(query_data.q)
    first = position(bound, query_data.cursor, BOUND)
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
    following = f"{bound}{first + query_data.limit}" if more else None
    return {"parties": found, "next": following, "snapshot": snapshot.id}


@bp.get("/<id:party>")
@bp.get("/<id:party>/record")
@bp.output(PartyRecord)
def record(party: str) -> dict[str, Any]:
    """What is known of a party itself; links are counted by kind, for the kinds that this key may see.

    Protected attributes are told to those who may correct them, and not to a service, which must not decide by them.
    """
    found = scores.record(serving_context(), known_party(party)).to_json()
    seen = allowed_kinds()
    if g.key.role == "service":
        found["protected_attributes"] = {}
    return found | {"links": {kind: counts for kind, counts in found["links"].items() if kind in seen}}


@bp.get("/<id:party>/score")
@bp.input(ScoreQuery, location="query")
@bp.output(Score)
def score(party: str, query_data: ScoreQuery) -> dict[str, Any]:
    """How risky is this party: 350-950, higher is better."""
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    return scores.score(
        serving_context(), known_party(party), purpose, query_data.include == "reasons", voice
    ).to_json()


@bp.get("/<id:party>/explanation")
@bp.input(VoiceQuery, location="query")
@bp.output(Explanation)
def explanation(party: str, query_data: VoiceQuery) -> dict[str, Any]:
    """Why: exact shares of the own record and of each category of relationships."""
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    return explanations.explanation(serving_context(), known_party(party), purpose, voice).to_json()


@bp.get("/<id:party>/neighbours")
@bp.input(NeighbourQuery, location="query")
@bp.output(NeighbourPage)
def neighbour_list(party: str, query_data: NeighbourQuery) -> dict[str, Any]:
    """The links of a party, page by page, with counts for each kind that the key may see; not for keys of a service."""
    require_explorer("neighbours")
    snapshot = serving_context().snapshot
    kinds = allowed_kinds(None if query_data.kind is None else query_data.kind.split(","))
    page = neighbours(snapshot, snapshot.row_of(known_party(party)), kinds, query_data.limit, query_data.cursor)
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

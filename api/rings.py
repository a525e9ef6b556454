"""/v1/rings: groups that chance does not make, for those who investigate fraud."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint

from api.access import allowed_purpose, require_explorer
from api.context import BOUND, cursor_prefix, known_party, serving_context
from api.schemas.rings import RingPage, RingQuery
from graph.explore.neighbours import position
from service.answers.rings import rings_of, rings_with
from service.wording.rings import render_ring

bp = APIBlueprint("rings", __name__, url_prefix="/v1", tag="rings")

PURPOSE = "fraud_investigation"  # a ring names many parties and is no score


@bp.get("/rings")
@bp.input(RingQuery, location="query")
@bp.output(RingPage)
def rings(query_data: RingQuery) -> dict[str, Any]:
    """Rings, the strongest first, or those of one party.

    Only for keys that may ask for fraud_investigation, and not for those of a service.
    """
    require_explorer("rings")
    allowed_purpose(PURPOSE)
    snapshot = serving_context().snapshot
    found = rings_of(snapshot)
    if query_data.party is not None:
        snapshot.row_of(known_party(query_data.party))
        found = rings_with(found, query_data.party)
    bound = cursor_prefix(query_data.party or "")
    first = position(bound, query_data.cursor, BOUND)
    end = first + query_data.limit
    return {
        "rings": [render_ring(ring, query_data.language) for ring in found[first:end]],
        "total": len(found),
        "next": f"{bound}{end}" if end < len(found) else None,
        "snapshot": snapshot.id,
    }

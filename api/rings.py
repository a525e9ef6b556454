"""/v1/rings, /v1/ring-comparisons: groups that chance does not make, for those who investigate fraud."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint

from api.access import allowed_kinds, allowed_purpose, require_explorer
from api.context import known_party, serving_context
from api.schemas.rings import RingComparisonQuery, RingQuery
from service.answers.comparing.ring_comparisons import RingComparison, compare_rings
from service.answers.rings import RingPage, rings_of

bp = APIBlueprint("rings", __name__, url_prefix="/v1", tag="rings")

PURPOSE: Final = "fraud_investigation"  # a ring names many parties and is no score


@bp.get("/rings")
@bp.doc(operation_id="find_rings")
@bp.input(RingQuery, location="query")
@bp.output(RingPage)
def rings(query_data: RingQuery) -> RingPage:
    """Rings, the strongest first, or those of one party.

    Only for keys that may ask for fraud_investigation, and not for those of a service.
    """
    require_explorer("rings")
    allowed_purpose(PURPOSE)
    party = None if query_data.party is None else known_party(query_data.party)
    return rings_of(serving_context(), party, query_data.limit, query_data.cursor, query_data.language)


@bp.get("/ring-comparisons")
@bp.doc(operation_id="compare_rings")
@bp.input(RingComparisonQuery, location="query")
@bp.output(RingComparison)
def compared(query_data: RingComparisonQuery) -> RingComparison:
    """Two rings side by side: who is in both, the links between them, and what both are tied to.

    Only for keys that may ask for fraud_investigation, and not for those of a service.
    """
    require_explorer("rings")
    allowed_purpose(PURPOSE)
    question = query_data
    return compare_rings(serving_context(), question.ring, question.other, allowed_kinds(), question.language)

"""/v1/parties and /v1/neighbours: search, the record of a party, its links."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import g

from api.access import allowed_kinds, require_explorer
from api.context import known_party, serving_context
from api.schemas.parties import LinkQuery, SearchQuery
from service.answers import parties
from service.answers.parties import LinkPage, PartyPage, PartyRecord

bp = APIBlueprint("parties", __name__, url_prefix="/v1", tag="parties")


@bp.get("/parties")
@bp.doc(operation_id="search_parties")
@bp.input(SearchQuery, location="query")
@bp.output(PartyPage)
def search(query_data: SearchQuery) -> PartyPage:
    """Find parties by words of their ids and names, the best matches first; not for keys of a service."""
    require_explorer("a search")
    return parties.search(serving_context(), query_data.q, query_data.limit, query_data.cursor)


@bp.get("/parties/<party_id:id>")
@bp.doc(operation_id="get_party")
@bp.output(PartyRecord)
def record(id: str) -> PartyRecord:
    """What is known of a party itself; links are counted by kind, for the kinds that this key may see.

    Protected attributes are disclosed to those who may correct them, not to a service, which must not decide by them.
    """
    return parties.record(serving_context(), known_party(id), allowed_kinds(), g.key.role != "service")


@bp.get("/neighbours/<party_id:id>")
@bp.doc(operation_id="get_neighbours")
@bp.input(LinkQuery, location="query")
@bp.output(LinkPage)
def neighbours(id: str, query_data: LinkQuery) -> LinkPage:
    """The links of a party, page by page, with counts for each kind that the key may see; not for keys of a service."""
    require_explorer("neighbours")
    kinds = allowed_kinds(None if query_data.kind is None else query_data.kind.split(","))
    return parties.links_of(serving_context(), known_party(id), kinds, query_data.limit, query_data.cursor)

"""/v1/parties, /v1/profiles, /v1/neighbours, /v1/exports: search, what is known of a party, its links, what is near."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import g

from api.access import allowed_kinds, allowed_purpose, allowed_voice, may_ask_for, require_explorer
from api.context import known_party, serving_context
from api.rings import PURPOSE as RINGS
from api.schemas.parties import ExportQuery, LinkQuery, ProfileQuery, SearchQuery
from service.answers import parties, profiles, subgraphs
from service.answers.parties import LinkPage, PartyPage, PartyRecord
from service.answers.profiles import PartyProfile
from service.answers.subgraphs import Subgraph

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


@bp.get("/profiles/<party_id:id>")
@bp.doc(operation_id="get_profile")
@bp.input(ProfileQuery, location="query")
@bp.output(PartyProfile)
def profile(id: str, query_data: ProfileQuery) -> PartyProfile:
    """What is known of a party on one page; not for keys of a service.

    Links and identifiers are those of the kinds that the key may see, rings stand there for keys that may ask for
    fraud_investigation, and a score where there is a model.
    """
    require_explorer("a profile")
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    with_rings = may_ask_for(RINGS)
    return profiles.profile(serving_context(), known_party(id), purpose, allowed_kinds(), with_rings, voice)


@bp.get("/exports/<party_id:id>")
@bp.doc(operation_id="export_surroundings")
@bp.input(ExportQuery, location="query")
@bp.output(Subgraph)
def export(id: str, query_data: ExportQuery) -> Subgraph:
    """The parties around one, with the links of visible kinds among them; not for keys of a service."""
    require_explorer("an export")
    kinds = allowed_kinds(None if query_data.kind is None else query_data.kind.split(","))
    return subgraphs.subgraph(serving_context(), known_party(id), query_data.hops, query_data.limit, kinds)

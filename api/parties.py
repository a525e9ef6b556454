"""/v1/parties, /v1/profiles, ...: search, what is known of a party, what changed about it, its links, what is near."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint
from flask import g

from api.access import (
    allowed_kinds,
    allowed_purpose,
    allowed_voice,
    may_ask_for,
    require_explorer,
    require_unconditional,
    sees_identifiers,
)
from api.context import context_for, earlier_context, known_party, serving_context
from api.rings import PURPOSE as RINGS
from api.schemas.common import FreshQuery
from api.schemas.parties import ExportQuery, LinkQuery, PartyChangesQuery, ProfileQuery, SearchQuery
from api.scoring.kept import keep_receipts, matter_book
from graph.schema import IDENTIFIER_KINDS
from service.answers import parties, profiles, subgraphs
from service.answers.comparing.party_changes import PartyChanges, party_changes
from service.answers.parties import LinkPage, PartyPage, PartyRecord
from service.answers.profiles import PartyProfile
from service.answers.scores import ScoreQuestion
from service.answers.subgraphs import Subgraph
from service.rights.objections.answering import purpose_for, stated

MOST_LINKS: Final = 100_000  # of an export over HTTP; `kith export` writes all of them

bp = APIBlueprint("parties", __name__, url_prefix="/v1", tag="parties")


@bp.get("/parties")
@bp.doc(operation_id="search_parties")
@bp.input(SearchQuery, location="query")
@bp.output(PartyPage)
def search(query_data: SearchQuery) -> PartyPage:
    """Find parties by words of their ids and names, the best matches first; not for keys of a service.

    Phones, accounts and other identifiers are found by keys with a purpose that may use them.
    """
    require_explorer("a search")
    unseen = frozenset() if sees_identifiers() else IDENTIFIER_KINDS
    return parties.search(serving_context(), query_data.q, query_data.limit, query_data.cursor, unseen)


@bp.get("/parties/<party_id:id>")
@bp.doc(operation_id="get_party")
@bp.input(FreshQuery, location="query", arg_name="_")
@bp.output(PartyRecord)
def record(id: str, _: FreshQuery) -> PartyRecord:
    """What is known of a party itself; links are counted by kind, for the kinds that this key may see.

    Protected attributes are disclosed to those who may correct them, not to a service, which must not decide by them.
    """
    require_unconditional("a party's record")
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
    context = context_for(purpose)
    purpose = purpose_for(matter_book(), context, known_party(id), purpose)
    answer = profiles.profile(context, id, purpose, allowed_kinds(), with_rings, voice)
    if answer.score is not None:
        keep_receipts(context, [id], [answer.score], ScoreQuestion(purpose, True, voice))
        return answer.model_copy(update={"score": stated(matter_book(), context, answer.score, purpose)})
    return answer


@bp.get("/party-changes/<party_id:id>")
@bp.doc(operation_id="get_party_changes")
@bp.input(PartyChangesQuery, location="query")
@bp.output(PartyChanges)
def changes(id: str, query_data: PartyChangesQuery) -> PartyChanges:
    """What changed about a party since the earlier snapshot that alerts compare with; not for keys of a service."""
    require_explorer("what changed")
    purpose, with_rings = allowed_purpose(query_data.purpose), may_ask_for(RINGS)
    kinds = frozenset(allowed_kinds())
    purpose = purpose_for(matter_book(), serving_context(), known_party(id), purpose)
    return party_changes(serving_context(), earlier_context(), known_party(id), purpose, kinds, with_rings)


@bp.get("/exports/<party_id:id>")
@bp.doc(operation_id="export_surroundings")
@bp.input(ExportQuery, location="query")
@bp.output(Subgraph)
def export(id: str, query_data: ExportQuery) -> Subgraph:
    """The parties around one, with the links of visible kinds among them; not for keys of a service.

    Links beyond 100,000 are counted in `links_left_out`.
    """
    require_explorer("an export")
    kinds = allowed_kinds(None if query_data.kind is None else query_data.kind.split(","))
    return subgraphs.subgraph(serving_context(), known_party(id), query_data.hops, query_data.limit, kinds, MOST_LINKS)

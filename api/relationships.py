"""/v1/relationship-risk and /v1/paths: what is asked of two parties."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.access import allowed_kinds, allowed_purpose, allowed_voice, require_explorer
from api.context import known_party, serving_context
from api.schemas.relationships import PairQuery, PathQuery
from service.answers import paths, relationships
from service.answers.paths import PathList
from service.answers.relationships import RelationshipRisk

bp = APIBlueprint("relationships", __name__, url_prefix="/v1", tag="relationships")


@bp.get("/relationship-risk")
@bp.doc(operation_id="get_relationship_risk")
@bp.input(PairQuery, location="query")
@bp.output(RelationshipRisk)
def relationship_risk(query_data: PairQuery) -> RelationshipRisk:
    """The risk for `source` in dealing with `target`; in texts for the subject, `you` are the target."""
    voice = allowed_voice(query_data.audience, query_data.language)
    return relationships.relationship_risk(
        serving_context(),
        known_party(query_data.source),
        known_party(query_data.target),
        allowed_purpose(query_data.purpose),
        query_data.exposure,
        query_data.include == "contagion",
        voice,
        query_data.recovery,
    )


@bp.get("/paths")
@bp.doc(operation_id="find_paths")
@bp.input(PathQuery, location="query")
@bp.output(PathList)
def path_list(query_data: PathQuery) -> PathList:
    """The first few shortest paths between two parties, links read as undirected; not for keys of a service."""
    require_explorer("paths")
    source, target = known_party(query_data.source), known_party(query_data.target)
    kinds = allowed_kinds(None if query_data.kind is None else query_data.kind.split(","))
    return paths.paths_between(serving_context(), source, target, query_data.max_hops, query_data.limit, kinds)

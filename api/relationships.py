"""/v1/relationship-risk and /v1/paths: what is asked of two parties."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint

from api.access import allowed_kinds, allowed_purpose, allowed_voice, require_explorer
from api.context import known_party, serving_context
from api.schemas.relationships import PairQuery, PathList, PathQuery, RelationshipRisk
from service.answers import relationships

bp = APIBlueprint("relationships", __name__, url_prefix="/v1", tag="relationships")


@bp.get("/relationship-risk")
@bp.input(PairQuery, location="query")
@bp.output(RelationshipRisk)
def relationship_risk(query_data: PairQuery) -> dict[str, Any]:
    """The risk for `source` in dealing with `target`; told to the subject, `you` are the target."""
    voice = allowed_voice(query_data.audience, query_data.language)
    return relationships.relationship_risk(
        serving_context(),
        known_party(query_data.source),
        known_party(query_data.target),
        allowed_purpose(query_data.purpose),
        query_data.exposure,
        query_data.include == "contagion",
        voice,
    ).to_json()


@bp.get("/paths")
@bp.input(PathQuery, location="query")
@bp.output(PathList)
def paths(query_data: PathQuery) -> dict[str, Any]:
    """The first few shortest paths between two parties, links read as undirected; not for keys of a service."""
    require_explorer("paths")
    source, target = known_party(query_data.source), known_party(query_data.target)
    kinds = allowed_kinds()
    found = relationships.paths_between(serving_context(), source, target, query_data.max_hops, query_data.limit, kinds)
    name = serving_context().snapshot.id_of
    return {
        "source": source,
        "target": target,
        "max_hops": query_data.max_hops,
        "paths": [
            {
                "hops": path.hops,
                "parties": [name(row) for row in path.rows],
                "steps": [
                    {
                        "source": name(step.source),
                        "target": name(step.target),
                        "kinds": [asdict(kind) for kind in step.kinds],
                    }
                    for step in path.steps
                ],
            }
            for path in found
        ],
        "snapshot": serving_context().snapshot.id,
    }

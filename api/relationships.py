"""/v1/relationship-risk and /v1/paths: what is asked of two parties."""

from __future__ import annotations

import time
from collections.abc import Sequence

from apiflask import APIBlueprint
from flask import current_app, g

from api.access import EXPLORERS, allowed_kinds, allowed_purpose, allowed_voice, require_explorer
from api.context import asked_about, context_for, known_party, serving_context
from api.schemas.relationships import PairBatchRequest, PairQuery, PathQuery
from api.scoring.kept import matter_book
from graph.purposes import Purpose
from service.answers import paths, relationships
from service.answers.objecting import by_purpose
from service.answers.paths import PathList
from service.answers.relationships import PairQuestion, PairResult, RelationshipRisk, RelationshipRiskBatch
from service.context import ServingContext
from service.records.pairs import count_pairs
from service.rights.objections.answering import pair_stated, purpose_for

bp = APIBlueprint("relationships", __name__, url_prefix="/v1", tag="relationships")


@bp.get("/relationship-risk")
@bp.doc(operation_id="get_relationship_risk")
@bp.input(PairQuery, location="query")
@bp.output(RelationshipRisk)
def relationship_risk(query_data: PairQuery) -> RelationshipRisk:
    """The risk for `source` in dealing with `target`; in texts for the subject, `you` are the target."""
    voice = allowed_voice(query_data.audience, query_data.language)
    purpose = allowed_purpose(query_data.purpose)
    source, target = known_party(query_data.source), known_party(query_data.target)
    _count([(source, target)])
    context = context_for(purpose)
    own = _purpose_for(context, source, target, purpose)
    with_contagion, recovery = query_data.include == "contagion", query_data.recovery
    risk = relationships.relationship_risk(
        context, source, target, own, query_data.exposure, with_contagion, voice, recovery
    )
    return pair_stated(matter_book(), context, risk, own)


@bp.post("/relationship-risk")
@bp.doc(operation_id="get_relationship_risks")
@bp.input(PairBatchRequest)
@bp.output(RelationshipRiskBatch)
def relationship_risks(json_data: PairBatchRequest) -> RelationshipRiskBatch:
    """The risks of 1 to 1,000 pairs in their order, each the same as when it is asked for alone."""
    voice = allowed_voice(json_data.audience, json_data.language)
    purpose = allowed_purpose(json_data.purpose)
    pairs = [PairQuestion(pair.source, pair.target, pair.exposure, pair.recovery) for pair in json_data.pairs]
    asked_about(*(party for pair in pairs for party in (pair.source, pair.target)))
    _count([(pair.source, pair.target) for pair in pairs])
    with_contagion = json_data.include == "contagion"
    context = context_for(purpose)

    def answered(places: list[int], own: Purpose) -> list[PairResult]:
        some = [pairs[place] for place in places]
        found = relationships.relationship_risks(context, some, own, with_contagion, voice).pairs
        return [_stated(context, one, own) for one in found]

    purposes = [_purpose_for(context, pair.source, pair.target, purpose) for pair in pairs]
    return RelationshipRiskBatch(pairs=tuple(by_purpose(purposes, answered)))


def _purpose_for(context: ServingContext, source: str, target: str, purpose: Purpose) -> Purpose:
    """The purpose by which a pair is answered for, of which either may have objected."""
    return purpose_for(matter_book(), context, source, purpose_for(matter_book(), context, target, purpose))


def _stated(context: ServingContext, one: PairResult, purpose: Purpose) -> PairResult:
    if one.risk is None:
        return one
    return one.model_copy(update={"risk": pair_stated(matter_book(), context, one.risk, purpose)})


def _count(pairs: Sequence[tuple[str, str]]) -> None:
    """Count the pairs that a service learns the links of: many of them would list the links of everybody.

    Raises QuotaExceeded.
    """
    if g.key.role in EXPLORERS:
        return
    quota = current_app.extensions["kith.settings"].pairs_a_day
    count_pairs(current_app.extensions["kith.records"], g.key.owner, pairs, quota, time.time())


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

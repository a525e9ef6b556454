"""/v1/objections: what a party objects to, and the review of it; while one is undecided a person decides."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint
from flask import Response

from api.context import asked_about
from api.rights.who import desk, own_or_any, own_or_named, own_or_none, person, versioned
from api.schemas.rights import NewObjection, ObjectionListQuery, ObjectionMove
from api.scoring.kept import matter_book
from api.workbench.desk import version_sent
from service.rights.objections.objection import Objection
from service.rights.objections.reviewing import (
    ObjectionList,
    list_objections,
    move_objection,
    open_objection,
    read_objection,
)

bp = APIBlueprint("objections", __name__, url_prefix="/v1", tag="rights")
CREATED: Final = 201


@bp.get("/objections")
@bp.doc(operation_id="list_objections")
@bp.input(ObjectionListQuery, location="query")
@bp.output(ObjectionList)
def listed(query_data: ObjectionListQuery) -> ObjectionList:
    """Objections, the oldest first; of a subject's key those of its party."""
    return list_objections(desk(), own_or_any(query_data.party), query_data.state)


@bp.post("/objections")
@bp.doc(operation_id="open_objection")
@bp.input(NewObjection)
@bp.output(Objection, status_code=CREATED)
def opened(json_data: NewObjection) -> Response:
    """Object to a category or to automated decisions: from the next answer on a person decides, until a review."""
    party = own_or_named(json_data.party)
    asked_about(party)
    said = json_data
    objection = open_objection(desk(), party, said.to, said.category, said.purpose, said.text, person())
    matter_book().look_again()
    return versioned(objection, objection.version, CREATED)


@bp.get("/objections/<int:objection>")
@bp.doc(operation_id="get_objection")
@bp.output(Objection)
def one(objection: int) -> Response:
    """An objection with every step of its review."""
    found = read_objection(desk(), objection, own_or_none())
    asked_about(found.party)
    return versioned(found, found.version)


@bp.patch("/objections/<int:objection>")
@bp.doc(operation_id="move_objection")
@bp.input(ObjectionMove)
@bp.output(Objection)
def changed(objection: int, json_data: ObjectionMove) -> Response:
    """Make one legal move; `If-Match` names the version. The party itself may appeal and withdraw."""
    own, version, said = own_or_none(), version_sent(), json_data
    found = move_objection(desk(), objection, version, said.move, person(), said.told, said.second, own)
    asked_about(found.party)
    matter_book().look_again()
    return versioned(found, found.version)

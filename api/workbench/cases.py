"""/v1/cases and what belongs to them: the work of investigators."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint
from flask import Response

from api.context import asked_about
from api.schemas.casework import CaseListQuery, CaseLookupRequest, NewCase
from api.schemas.common import FreshQuery
from api.workbench.desk import desk, version_sent, versioned
from service.casework import cases, figures
from service.casework.case_answers import CaseAnswer, CaseLookup, CasePage
from service.casework.changes import CaseChange
from service.casework.figures import CaseFigures

bp = APIBlueprint("cases", __name__, url_prefix="/v1", tag="cases")

CREATED: Final = 201


@bp.get("/cases")
@bp.doc(operation_id="list_cases")
@bp.input(CaseListQuery, location="query")
@bp.output(CasePage)
def listed(query_data: CaseListQuery) -> CasePage:
    """Cases, the last changed first; those of a party by any of its ids."""
    at = desk()
    query = cases.query_of(at, query_data.state, query_data.assignee, query_data.party)
    return cases.list_cases(at, query, query_data.limit, query_data.cursor)


@bp.post("/cases")
@bp.doc(operation_id="open_case")
@bp.input(NewCase)
@bp.output(CaseAnswer, status_code=CREATED)
def opened(json_data: NewCase) -> Response:
    """Open a case."""
    asked_about(*json_data.parties)
    case = cases.open_case(desk(), json_data.title, json_data.parties, json_data.alerts, json_data.assignee)
    return versioned(case, CREATED)


@bp.get("/cases/<int:case>")
@bp.doc(operation_id="get_case")
@bp.input(FreshQuery, location="query", arg_name="_")
@bp.output(CaseAnswer)
def read(case: int, _: FreshQuery) -> Response:
    """A case with all that belongs to it; what this key may not see is withheld, and said so."""
    return versioned(cases.read_case(desk(), case))


@bp.patch("/cases/<int:case>")
@bp.doc(operation_id="change_case")
@bp.input(CaseChange)
@bp.output(CaseAnswer)
def changed(case: int, json_data: CaseChange) -> Response:
    """Change a case in one step; `If-Match` names the version that is changed."""
    return versioned(cases.change_case(desk(), case, version_sent(), json_data))


@bp.post("/case-lookups")
@bp.doc(operation_id="look_up_cases")
@bp.input(CaseLookupRequest)
@bp.output(CaseLookup)
def looked_up(json_data: CaseLookupRequest) -> CaseLookup:
    """Which of some parties are in a case already, in which, and who works on it."""
    asked_about(*json_data.parties)
    return cases.lookup(desk(), json_data.parties)


@bp.get("/case-figures")
@bp.doc(operation_id="get_case_figures")
@bp.input(FreshQuery, location="query", arg_name="_")
@bp.output(CaseFigures)
def case_figures(_: FreshQuery) -> CaseFigures:
    """How the work goes: times to take and to close, backlog by age, conversion, false positives by reason."""
    return figures.case_figures(desk())

"""/v1/case-reports and /v1/case-report-pages: a case to hand over, as JSON and as a page to print."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from api.access import allowed_purpose, may_ask_for
from api.rings import PURPOSE as RINGS
from api.schemas.casework import CaseReportQuery
from api.workbench.desk import desk
from service.casework.reports.content import CaseReport
from service.casework.reports.nameless import without_names
from service.casework.reports.page import POLICY, report_page
from service.casework.reports.report import case_report

bp = APIBlueprint("reports", __name__, url_prefix="/v1", tag="reports")


@bp.get("/case-reports/<int:case>")
@bp.doc(operation_id="get_case_report")
@bp.input(CaseReportQuery, location="query")
@bp.output(CaseReport)
def report(case: int, query_data: CaseReportQuery) -> CaseReport:
    """A case to hand over: who, what, when, where, why, how, what is not known, and a draft made from facts alone."""
    return _made(case, query_data)


@bp.get("/case-report-pages/<int:case>")
@bp.doc(hide=True)
@bp.input(CaseReportQuery, location="query")
def report_as_page(case: int, query_data: CaseReportQuery) -> Response:
    """The report as one page to print, which fetches nothing."""
    page = report_page(_made(case, query_data))
    return Response(page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})


def _made(case: int, query: CaseReportQuery) -> CaseReport:
    at = desk()
    report = case_report(at, case, allowed_purpose(query.purpose), may_ask_for(RINGS), query.language)
    return report if query.names == "shown" else without_names(report, at.context.snapshot)

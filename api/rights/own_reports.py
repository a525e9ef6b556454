"""/v1/own-report: what is held about the party of a subject's key; the path names nobody."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, current_app

from api.access import own_party, require_explorer
from api.context import asked_about, serving_context
from api.guards.access_log import writer
from api.rights.disputes import reading_office
from api.rights.who import person
from api.schemas.rights import LanguageQuery
from api.scoring.kept import receipt_writer
from service.rights.legal.legal_profiles import law_of
from service.rights.reports.own_report import OwnReport, ReportQuestion, own_report
from service.rights.reports.own_report_page import own_report_page
from service.rights.wording import POLICY
from service.wording.reasons import Language

bp = APIBlueprint("own_reports", __name__, url_prefix="/v1", tag="rights")


@bp.get("/own-report")
@bp.doc(operation_id="get_own_report")
@bp.input(LanguageQuery, location="query")
@bp.output(OwnReport)
def report(query_data: LanguageQuery) -> OwnReport:
    """All that is held about the party of this key: facts with their sources, answers and to whom, who looked, and why.

    Other parties are withheld. That it was asked for, and what was told, is written down.
    """
    return _report(own_party("the own report"), query_data.language)


@bp.get("/own-reports/<party_id:id>")
@bp.doc(operation_id="get_own_report_of")
@bp.input(LanguageQuery, location="query")
@bp.output(OwnReport)
def report_of(id: str, query_data: LanguageQuery) -> OwnReport:
    """The own report of somebody at the desk, whose identity was checked; for keys that investigate.

    Other parties are withheld as they are from the person. That it was made, and by whom, is written down.
    """
    require_explorer("the own report of somebody at the desk")
    return _report(id, query_data.language)


@bp.get("/own-report-pages/<party_id:id>")
@bp.doc(hide=True)
@bp.input(LanguageQuery, location="query")
def page_of(id: str, query_data: LanguageQuery) -> Response:
    """The own report of somebody at the desk as one page to print."""
    require_explorer("the own report of somebody at the desk")
    return _page(_report(id, query_data.language))


@bp.get("/own-report-page")
@bp.doc(hide=True)
@bp.input(LanguageQuery, location="query")
def as_page(query_data: LanguageQuery) -> Response:
    """The own report as one page to print."""
    return _page(_report(own_party("the own report"), query_data.language))


def _page(report: OwnReport) -> Response:
    html = own_report_page(report)
    return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})


def _report(party: str, language: Language) -> OwnReport:
    asked_about(party)
    receipt_writer().flush()
    writer().flush()
    current_app.extensions["kith.notices"].flush()
    context = serving_context()
    profile = law_of(current_app.extensions["kith.settings"])
    question = ReportQuestion(person(), language)
    with reading_office() as at:
        return own_report(at, context if context.can_score else None, context.purposes, party, profile, question)

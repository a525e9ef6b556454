"""/v1/notices: what parties are told when an answer counted against them."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, current_app, g
from sqlalchemy import Engine

from api.access import own_party
from api.context import asked_about
from api.rights.who import WHAT
from api.schemas.rights import LanguageQuery, NoticeListQuery
from graph.errors import UsageError
from service.rights.reports.notices import notice_page
from service.rights.reports.told import KeptNotice, NoticePage, NoticeWriter, list_notices, read_notice
from service.rights.wording import POLICY

bp = APIBlueprint("notices", __name__, url_prefix="/v1", tag="rights")


@bp.get("/notices")
@bp.doc(operation_id="list_notices")
@bp.input(NoticeListQuery, location="query")
@bp.output(NoticePage)
def listed(query_data: NoticeListQuery) -> NoticePage:
    """Notices, the newest first: to the party of a subject's key, or about the answers that a service was given."""
    own, owner = _own(), _owner()
    if own is not None and query_data.party not in (None, own):
        raise UsageError("a subject's key lists the notices to its own party")
    _writer().flush()
    return list_notices(_records(), own or query_data.party, owner, query_data.limit, query_data.cursor)


@bp.get("/notices/<int:notice>")
@bp.doc(operation_id="get_notice")
@bp.output(KeptNotice)
def one(notice: int) -> KeptNotice:
    """A notice as it is kept."""
    found = read_notice(_records(), notice, _own(), _owner())
    asked_about(found.notice.party)
    return found


@bp.get("/notice-pages/<int:notice>")
@bp.doc(hide=True)
@bp.input(LanguageQuery, location="query")
def as_page(notice: int, query_data: LanguageQuery) -> Response:
    """A notice as one page to print."""
    found = read_notice(_records(), notice, _own(), _owner())
    asked_about(found.notice.party)
    html = notice_page(found.notice, query_data.language)
    return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})


def _records() -> Engine:
    records: Engine = current_app.extensions["kith.records"]
    return records


def _writer() -> NoticeWriter:
    writer: NoticeWriter = current_app.extensions["kith.notices"]
    return writer


def _own() -> str | None:
    return own_party(WHAT) if g.key.role == "subject" else None


def _owner() -> int | None:
    """Of a service, whose answers; None for others, who see all."""
    owner: int = g.key.owner
    return owner if g.key.role == "service" else None

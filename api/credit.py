"""/v1/credit-lines and /v1/book-contagions: a book of lending, and what defaults do to it.

The lines are read from the events in the store; scores are those of the network that this process answers from.
"""

from __future__ import annotations

from math import inf

from apiflask import APIBlueprint

from api.access import allowed_kinds, allowed_purpose, require_explorer
from api.context import asked_about, context_for, following, known_party
from api.schemas.credit import BookContagion, CreditLineQuery
from api.scoring.kept import matter_book
from graph.errors import StateConflict
from service.credit.book import BookAnswer, Shares, book
from service.credit.contagion import GUARANTEE, ContagionAnswer, contagion
from service.credit.lines import CreditLine, read_lines
from service.rights.objections.answering import others_of

bp = APIBlueprint("credit", __name__, url_prefix="/v1", tag="credit")


@bp.get("/credit-lines")
@bp.doc(operation_id="list_credit_lines")
@bp.input(CreditLineQuery, location="query")
@bp.output(BookAnswer)
def credit_lines(query_data: CreditLineQuery) -> BookAnswer:
    """Credit lines with exposure at default and expected loss over the horizon, the largest losses first.

    For keys of those who investigate.
    """
    require_explorer("credit lines")
    purpose = allowed_purpose(query_data.purpose)
    if query_data.party is not None:
        asked_about(query_data.party)
    lines = [one for one in _lines(query_data.at, query_data.lender) if query_data.party in (None, one.party)]
    context, shares = context_for(purpose), Shares(query_data.conversion, query_data.loss)
    return book(context, lines, purpose, shares, query_data.limit, others_of(matter_book(), context, purpose))


@bp.post("/book-contagions")
@bp.doc(operation_id="spread_defaults")
@bp.input(BookContagion)
@bp.output(ContagionAnswer)
def book_contagions(json_data: BookContagion) -> ContagionAnswer:
    """What defaults do to a book: calls on guarantors round after round, and what is lost; nothing is written."""
    require_explorer("contagion over a book")
    purpose = allowed_purpose(json_data.purpose)
    allowed_kinds([GUARANTEE])
    defaults = [known_party(party) for party in json_data.defaults]
    lines = _lines(None, json_data.lender)
    shares = Shares(json_data.conversion, json_data.loss)
    context = context_for(purpose)
    others = others_of(matter_book(), context, purpose)
    return contagion(context, lines, defaults, purpose, shares, json_data.capacity, json_data.limit, others)


def _lines(at: float | None, lender: str | None) -> list[CreditLine]:
    """The lines of the store. Raises StateConflict where this server has none."""
    follower = following()
    if follower is None:
        raise StateConflict("this server answers from one snapshot for ever, and knows no events")
    found = read_lines(follower.store(), inf if at is None else at)
    return [one for one in found if lender in (None, one.lender)]

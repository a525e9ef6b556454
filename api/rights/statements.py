"""/v1/statements: what parties state about facts of their own, told with every answer that rests on them."""

from __future__ import annotations

import time
from typing import Final

from apiflask import APIBlueprint
from flask import Response, current_app, g

from api.context import asked_about
from api.rights.disputes import reading_office
from api.rights.who import desk, own_or_any, own_or_named, own_or_none, person, versioned
from api.schemas.rights import NewStatement, PartyQuery
from api.scoring.kept import matter_book
from service.rights.disputes.handling import own_side
from service.rights.disputes.items import ItemName
from service.rights.disputes.statements import Statement, StatementList, attach, list_statements, withdraw
from service.rights.legal.legal_profiles import legal_profile

bp = APIBlueprint("statements", __name__, url_prefix="/v1", tag="rights")
CREATED: Final = 201


@bp.get("/statements")
@bp.doc(operation_id="list_statements")
@bp.input(PartyQuery, location="query")
@bp.output(StatementList)
def listed(query_data: PartyQuery) -> StatementList:
    """Statements, the oldest first; of a subject's key those of its party."""
    found = list_statements(desk().records, own_or_any(query_data.party)).statements
    return StatementList(statements=tuple(map(_as_read, found)))


@bp.post("/statements")
@bp.doc(operation_id="attach_statement")
@bp.input(NewStatement)
@bp.output(Statement, status_code=CREATED)
def attached(json_data: NewStatement) -> Response:
    """Attach a statement to a fact, in place of an earlier one; the legal profile may bound its words."""
    party = own_or_named(json_data.party)
    asked_about(party)
    name = ItemName(table=json_data.table, source=json_data.source, key=json_data.key)
    profile = legal_profile(current_app.extensions["kith.settings"].legal_profile)
    with reading_office() as at:
        statement = attach(at.records, at.store, party, name, json_data.text, profile, person(), at.now)
    matter_book().look_again()
    return versioned(_as_read(statement), statement.version, CREATED)


@bp.delete("/statements/<int:statement>")
@bp.doc(operation_id="withdraw_statement")
@bp.output(Statement)
def withdrawn(statement: int) -> Statement:
    """Withdraw a statement: no answer tells it any more."""
    found = withdraw(desk().records, statement, person(), time.time(), own_or_none())
    asked_about(found.party)
    matter_book().look_again()
    return _as_read(found)


def _as_read(statement: Statement) -> Statement:
    """The statement as this key reads it: of a link the party itself is not told the other end."""
    if g.key.role != "subject":
        return statement
    return statement.model_copy(update={"item": own_side(statement.item, statement.party)})

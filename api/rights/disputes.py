"""/v1/disputes: facts that a party says are wrong, and the work on them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Final

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, g

from api.context import asked_about, following
from api.rights.who import desk, own_or_any, own_or_named, own_or_none, person, versioned
from api.schemas.rights import DisputeListQuery, DisputeMove, NewDispute
from api.workbench.desk import version_sent
from graph.errors import StoreUnavailable, UsageError
from graph.stores.open import not_made, open_store
from service.records.rights.disputes import DisputeQuery
from service.rights.disputes.dispute import Claim, Move
from service.rights.disputes.handling import (
    TELLING,
    DisputeAnswer,
    DisputePage,
    Office,
    for_party,
    move,
    queue,
    read,
    receive,
)
from service.rights.disputes.items import ItemName
from service.rights.disputes.telling import tell
from service.settings import Settings

bp = APIBlueprint("disputes", __name__, url_prefix="/v1", tag="rights")
CREATED: Final = 201


@bp.get("/disputes")
@bp.doc(operation_id="list_disputes")
@bp.input(DisputeListQuery, location="query")
@bp.output(DisputePage)
def listed(query_data: DisputeListQuery) -> DisputePage:
    """Disputes, what is due first; of a subject's key those of its party."""
    own = own_or_none()
    query = DisputeQuery(own_or_any(query_data.party), query_data.state, None, query_data.due_before)
    page = queue(desk(), query, query_data.limit, query_data.cursor)
    if own is None:
        return page
    return page.model_copy(update={"disputes": tuple(for_party(one, own) for one in page.disputes)})


@bp.post("/disputes")
@bp.doc(operation_id="open_dispute")
@bp.input(NewDispute)
@bp.output(DisputeAnswer, status_code=CREATED)
def opened(json_data: NewDispute) -> Response:
    """Dispute a fact; where it is known who disputes, the fact is marked at once and counts in no score."""
    own = own_or_none()
    if own is not None and (json_data.party or json_data.channel or json_data.representative or json_data.identified):
        raise UsageError("with a subject's key send the fact and what is wrong with it; the key says who you are")
    party = own_or_named(json_data.party)
    asked_about(party)
    claim = Claim(
        text=json_data.text,
        evidence=json_data.evidence,
        channel="own_key" if own is not None else json_data.channel or "desk",
        representative=json_data.representative,
        identity_theft=json_data.identity_theft,
    )
    name = ItemName(table=json_data.table, source=json_data.source, key=json_data.key)
    with office() as at:
        profile = _settings().legal_profile
        answer = receive(at, party, name, claim, profile, person(), own is not None or json_data.identified)
    return _versioned(answer, CREATED)


@bp.get("/disputes/<int:dispute>")
@bp.doc(operation_id="get_dispute")
@bp.output(DisputeAnswer)
def one(dispute: int) -> Response:
    """A dispute with every step, and what has to be done next by when."""
    answer = read(desk(), dispute, own_or_none())
    asked_about(answer.dispute.party)
    return _versioned(answer)


@bp.patch("/disputes/<int:dispute>")
@bp.doc(operation_id="move_dispute")
@bp.input(DisputeMove)
@bp.output(DisputeAnswer)
def changed(dispute: int, json_data: DisputeMove) -> Response:
    """Make one legal move; `If-Match` names the version. The party itself may state, withdraw and appeal."""
    asked = Move.model_validate(json_data.model_dump())
    with office() as at:
        answer = move(at, dispute, version_sent(), asked, person(), own_or_none())
    asked_about(answer.dispute.party)
    return _versioned(answer)


def add_to(app: APIFlask) -> None:
    """Let the jobs of this application tell whom a fact reached that was found wrong."""
    told = partial(tell, app.extensions["kith.records"], app.extensions["kith.settings"])
    app.extensions["kith.job_handlers"][TELLING] = told


@contextmanager
def office() -> Iterator[Office]:
    """The records and the store of this installation, now; what is written is in the next answer."""
    with reading_office() as found:
        yield found
    current_app.extensions["kith.matters"].look_again()
    if (follower := following()) is not None:
        follower.poll()


@contextmanager
def reading_office() -> Iterator[Office]:
    """The records and the store of this installation, now, where nothing is written."""
    if not_made(_settings().store):  # which looking does not make
        raise StoreUnavailable("the store of the facts is not there; set KITH_STORE_URL, or load something first")
    with closing(open_store(_settings().store)) as store:
        yield Office(current_app.extensions["kith.records"], store, time.time())


def _settings() -> Settings:
    settings: Settings = current_app.extensions["kith.settings"]
    return settings


def _versioned(answer: DisputeAnswer, status: int = 200) -> Response:
    if g.key.role == "subject":
        answer = for_party(answer, answer.dispute.party)
    return versioned(answer, answer.dispute.version, status)

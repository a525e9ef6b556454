"""/v1/list-entries and /v1/list-lookups: blacklists and merchants' penalties, told to their party before any use."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint
from flask import Response, current_app, g

from api.access import allowed_purpose
from api.context import asked_about
from api.rights.disputes import reading_office
from api.rights.who import desk, own_or_any, own_or_none, person, versioned
from api.schemas.rights import EntryListQuery, EntryMove, LanguageQuery, LookupQuery, NewEntry
from api.workbench.desk import version_sent
from graph.errors import AccessError
from service.rights.disputes.items import ItemName
from service.rights.lists import listing
from service.rights.lists.entry_notices import entry_page, read_entry_notice
from service.rights.lists.list_entries import Shown
from service.rights.lists.listing import EntryAnswer, EntryList
from service.rights.wording import POLICY

bp = APIBlueprint("list_entries", __name__, url_prefix="/v1", tag="rights")
CREATED: Final = 201


@bp.get("/list-entries")
@bp.doc(operation_id="list_entries")
@bp.input(EntryListQuery, location="query")
@bp.output(EntryList)
def listed(query_data: EntryListQuery) -> EntryList:
    """Entries with their evidence, steps and recipients, the oldest first; of a subject's key those about its party."""
    return EntryList(entries=listing.entries_about(desk(), own_or_any(query_data.party)))


@bp.post("/list-entries")
@bp.doc(operation_id="propose_entry")
@bp.input(NewEntry)
@bp.output(EntryAnswer, status_code=CREATED)
def proposed(json_data: NewEntry) -> Response:
    """Propose an entry, or a penalty of a merchant; nobody is shown it before its party was told and could answer."""
    if own_or_none() is not None:
        raise AccessError("entries are proposed by those who keep the list, not by the party")
    asked_about(json_data.party)
    evidence = [ItemName(table="outcomes", source=json_data.source, key=key) for key in json_data.keys]
    purpose, said = allowed_purpose(json_data.purpose), json_data
    with reading_office() as at:
        answer = listing.propose(at, said.party, said.ground, evidence, purpose, person(), said.penalty)
    return versioned(answer, answer.entry.version, CREATED)


@bp.get("/list-entries/<int:entry>")
@bp.doc(operation_id="get_entry")
@bp.output(EntryAnswer)
def one(entry: int) -> Response:
    """An entry with every step, and the recipients that have to be told that it counts no more."""
    answer = listing.read_entry(desk(), entry, own_or_none())
    asked_about(answer.entry.party)
    return versioned(answer, answer.entry.version)


@bp.patch("/list-entries/<int:entry>")
@bp.doc(operation_id="move_entry")
@bp.input(EntryMove)
@bp.output(EntryAnswer)
def changed(entry: int, json_data: EntryMove) -> Response:
    """Make one legal move; `If-Match` names the version. The party itself may answer and appeal.

    Where the entry ends, by its time or by an appeal, the webhooks of everybody who was shown it are told.
    """
    own, version, said = own_or_none(), version_sent(), json_data
    law = current_app.extensions["kith.settings"].legal_profile
    answer = listing.move_entry(desk(), entry, said.move, person(), said.told, said.second, own, version, law)
    asked_about(answer.entry.party)
    return versioned(answer, answer.entry.version)


@bp.get("/list-entry-pages/<int:entry>")
@bp.doc(hide=True)
@bp.input(LanguageQuery, location="query")
def as_page(entry: int, query_data: LanguageQuery) -> Response:
    """The notice of an entry as one page to print."""
    answer = listing.read_entry(desk(), entry, own_or_none())
    asked_about(answer.entry.party)
    html = entry_page(read_entry_notice(desk().records, answer.entry), query_data.language)
    return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})


@bp.get("/list-lookups/<party_id:id>")
@bp.doc(operation_id="look_up_party")
@bp.input(LookupQuery, location="query")
@bp.output(Shown)
def looked_up(id: str, query_data: LookupQuery) -> Shown:
    """Whether a party is listed for a purpose: the minimum. Who is shown an entry is written down in it."""
    asked_about(id)
    purpose = allowed_purpose(query_data.purpose)
    with reading_office() as at:
        return listing.look_up(at, id, purpose.name, person(), g.key.owner, query_data.measure)

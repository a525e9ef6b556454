"""/v1/consents: what a party consented to, as consent records that other institutions can read."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.context import asked_about
from api.rights.disputes import reading_office
from api.rights.who import own_or_named
from api.schemas.rights import PartyQuery
from service.rights.consents.consent_records import ConsentRecords, consent_records

bp = APIBlueprint("consents", __name__, url_prefix="/v1", tag="rights")


@bp.get("/consents")
@bp.doc(operation_id="get_consents")
@bp.input(PartyQuery, location="query")
@bp.output(ConsentRecords)
def consents(query_data: PartyQuery) -> ConsentRecords:
    """The consents of a party, per source and purpose, given and withdrawn: JSON-LD by ISO/IEC TS 27560 and DPV."""
    party = own_or_named(query_data.party)
    asked_about(party)
    with reading_office() as at:
        return consent_records(at.store, party)

"""/v1/receipts and /v1/replays: what is kept of an answer, and the same answer given again from the facts."""

from __future__ import annotations

import json
import time
from typing import Final

from apiflask import APIBlueprint
from flask import current_app, g

from api.context import LONGEST_ECHO, asked_about
from api.schemas.scores import ReplayRequest
from api.scoring.kept import receipt_writer
from graph.errors import UnknownRecord
from service.answers.replaying.receipts import ReceiptAnswer, receipt_answer
from service.answers.replaying.replays import ReplayAnswer, Sources, replay
from service.records import receipts
from service.records.receipts import EVERY, StoredReceipt
from service.settings import Settings
from service.workspace import Workspace

bp = APIBlueprint("receipts", __name__, url_prefix="/v1", tag="receipts")
PATIENCE: Final = 4 * EVERY  # seconds that another process has to write down what it has just answered
AGAIN: Final = EVERY / 2  # seconds between two looks


@bp.get("/receipts/<string:receipt>")
@bp.doc(operation_id="get_receipt")
@bp.output(ReceiptAnswer)
def get(receipt: str) -> ReceiptAnswer:
    """What is kept of a score answer, for the key that was answered and for admins."""
    return receipt_answer(_stored(receipt))


@bp.post("/replays")
@bp.doc(operation_id="replay_answer")
@bp.input(ReplayRequest)
@bp.output(ReplayAnswer)
def replays(json_data: ReplayRequest) -> ReplayAnswer:
    """A score answer given again from the facts, byte for byte, or which part of it is gone or differs.

    The snapshot is built again, so it takes as long as `kith snapshot` and a first question; one at a time is replayed.
    """
    stored = _stored(json_data.receipt)
    settings: Settings = current_app.extensions["kith.settings"]
    rules = receipts.rules_of(current_app.extensions["kith.records"], stored.policy)
    return replay(stored, Sources(Workspace(settings.home), settings.store, rules), json_data.applicant)


def _stored(receipt: str) -> StoredReceipt:
    """The receipt, if it was given to this key or an admin asks. Raises UnknownRecord."""
    records, key = current_app.extensions["kith.records"], None if g.key.role == "admin" else g.key.owner
    receipt_writer().flush()
    end = time.monotonic() + PATIENCE
    while (found := receipts.find(records, receipt, key)) is None:
        if time.monotonic() >= end:
            raise UnknownRecord(f"this key was given no answer with the receipt {receipt[:LONGEST_ECHO]!r}")
        time.sleep(AGAIN)
    asked_about(json.loads(found.party))
    return found

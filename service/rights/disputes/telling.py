"""Telling those who were given answers that rested on a fact found wrong: a job of the server, by webhook."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

from sqlalchemy import Engine

from graph.stores.open import open_store
from service.job_worker import Progress
from service.records import webhooks
from service.records.jobs import Job
from service.rights.disputes.affected import affected
from service.rights.disputes.handling import Office
from service.settings import Settings


def tell(records: Engine, settings: Settings, job: Job, progress: Progress) -> Any:
    """How many answers rested on the fact of a dispute, and how many webhooks of their recipients are told.

    Each recipient is told of its own answers alone. Raises StateConflict, UnknownRecord.
    """
    with closing(open_store(settings.store)) as store:
        found = affected(Office(records, store, time.time()), settings, job.request["dispute"])
    told = 0
    for number, one in enumerate(found.answers, 1):
        said = one.to_json()
        del said["key"], said["to"]
        data = said | {"dispute": found.dispute}
        told += webhooks.publish(records, "receipt.corrected", data, time.time(), [one.party], one.key)
        progress(number, len(found.answers))
    return {"answers": len(found.answers), "told": told}

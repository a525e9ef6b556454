"""How many requests a key may make: each request under /v1 counts, whatever its answer."""

from __future__ import annotations

import time

from apiflask import APIFlask
from flask import current_app, g
from sqlalchemy.exc import SQLAlchemyError

from graph.errors import StoreUnavailable
from service.records.quotas import Quotas


def add_to(app: APIFlask) -> None:
    """Count the requests of keys that have a quota."""
    app.extensions["kith.quotas"] = Quotas(app.extensions["kith.records"])
    app.before_request(_take)


def _take() -> None:
    """Raises QuotaExceeded, StoreUnavailable."""
    key = g.get("key")
    if key is None or (key.per_minute is None and key.per_day is None):
        return
    try:
        current_app.extensions["kith.quotas"].take(key, time.time())
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database of the quotas does not answer; try again") from error

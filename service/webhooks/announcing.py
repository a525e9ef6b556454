"""Announcing to webhooks what a command did, where the installation has records of a service."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import make_url

from service.records import webhooks
from service.records.database import open_records, sqlite_file
from service.records.webhooks import EventType
from service.settings import Settings


def announce(settings: Settings, type: EventType, data: dict[str, Any]) -> int:
    """How many webhooks will get this event; 0 where nothing was ever served here, and no records are made for it."""
    file = sqlite_file(make_url(settings.records))
    if file is not None and not file.exists():
        return 0
    records = open_records(settings.records)
    try:
        return webhooks.publish(records, type, data, time.time())
    finally:
        records.dispose()

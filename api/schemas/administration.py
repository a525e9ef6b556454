"""Questions of those who run a service: jobs, the access log and webhooks."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from api.schemas.common import Cursor, Id, Text
from service.closed import Closed
from service.records.webhooks import EVENT_TYPES, EventType, Signature
from service.webhooks.sending import LONGEST_URL

URL: Final = r"^https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?/[A-Za-z0-9/_.~?=&%-]*$"
MOST_PARTIES: Final = 1_000


class JobListQuery(Closed):
    """Which jobs to list."""

    kind: Text | None = Field(None, description="Only jobs of this kind.")
    state: Literal["queued", "running", "done", "failed"] | None = Field(None, description="Only jobs in this state.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None


class AccessLogQuery(Closed):
    """Which lines of the access log to list."""

    party: Id | None = Field(None, description="Only what was asked about this party.")
    key: int | None = Field(None, ge=1, le=2**31 - 1, description="Only what was asked with the key of this number.")
    since: float | None = Field(None, allow_inf_nan=False, description="From this time on, in seconds since 1970.")
    until: float | None = Field(None, allow_inf_nan=False, description="Before this time, in seconds since 1970.")
    limit: int = Field(100, ge=1, le=1_000, description="How many on a page.")
    cursor: Cursor = None


class NewWebhook(Closed):
    """Where events are to be sent, and which."""

    url: Annotated[str, Field(max_length=LONGEST_URL, pattern=URL)] = Field(
        description="An address that begins with https."
    )
    types: Annotated[list[EventType], Field(min_length=1, max_length=len(EVENT_TYPES))] = Field(
        description="Which events are sent."
    )
    parties: Annotated[list[Id], Field(min_length=1, max_length=MOST_PARTIES)] | None = Field(
        None, description="Only events about these parties."
    )
    signature: Signature = Field("v1", description="How requests are signed: HMAC-SHA256 (v1) or Ed25519 (v1a).")


class DeliveryListQuery(Closed):
    """Which deliveries to list."""

    state: Literal["pending", "delivered", "dead"] | None = Field(None, description="Only those in this state.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None

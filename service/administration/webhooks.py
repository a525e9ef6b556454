"""Webhooks and their deliveries, as they are asked for and answered."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import Engine

from graph.errors import DoesNotFit, StateConflict, UnknownRecord
from graph.explore.neighbours import behind_the_last, position
from service.administration.jobs import BOUND
from service.closed import Closed
from service.records import webhooks
from service.records.webhooks import Delivery, EventType, Signature, Webhook
from service.webhooks.sending import address_of
from service.webhooks.signing import new_secret, public_key

OVERLAP: Final = 86_400.0  # seconds that a secret signs beside the one that replaced it
MOST: Final = 50  # webhooks of one key family


class WebhookAnswer(Closed):
    """A webhook; times are seconds since 1970. Its secret is shown once, when it is made."""

    webhook: str
    url: str
    types: tuple[EventType, ...]
    parties: tuple[str, ...] | None = Field(description="Only events about these parties; null: all.")
    signature: Signature = Field(description="v1: HMAC-SHA256 with a shared secret; v1a: Ed25519.")
    state: Literal["active", "disabled"] = Field(description="disabled: the receiver answered 410.")
    made: float
    public_key: str | None = Field(description="What v1a signatures are checked with.")
    old_secret_until: float | None = Field(description="Until then the secret before signs too.")


class NewSecret(Closed):
    """A webhook with a secret that is new."""

    webhook: WebhookAnswer
    secret: str = Field(description="What requests are signed with (v1: check them with it); it is not shown again.")


class WebhookList(Closed):
    """The webhooks of a key, the oldest first."""

    webhooks: tuple[WebhookAnswer, ...]


class DeliveryAnswer(Closed):
    """An event on its way to a webhook under the id that the receiver gets; times are seconds since 1970."""

    delivery: str
    webhook: str
    type: EventType
    state: Literal["pending", "delivered", "dead"] = Field(description="dead: given up after ten attempts, or a 410.")
    attempts: int
    made: float
    ended: float | None
    status: int | None = Field(description="What the receiver answered last.")
    error: str | None = Field(description="What went wrong last.")
    body: Any = Field(description="What is sent.")


class DeliveryPage(Closed):
    """Some of the deliveries asked for, the newest first; `next` is the cursor of the rest."""

    deliveries: tuple[DeliveryAnswer, ...]
    total: int
    next: str | None


def make_webhook(
    records: Engine,
    owner: int,
    url: str,
    types: Sequence[EventType],
    parties: Sequence[str] | None,
    signature: Signature,
    private: bool,
    now: float,
) -> NewSecret:
    """A new webhook with its secret. Raises UsageError, AccessError for an address that may not be asked, DoesNotFit,
    and StateConflict for one too many.
    """
    address_of(url, private)
    if "score.changed" in types and not parties:
        raise DoesNotFit("score.changed is told of parties that the webhook names; name them in `parties`")
    if len(webhooks.find(records, owner)) >= MOST:
        raise StateConflict(f"a key has at most {MOST} webhooks; delete one first")
    webhook = Webhook(
        id=f"wh_{secrets.token_hex(8)}",
        owner=owner,
        url=url,
        types=tuple(dict.fromkeys(types)),
        parties=None if parties is None else tuple(dict.fromkeys(parties)),
        signature=signature,
        secret=new_secret(signature),
        old_secret=None,
        old_until=None,
        state="active",
        made=now,
    )
    webhooks.add(records, webhook)
    return NewSecret(webhook=_answer(webhook), secret=webhook.secret)


def list_webhooks(records: Engine, owner: int | None) -> WebhookList:
    """The webhooks of an owner (None: all)."""
    return WebhookList(webhooks=tuple(_answer(webhook) for webhook in webhooks.find(records, owner)))


def read_webhook(records: Engine, id: str, owner: int | None) -> WebhookAnswer:
    """A webhook of an owner (None: of anybody). Raises UnknownRecord."""
    return _answer(_found(records, id, owner))


def delete_webhook(records: Engine, id: str, owner: int | None) -> WebhookAnswer:
    """The webhook that was deleted. Raises UnknownRecord."""
    webhook = _found(records, id, owner)
    webhooks.remove(records, id)
    return _answer(webhook)


def rotate_secret(records: Engine, id: str, owner: int | None, now: float) -> NewSecret:
    """The webhook with a new secret, beside which the one before signs for a day.

    Raises UnknownRecord, and StateConflict where somebody else replaced it at the same moment.
    """
    webhook = _found(records, id, owner)
    secret = new_secret(webhook.signature)
    if not webhooks.replace_secret(records, webhook, secret, now + OVERLAP):
        raise StateConflict("the secret of this webhook was replaced at the same moment; look at it again")
    newer = replace(webhook, secret=secret, old_secret=webhook.secret, old_until=now + OVERLAP)
    return NewSecret(webhook=_answer(newer), secret=secret)


def list_deliveries(
    records: Engine, owner: int | None, state: str | None, limit: int, cursor: str | None
) -> DeliveryPage:
    """The deliveries of an owner (None: of all), the newest first. Raises StaleCursor."""
    asked = question(owner, state)
    start = position(f"{asked}-", cursor, BOUND)
    found, total = webhooks.deliveries(records, owner, state, limit, start)
    if start > total:
        raise behind_the_last()
    following = f"{asked}-{start + limit}" if start + limit < total else None
    return DeliveryPage(deliveries=tuple(map(_delivered, found)), total=total, next=following)


def question(owner: int | None, state: str | None) -> str:
    """What the cursors of a question begin with."""
    return hashlib.sha256(repr((owner, state)).encode()).hexdigest()[:16]


def send_again(records: Engine, id: str, owner: int | None, now: float) -> DeliveryAnswer:
    """A dead delivery that begins anew. Raises UnknownRecord, and StateConflict for one that is not dead."""
    delivery = webhooks.delivery(records, id)
    if delivery is None or owner not in (None, delivery.owner):
        raise UnknownRecord("there is no such delivery, or it is not of this key")
    if not webhooks.send_again(records, delivery, now):
        raise StateConflict("only a dead delivery can be sent again")
    return _delivered(replace(delivery, state="pending", attempts=0, ended=None))


def _found(records: Engine, id: str, owner: int | None) -> Webhook:
    webhook = webhooks.get(records, id)
    if webhook is None or owner not in (None, webhook.owner):
        raise UnknownRecord("there is no such webhook, or it is not of this key")
    return webhook


def _answer(webhook: Webhook) -> WebhookAnswer:
    return WebhookAnswer(
        webhook=webhook.id,
        url=webhook.url,
        types=webhook.types,
        parties=webhook.parties,
        signature=webhook.signature,
        state=webhook.state,
        made=webhook.made,
        public_key=public_key(webhook.secret),
        old_secret_until=webhook.old_until,
    )


def _delivered(delivery: Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(
        delivery=delivery.id,
        webhook=delivery.webhook,
        type=delivery.type,
        state=delivery.state,
        attempts=delivery.attempts,
        made=delivery.made,
        ended=delivery.ended,
        status=delivery.status,
        error=delivery.error,
        body=json.loads(delivery.body),
    )

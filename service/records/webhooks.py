"""Webhooks as they are kept, and the events on their way to them.

`publish` writes an event down for each webhook that wants it, together with a job that sends it: within the transaction
of what happened, so that nothing is told that did not happen, and nothing that happened is forgotten.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from service.records import jobs
from service.records.tables import DeliveryRow, ToldScoreRow, WebhookRow

EventType = Literal["model.promoted", "snapshot.published", "score.changed", "receipt.corrected", "list_entry.ended"]
EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)
Signature = Literal["v1", "v1a"]  # HMAC-SHA256, Ed25519
JOB: Final = "webhook_delivery"  # the kind of the jobs that send
KEPT: Final = 30 * 86_400.0  # seconds that an ended delivery can be looked up


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events of some types are sent. parties: only events about these; None: all. Times: seconds since 1970.

    secret: what signs, as the standard writes it; old_secret signs too until old_until. state: active or disabled.
    """

    id: str
    owner: int
    url: str
    types: tuple[EventType, ...]
    parties: tuple[str, ...] | None
    signature: Signature
    secret: str
    old_secret: str | None
    old_until: float | None
    state: Literal["active", "disabled"]
    made: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way: `id` is the same at each attempt. state: pending, delivered or dead."""

    id: str
    webhook: str
    owner: int
    type: EventType
    body: str
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    made: float
    ended: float | None
    status: int | None
    error: str | None


def add(records: Engine, webhook: Webhook) -> None:
    """Keep a new webhook."""
    with Session(records) as session, session.begin():
        session.add(
            WebhookRow(
                id=webhook.id,
                owner=webhook.owner,
                url=webhook.url,
                types=json.dumps(webhook.types),
                parties=None if webhook.parties is None else json.dumps(webhook.parties),
                signature=webhook.signature,
                secret=webhook.secret,
                state=webhook.state,
                made=webhook.made,
            )
        )


def get(records: Engine, id: str) -> Webhook | None:
    """The webhook of this id, or None."""
    with Session(records) as session:
        row = session.get(WebhookRow, id)
        return None if row is None else _webhook(row)


def find(records: Engine, owner: int | None) -> list[Webhook]:
    """The webhooks of an owner (None: all), the oldest first."""
    chosen = select(WebhookRow).order_by(WebhookRow.made, WebhookRow.id)
    if owner is not None:
        chosen = chosen.where(WebhookRow.owner == owner)
    with Session(records) as session:
        return [_webhook(row) for row in session.scalars(chosen)]


def remove(records: Engine, id: str) -> None:
    """Forget a webhook; what is on its way to it is dead."""
    with Session(records) as session, session.begin():
        session.execute(delete(WebhookRow).where(WebhookRow.id == id))


def disable(records: Engine, id: str) -> None:
    """Send nothing more to a webhook."""
    with Session(records) as session, session.begin():
        session.execute(update(WebhookRow).where(WebhookRow.id == id).values(state="disabled"))


def replace_secret(records: Engine, webhook: Webhook, secret: str, until: float) -> bool:
    """Whether the secret was replaced: not where somebody else did it meanwhile. The old one signs until a time."""
    with Session(records) as session, session.begin():
        done = session.execute(
            update(WebhookRow)
            .where(WebhookRow.id == webhook.id, WebhookRow.secret == webhook.secret)
            .values(secret=secret, old_secret=webhook.secret, old_until=until)
        )
        return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def publish(
    records: Engine,
    type: EventType,
    data: dict[str, Any],
    now: float,
    about: Collection[str] = (),
    owner: int | None = None,
) -> int:
    """How many webhooks will get this event.

    about: the parties that it is about, if any. owner: whose webhooks alone get it, None for everybody's.
    """
    with Session(records) as session, session.begin():
        return publish_within(session, type, data, now, about, owner)


def publish_within(
    session: Session,
    type: EventType,
    data: dict[str, Any],
    now: float,
    about: Collection[str] = (),
    owner: int | None = None,
) -> int:
    """How many webhooks will get this event, if the transaction that it is written within succeeds."""
    time = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = json.dumps({"type": type, "timestamp": time, "data": data}, separators=(",", ":"))
    wanted = [
        webhook
        for webhook in map(_webhook, session.scalars(select(WebhookRow).where(WebhookRow.state == "active")))
        if type in webhook.types
        and owner in (None, webhook.owner)
        and (webhook.parties is None or not about or set(webhook.parties) & set(about))
    ]
    session.execute(delete(DeliveryRow).where(DeliveryRow.ended < now - KEPT))
    for webhook in wanted:
        id = f"msg_{secrets.token_hex(16)}"
        session.add(
            DeliveryRow(
                id=id,
                webhook=webhook.id,
                owner=webhook.owner,
                type=type,
                body=body,
                state="pending",
                attempts=0,
                made=now,
            )
        )
        jobs.add(session, JOB, {"delivery": id}, None, now)
    return len(wanted)


def watched(records: Engine) -> dict[int, list[str]]:
    """The parties of whose scores the webhooks of each owner want to be told, ascending."""
    found: dict[int, set[str]] = {}
    for webhook in find(records, None):
        if webhook.state == "active" and "score.changed" in webhook.types and webhook.parties:
            found.setdefault(webhook.owner, set()).update(webhook.parties)
    return {owner: sorted(found[owner]) for owner in sorted(found)}


def tell_score(
    records: Engine, owner: int, party: str, purpose: str, figures: dict[str, Any], said: dict[str, Any], now: float
) -> bool:
    """Whether the figures of a score differ from those told last, so that the owner's webhooks get `score.changed`.

    The first figures are kept and not told. said: what is sent beside the figures and those before.
    """
    with Session(records) as session, session.begin():
        row = session.get(ToldScoreRow, (owner, party, purpose), with_for_update=True)
        text = json.dumps(figures, sort_keys=True)
        if row is None:
            session.add(ToldScoreRow(owner=owner, party=party, purpose=purpose, figures=text))
            return False
        if row.figures == text:
            return False
        data = {**said, **figures, "before": json.loads(row.figures)}
        publish_within(session, "score.changed", data, now, [party], owner)
        row.figures = text
        return True


def delivery(records: Engine, id: str) -> Delivery | None:
    """The delivery of this id, or None."""
    with Session(records) as session:
        row = session.get(DeliveryRow, id)
        return None if row is None else _delivery(row)


def deliveries(
    records: Engine, owner: int | None, state: str | None, limit: int, start: int = 0
) -> tuple[list[Delivery], int]:
    """Some of the deliveries of an owner (None: of all), the newest first, and how many there are."""
    chosen = select(DeliveryRow)
    if owner is not None:
        chosen = chosen.where(DeliveryRow.owner == owner)
    if state is not None:
        chosen = chosen.where(DeliveryRow.state == state)
    with Session(records) as session:
        total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        rows = session.scalars(chosen.order_by(DeliveryRow.made.desc(), DeliveryRow.id).offset(start).limit(limit))
        return [_delivery(row) for row in rows], total


def note_attempt(
    records: Engine, id: str, state: str, attempts: int, status: int | None, error: str | None, now: float
) -> None:
    """Write down what came of an attempt; a state other than pending ends the delivery."""
    with Session(records) as session, session.begin():
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == id)
            .values(
                state=state,
                attempts=attempts,
                status=status,
                error=error,
                ended=None if state == "pending" else now,
            )
        )


def send_again(records: Engine, delivery: Delivery, now: float) -> bool:
    """Whether a dead delivery begins anew: not where somebody else did it meanwhile."""
    with Session(records) as session, session.begin():
        done = session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery.id, DeliveryRow.state == "dead")
            .values(state="pending", attempts=0, ended=None)
        )
        if done.rowcount != 1:  # type: ignore[attr-defined]
            return False
        jobs.add(session, JOB, {"delivery": delivery.id}, None, now)
        return True


def _webhook(row: WebhookRow) -> Webhook:
    types: Sequence[EventType] = json.loads(row.types)
    return Webhook(
        id=row.id,
        owner=row.owner,
        url=row.url,
        types=tuple(types),
        parties=None if row.parties is None else tuple(json.loads(row.parties)),
        signature=row.signature,  # type: ignore[arg-type]
        secret=row.secret,
        old_secret=row.old_secret,
        old_until=row.old_until,
        state=row.state,  # type: ignore[arg-type]
        made=row.made,
    )


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(**{name: getattr(row, name) for name in Delivery.__slots__})

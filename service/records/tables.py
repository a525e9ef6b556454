"""What the service itself must remember, as SQLAlchemy tables; `migrations` makes them in a database.

Texts that people write stand in JSON columns (ASCII, escaped), so that any character can be kept by any database.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """The root of the tables."""


class KeyRow(Table):
    """A key: `prefix` finds it, `digest` (SHA-256, hex) checks it; the key itself is kept nowhere.

    family: the first key of those that were rotated into each other, None of the first itself.
    """

    __tablename__ = "key"

    id: Mapped[int] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(32))
    purposes: Mapped[str] = mapped_column(String(500))
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    name: Mapped[str | None] = mapped_column(String(200))
    expires: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    family: Mapped[int | None] = mapped_column(Integer)
    per_minute: Mapped[int | None] = mapped_column(Integer)
    per_day: Mapped[int | None] = mapped_column(Integer)
    sandbox: Mapped[bool] = mapped_column(Boolean)
    party: Mapped[str | None] = mapped_column(String(1024))
    assurance: Mapped[str | None] = mapped_column(String(16))


class KeyUseRow(Table):
    """How many requests of a key family were let in since `start` (seconds since 1970), of a span of so many."""

    __tablename__ = "key_use"

    family: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    span: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    start: Mapped[int] = mapped_column(Integer)
    used: Mapped[int] = mapped_column(Integer)


class SessionRow(Table):
    """A session that was opened with a key; `digest` is the SHA-256 (hex) of what the browser holds."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    key: Mapped[int] = mapped_column(ForeignKey("key.id"))
    opened: Mapped[float] = mapped_column(Float)
    used: Mapped[float] = mapped_column(Float)
    ended: Mapped[float | None] = mapped_column(Float)


class CaseRow(Table):
    """A case: `content` is JSON, the other columns repeat what cases are looked up by."""

    __tablename__ = "case"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), index=True)
    assignee: Mapped[str | None] = mapped_column(String(200), index=True)
    opened: Mapped[float] = mapped_column(Float)
    changed: Mapped[float] = mapped_column(Float)
    content: Mapped[str] = mapped_column(Text)


class CasePartyRow(Table):
    """A party of a case."""

    __tablename__ = "case_party"

    case: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    party: Mapped[str] = mapped_column(String(1024), primary_key=True, index=True)


class CaseViewRow(Table):
    """A view that is evidence of a case."""

    __tablename__ = "case_view"

    case: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    view: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


class AlertRow(Table):
    """An alert: `finding` is what was found (JSON, never changed), `work` what people did with it (JSON)."""

    __tablename__ = "alert"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(32))
    level: Mapped[str | None] = mapped_column(String(16))
    strength: Mapped[float] = mapped_column(Float, index=True)
    made: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16), index=True)
    assignee: Mapped[str | None] = mapped_column(String(200))
    snoozed_until: Mapped[float | None] = mapped_column(Float)
    finding: Mapped[str] = mapped_column(Text)
    work: Mapped[str] = mapped_column(Text)


class AlertPartyRow(Table):
    """A party that an alert is about."""

    __tablename__ = "alert_party"

    alert: Mapped[str] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    party: Mapped[str] = mapped_column(String(1024), primary_key=True, index=True)


class AlertSearchRow(Table):
    """A search for alerts that is done: what was compared, and how many parties its budget left out."""

    __tablename__ = "alert_search"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    before: Mapped[str | None] = mapped_column(String(64))
    made: Mapped[float] = mapped_column(Float)
    left_out: Mapped[int] = mapped_column(Integer)


class EventLookRow(Table):
    """How far the events after a snapshot were looked through for alerts."""

    __tablename__ = "event_look"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger)
    left_out: Mapped[int] = mapped_column(Integer)
    made: Mapped[float] = mapped_column(Float, index=True)
    seconds: Mapped[float] = mapped_column(Float)


class ActRow(Table):
    """One act on a case or an alert (`about`), numbered within it. old, new: JSON. Rows are only ever added."""

    __tablename__ = "act"
    __table_args__ = (Index("ix_act_subject", "about", "subject", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(Integer)
    time: Mapped[float] = mapped_column(Float)
    by: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(32))
    old: Mapped[str] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)


class ViewRow(Table):
    """A view under the SHA-256 of its content."""

    __tablename__ = "view"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    made: Mapped[float] = mapped_column(Float)


class ViewOwnerRow(Table):
    """A person who made a view."""

    __tablename__ = "view_owner"

    view: Mapped[str] = mapped_column(ForeignKey("view.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String(200), primary_key=True)


class JobRow(Table):
    """A piece of work. request, checkpoint, result: JSON. `worker` has it until `lease`; times: seconds since 1970."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_due", "state", "due"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    owner: Mapped[int | None] = mapped_column(Integer, index=True)
    request: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    losses: Mapped[int] = mapped_column(Integer)
    made: Mapped[float] = mapped_column(Float, index=True)
    due: Mapped[float] = mapped_column(Float)
    worker: Mapped[str | None] = mapped_column(String(32))
    lease: Mapped[float | None] = mapped_column(Float)
    done: Mapped[int] = mapped_column(Integer)
    total: Mapped[int | None] = mapped_column(Integer)
    checkpoint: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(String(500))
    ended: Mapped[float | None] = mapped_column(Float)


class AccessRow(Table):
    """A line of the access log: `content` (JSON) is what `digest` chains, the other columns repeat parts of it."""

    __tablename__ = "access"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[float] = mapped_column(Float, index=True)
    key: Mapped[int | None] = mapped_column(Integer, index=True)
    content: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))


class AccessPartyRow(Table):
    """A party that a line of the access log is about, as the SHA-256 (hex) of its id."""

    __tablename__ = "access_party"

    number: Mapped[int] = mapped_column(ForeignKey("access.number"), primary_key=True)
    party: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


class AccessHeadRow(Table):
    """The one row that says how long the access log is and what its last digest is; who adds to the log holds it."""

    __tablename__ = "access_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))


class IdempotentRequestRow(Table):
    """A request under the name that its sender chose: pending until `lease`; None: its answer is kept."""

    __tablename__ = "idempotent_request"

    owner: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    made: Mapped[float] = mapped_column(Float, index=True)
    lease: Mapped[float | None] = mapped_column(Float)
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


class WebhookRow(Table):
    """Where events are sent: types, parties (JSON lists; NULL: all). The old secret signs too until `old_until`."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[int] = mapped_column(Integer, index=True)
    url: Mapped[str] = mapped_column(String(2000))
    types: Mapped[str] = mapped_column(Text)
    parties: Mapped[str | None] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(8))
    secret: Mapped[str] = mapped_column(String(100))
    old_secret: Mapped[str | None] = mapped_column(String(100))
    old_until: Mapped[float | None] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16))
    made: Mapped[float] = mapped_column(Float)


class DeliveryRow(Table):
    """An event on its way to a webhook, under the id that the receiver reads; `body` is sent as it stands."""

    __tablename__ = "delivery"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook: Mapped[str] = mapped_column(String(32), index=True)
    owner: Mapped[int] = mapped_column(Integer, index=True)
    type: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), index=True)
    attempts: Mapped[int] = mapped_column(Integer)
    made: Mapped[float] = mapped_column(Float, index=True)
    ended: Mapped[float | None] = mapped_column(Float, index=True)
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(500))


class ToldScoreRow(Table):
    """What the webhooks of a key were told last of the score of a party for a purpose (JSON)."""

    __tablename__ = "told_score"

    owner: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party: Mapped[str] = mapped_column(String(1024), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(100), primary_key=True)
    figures: Mapped[str] = mapped_column(Text)


class PolicyRow(Table):
    """The rules of a purpose (JSON) under their SHA-256, as they were when an answer was given."""

    __tablename__ = "policy"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    rules: Mapped[str] = mapped_column(Text)


class ReceiptRow(Table):
    """A receipt of an answer that was given to a key, with all that is needed to give it again.

    party and question: JSON. time: when it was first given (seconds since 1970). snapshot and base_revision: what it
    was answered from; revision: up to which change. sha256: of the answer's bytes.
    """

    __tablename__ = "receipt"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[int] = mapped_column(ForeignKey("key.id"), primary_key=True)
    time: Mapped[float] = mapped_column(Float)
    party: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    policy: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[str] = mapped_column(String(64))
    base_revision: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[float | None] = mapped_column(Float)
    model: Mapped[str] = mapped_column(String(64))
    odds0: Mapped[float] = mapped_column(Float)
    engine: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))


class PairDayRow(Table):
    """How many different pairs a key asked about on a day (UTC, days since 1970)."""

    __tablename__ = "pair_day"

    key: Mapped[int] = mapped_column(ForeignKey("key.id"), primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True)
    pairs: Mapped[int] = mapped_column(Integer)


class PairRow(Table):
    """A pair of parties that a key asked about on a day, as the SHA-256 of both ids."""

    __tablename__ = "pair"

    key: Mapped[int] = mapped_column(ForeignKey("key.id"), primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)


class ShadowRow(Table):
    """How many scores of a model in shadow differ so much from those of the model that served; see records.shadow."""

    __tablename__ = "shadow"

    live: Mapped[str] = mapped_column(String(64), primary_key=True)
    shadow: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(100), primary_key=True)
    assessed: Mapped[str] = mapped_column(String(16), primary_key=True)
    difference: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Integer)
    levels: Mapped[int] = mapped_column(Integer)
    decisions: Mapped[int] = mapped_column(Integer)
    total: Mapped[float] = mapped_column(Float)
    first: Mapped[float] = mapped_column(Float)
    last: Mapped[float] = mapped_column(Float)

"""What the service itself must remember, as SQLAlchemy tables; `migrations` makes them in a database.

Texts that people write stand in JSON columns (ASCII, escaped), so that any character can be kept by any database.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """The root of the tables."""


class KeyRow(Table):
    """A key: `prefix` finds it, `digest` (SHA-256, hex) checks it; the key itself is kept nowhere."""

    __tablename__ = "key"

    id: Mapped[int] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(32))
    purposes: Mapped[str] = mapped_column(String(500))
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    name: Mapped[str | None] = mapped_column(String(200))


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

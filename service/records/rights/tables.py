"""The tables of disputes, of what was told to parties, and of what policies and parties ask to be left out."""

from __future__ import annotations

from sqlalchemy import Float, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.tables import Table


class DisputeRow(Table):
    """A dispute: `content` is JSON, the other columns repeat what disputes are looked up by.

    due: when the next thing has to be done (seconds since 1970), None where nothing has a clock.
    """

    __tablename__ = "dispute"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20), index=True)
    party: Mapped[str] = mapped_column(String(64), index=True)
    due: Mapped[float | None] = mapped_column(Float, index=True)
    content: Mapped[str] = mapped_column(Text)


class ToldRow(Table):
    """What was told to a party: a notice or a report (`content`, JSON) with its SHA-256, kept until a time.

    party: the SHA-256 (hex) of its id, which any database can index. about: what it is about, such as a receipt.
    """

    __tablename__ = "told"

    id: Mapped[int] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    about: Mapped[str] = mapped_column(String(64), index=True)
    made: Mapped[float] = mapped_column(Float)
    kept_until: Mapped[float] = mapped_column(Float, index=True)
    by: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)


class ListEntryRow(Table):
    """An entry of a blacklist: `content` is JSON; party: the SHA-256 (hex) of its id; ends: seconds since 1970."""

    __tablename__ = "list_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), index=True)
    party: Mapped[str] = mapped_column(String(64), index=True)
    ends: Mapped[float] = mapped_column(Float, index=True)
    content: Mapped[str] = mapped_column(Text)


class MatterRow(Table):
    """A suppression rule, a statement or an objection: `content` is JSON.

    party: the SHA-256 (hex) of the id of whom it is about, None of a rule.
    """

    __tablename__ = "matter"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20), index=True)
    party: Mapped[str | None] = mapped_column(String(64), index=True)
    content: Mapped[str] = mapped_column(Text)

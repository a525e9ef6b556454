"""What the service itself must remember, as SQLAlchemy tables: an SQLite file by default, PostgreSQL by URL."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import DateTime, Engine, String, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from graph.errors import StoreUnavailable, UsageError


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


def open_records(url: str) -> Engine:
    """Connect and create what is missing. Raises UsageError, StoreUnavailable."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        Table.metadata.create_all(engine)
    except ArgumentError as error:
        raise UsageError("KITH_RECORDS_URL is no database URL; write sqlite:///path or postgresql://...") from error
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise StoreUnavailable(
            f"the records database cannot be opened ({type(error).__name__}); check its URL"
        ) from error
    return engine

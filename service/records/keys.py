"""API keys: `kith_PREFIX_SECRET_CHECKSUM`, bound to a role, purposes and a person, kept only as a SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from graph.errors import KeyRefused, StoreUnavailable, UsageError
from graph.purposes import Purpose, purpose_named
from service.records.tables import KeyRow

# The purposes of a key of each role that is made without naming any.
DEFAULT_PURPOSES: Final[Mapping[str, frozenset[str]]] = {
    "service": frozenset({"lending"}),
    "investigator": frozenset({"fraud_investigation"}),
    "admin": frozenset({"fraud_investigation"}),
}
ROLES: Final = tuple(DEFAULT_PURPOSES)
EVERY_PURPOSE: Final = "all"
LONGEST_NAME: Final = 200  # characters of a person's name


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `purposes` are those it may ask for, `name` the person or program it belongs to."""

    id: int
    prefix: str
    role: str
    purposes: frozenset[str]
    created: datetime
    revoked: datetime | None
    name: str | None


def create(
    records: Engine,
    purposes: Mapping[str, Purpose],
    role: str,
    named: Iterable[str] = (),
    name: str | None = None,
) -> tuple[str, Key]:
    """The text of a new key, and the key: for a role and the named of `purposes`, `all` for every one.

    Where none is named it has those of DEFAULT_PURPOSES. name: whose key it is; the same name is the same person. The
    text is shown once and cannot be had again. Raises UsageError for an unknown role or an empty name, UnknownPurpose.
    """
    if role not in ROLES:
        raise UsageError(f"no role is called {role!r}; there are {', '.join(ROLES)}")
    asked = set(named)
    given = set(purposes) if EVERY_PURPOSE in asked else set()
    given |= {purpose_named(name, purposes).name for name in asked - {EVERY_PURPOSE}}
    prefix, secret = secrets.token_hex(4), secrets.token_hex(16)
    text = _with_checksum(f"kith_{prefix}_{secret}")
    row = KeyRow(
        prefix=prefix,
        digest=_digest(text),
        role=role,
        purposes=" ".join(sorted(given or DEFAULT_PURPOSES[role])),
        created=datetime.now(UTC),
        revoked=None,
        name=None if name is None else person(name),
    )
    with Session(records) as session, session.begin():
        session.add(row)
        session.flush()
        return text, key_of(row)


def person(name: str) -> str:
    """A person's name in its one writing (NFC, single spaces). Raises UsageError for an empty or an overlong one."""
    written = " ".join(unicodedata.normalize("NFC", name).split())
    if not written.isprintable() or not 0 < len(written) <= LONGEST_NAME:
        raise UsageError(f"a name has 1 to {LONGEST_NAME} characters that can be printed")
    return written


def verify(records: Engine, text: str) -> Key:
    """The key of this text. Raises KeyRefused for one that is malformed, unknown or revoked, StoreUnavailable."""
    parts = text.split("_")
    if len(parts) != 4 or not hmac.compare_digest(_with_checksum("_".join(parts[:3])).encode(), text.encode()):
        raise KeyRefused("this is no Kith key; copy it whole, from kith_ to its last character")
    try:
        with Session(records) as session:
            row = session.scalar(select(KeyRow).where(KeyRow.prefix == parts[1]))
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database of the keys does not answer; try again") from error
    if row is None or not hmac.compare_digest(row.digest, _digest(text)):
        raise KeyRefused("this key is unknown here; make one with `kith keys create`")
    if row.revoked is not None:
        raise KeyRefused("this key was revoked; make one with `kith keys create`")
    return key_of(row)


def all_keys(records: Engine) -> list[Key]:
    """Every key, oldest first."""
    with Session(records) as session:
        return [key_of(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.id))]


def revoke(records: Engine, id: int) -> None:
    """Refuse this key from now on. Raises UsageError for an unknown one."""
    with Session(records) as session, session.begin():
        row = session.get(KeyRow, id)
        if row is None:
            raise UsageError(f"there is no key {id}; `kith keys list` names them")
        row.revoked = row.revoked or datetime.now(UTC)


def _with_checksum(text: str) -> str:
    return f"{text}_{zlib.crc32(text.encode()):08x}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(row: KeyRow) -> Key:
    """The key of a row."""
    purposes = frozenset(row.purposes.split())
    return Key(row.id, row.prefix, row.role, purposes, utc(row.created), row.revoked and utc(row.revoked), row.name)


def utc(moment: datetime) -> datetime:
    """The moment with its zone: SQLite forgets it, and every time in the records is UTC."""
    return moment.replace(tzinfo=UTC)

"""API keys: `kith_PREFIX_SECRET_CHECKSUM`, bound to a role, purposes and a person, kept only as a SHA-256.

Where a server has several institutions the prefix begins with the name of one: `kith_NAME.PREFIX_...`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from graph.errors import KeyRefused, StoreUnavailable, UsageError
from graph.purposes import Purpose, purpose_named
from service.records import audit
from service.records.audit import Access
from service.records.tables import KeyRow

# The purposes of a key of each role that is made without naming any.
DEFAULT_PURPOSES: Final[Mapping[str, frozenset[str]]] = {
    "service": frozenset({"lending"}),
    "investigator": frozenset({"fraud_investigation"}),
    "admin": frozenset({"fraud_investigation"}),
    "subject": frozenset(),
}
ROLES: Final = tuple(DEFAULT_PURPOSES)
# How it was checked that the holder of a subject's key is that party; by the first nobody is known yet.
ASSURANCES: Final = ("declared", "document", "bank", "in_person")
EVERY_PURPOSE: Final = "all"
LONGEST_NAME: Final = 200  # characters of a person's name
USE_GRAIN: Final = timedelta(minutes=1)  # a later use is written down only after so much time
UNKNOWN: Final = "this key is unknown here; make one with `kith keys create`"
COMMAND_LINE: Final = "command line"  # who changes keys there, unless somebody is named


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `purposes` are those it may ask for, `name` the person or program it belongs to.

    expires: from when on it is refused. used: when it was used last, to the minute. per_minute, per_day: how many
    requests it may make. sandbox: it is answered from test parties alone. owner: the first of the keys that were
    rotated into this one; what a key began belongs to all of them. party, assurance: of a key of the role subject, the
    party and how it was checked.
    """

    id: int
    prefix: str
    role: str
    purposes: frozenset[str]
    created: datetime
    revoked: datetime | None
    name: str | None
    expires: datetime | None
    used: datetime | None
    per_minute: int | None
    per_day: int | None
    sandbox: bool
    owner: int
    party: str | None
    assurance: str | None

    def state(self, now: datetime) -> str:
        """valid, revoked or expired."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a new key may not do: be used after `expires`, ask more often, see more than test parties."""

    expires: datetime | None = None
    per_minute: int | None = None
    per_day: int | None = None
    sandbox: bool = False


UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class Holder:
    """The party that a key of the role subject is bound to, and how its identity was checked, one of ASSURANCES."""

    party: str
    assurance: str


def create(
    records: Engine,
    purposes: Mapping[str, Purpose],
    role: str,
    named: Iterable[str] = (),
    name: str | None = None,
    limits: Limits = UNLIMITED,
    by: str = COMMAND_LINE,
    holder: Holder | None = None,
    tenant: str | None = None,
) -> tuple[str, Key]:
    """The text of a new key, and the key: for a role and the named of `purposes`, `all` for every one.

    Where none is named it has those of DEFAULT_PURPOSES. name: whose key it is; the same name is the same person. by:
    who makes it, for the access log. holder: of a key of the role subject, which alone has one. tenant: the institution
    whose records these are, where a server has several. The text is shown once and cannot be had again.
    Raises UsageError for an unknown role, an empty name, a missing holder or limits that leave nothing, UnknownPurpose.
    """
    if role not in ROLES:
        raise UsageError(f"no role is called {role!r}; there are {', '.join(ROLES)}")
    _refuse_holder(role, holder, named := tuple(named))
    asked = set(named)
    given = set(purposes) if EVERY_PURPOSE in asked else set()
    given |= {purpose_named(name, purposes).name for name in asked - {EVERY_PURPOSE}}
    now = datetime.now(UTC)
    _refuse_empty(role, limits, now)
    text, row = _new(now, tenant)
    row.role = role
    row.purposes = " ".join(sorted(given or DEFAULT_PURPOSES[role]))
    row.name = None if name is None else person(name)
    row.expires, row.per_minute, row.per_day = limits.expires, limits.per_minute, limits.per_day
    row.sandbox = limits.sandbox
    if holder is not None:
        row.party, row.assurance = holder.party, holder.assurance
    with Session(records) as session, session.begin():
        session.add(row)
        session.flush()
        _log(session, "key.created", row, by, now)
        return text, key_of(row)


def rotate(
    records: Engine, id: int, overlap: timedelta, by: str = COMMAND_LINE, tenant: str | None = None
) -> tuple[str, Key]:
    """The text of a key that takes the place of another, and the key: it may do the same and owns what that one began.

    The other expires after the overlap. One that was to expire has a successor that lives as long as it was made for.
    Raises UsageError for an unknown key, and for one that is revoked or expired.
    """
    now = datetime.now(UTC)
    text, row = _new(now, tenant)
    with Session(records) as session, session.begin():
        old = _row(session, id)
        before = key_of(old)
        if before.state(now) != "valid":
            raise UsageError(f"key {id} is {before.state(now)}; make another with `kith keys create`")
        row.role, row.purposes, row.name, row.sandbox = old.role, old.purposes, old.name, old.sandbox
        row.party, row.assurance = old.party, old.assurance
        row.per_minute, row.per_day, row.family = old.per_minute, old.per_day, before.owner
        row.expires = None if before.expires is None else now + (before.expires - before.created)
        old.expires = min(now + overlap, before.expires or now + overlap)
        session.add(row)
        session.flush()
        _log(session, "key.rotated", row, by, now, {"replaces": id})
        return text, key_of(row)


def person(name: str) -> str:
    """A person's name in its one writing (NFC, single spaces). Raises UsageError for an empty or an overlong one."""
    written = " ".join(unicodedata.normalize("NFC", name).split())
    if not written.isprintable() or not 0 < len(written) <= LONGEST_NAME:
        raise UsageError(f"a name has 1 to {LONGEST_NAME} characters that can be printed")
    return written


def verify(records: Engine, text: str) -> Key:
    """The key of this text.

    Raises KeyRefused for one that is malformed, unknown, revoked or expired, StoreUnavailable.
    """
    prefix = _parts(text)[1].rpartition(".")[2]
    try:
        with Session(records) as session:
            row = session.scalar(select(KeyRow).where(KeyRow.prefix == prefix))
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database of the keys does not answer; try again") from error
    if row is None or not hmac.compare_digest(row.digest, _digest(text)):
        raise KeyRefused(UNKNOWN)
    key = key_of(row)
    refuse_over(key, "this key")
    return key


def refuse_unknown(text: str) -> NoReturn:
    """What is said to a key where there are none. Raises KeyRefused."""
    _parts(text)
    raise KeyRefused(UNKNOWN)


def tenant_of(text: str) -> str:
    """The institution that a key names, "" for none. It chooses whose records check the key and proves nothing."""
    return f"{text}_".split("_")[1].rpartition(".")[0]


def _parts(text: str) -> list[str]:
    """The parts of a key. Raises KeyRefused for a malformed one."""
    parts = text.split("_")
    checked = _with_checksum("_".join(parts[:3])).encode("utf-8", "surrogatepass")
    if len(parts) != 4 or not hmac.compare_digest(checked, text.encode("utf-8", "surrogatepass")):
        raise KeyRefused("this is no Kith key; copy it whole, from kith_ to its last character")
    return parts


def refuse_over(key: Key, called: str) -> None:
    """Raises KeyRefused for a key that was revoked or has expired; `called` is what its owner knows it as."""
    state = key.state(datetime.now(UTC))
    if state != "valid":
        happened = "was revoked" if state == "revoked" else "has expired"
        raise KeyRefused(f"{called} {happened}; make one with `kith keys create`")


def note_uses(records: Engine, last: Mapping[int, float]) -> None:
    """Write down when keys (ids) were used last (seconds since 1970), at most once a minute each."""
    with Session(records) as session, session.begin():
        for id, time in sorted(last.items()):
            used = datetime.fromtimestamp(time, UTC)
            session.execute(
                update(KeyRow)
                .where(KeyRow.id == id, or_(KeyRow.used.is_(None), KeyRow.used < used - USE_GRAIN))
                .values(used=used)
                .execution_options(synchronize_session=False)
            )


def all_keys(records: Engine) -> list[Key]:
    """Every key, oldest first."""
    with Session(records) as session:
        return [key_of(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.id))]


def revoke(records: Engine, id: int, by: str = COMMAND_LINE) -> None:
    """Refuse this key from now on. Raises UsageError for an unknown one."""
    now = datetime.now(UTC)
    with Session(records) as session, session.begin():
        row = _row(session, id)
        if row.revoked is None:
            row.revoked = now
            _log(session, "key.revoked", row, by, now)


def _row(session: Session, id: int) -> KeyRow:
    row = session.get(KeyRow, id) if 0 < id < 2**31 else None
    if row is None:
        raise UsageError(f"there is no key {id}; `kith keys list` names them")
    return row


def _new(now: datetime, tenant: str | None) -> tuple[str, KeyRow]:
    """The text of a new key, and its row as far as it follows from it; the digest covers the institution too."""
    prefix, secret = secrets.token_hex(4), secrets.token_hex(16)
    of = "" if tenant is None else f"{tenant}."
    text = _with_checksum(f"kith_{of}{prefix}_{secret}")
    return text, KeyRow(prefix=prefix, digest=_digest(text), created=now, revoked=None)


def _refuse_holder(role: str, holder: Holder | None, named: tuple[str, ...]) -> None:
    if (role == "subject") != (holder is not None):
        raise UsageError("a key of the role subject, and no other, is bound to a party with an assurance level")
    if holder is not None and (holder.assurance not in ASSURANCES or not holder.party):
        raise UsageError(f"name a party and how its identity was checked: {', '.join(ASSURANCES)}")
    if holder is not None and named:
        raise UsageError("a key of the role subject asks for no purpose; it sees what was answered for any")


def _refuse_empty(role: str, limits: Limits, now: datetime) -> None:
    if limits.expires is not None and limits.expires <= now:
        raise UsageError("a key that has expired already cannot be made; name a time to come")
    if any(most is not None and not 0 < most < 2**31 for most in (limits.per_minute, limits.per_day)):
        raise UsageError("a quota is a whole number of requests, 1 or more")
    if limits.sandbox and role != "service":
        raise UsageError("only a key of the role service can be a sandbox key: what others explore is real data")


def _log(
    session: Session, what: str, row: KeyRow, by: str, now: datetime, more: Mapping[str, object] | None = None
) -> None:
    """Write down in the access log what was done to a key, and mark the file, in the transaction that does it."""
    key = key_of(row)
    details = {
        "key": key.id,
        "prefix": key.prefix,
        "role": key.role,
        "purposes": sorted(key.purposes),
        "name": key.name,
        "expires": None if key.expires is None else key.expires.timestamp(),
        "per_minute": key.per_minute,
        "per_day": key.per_day,
        "sandbox": key.sandbox,
    } | ({} if key.party is None else {"assurance": key.assurance})
    parties = () if key.party is None else (key.party,)
    audit.append(session, [Access(now.timestamp(), None, by, what, parties, details=details | dict(more or {}))])
    connection = session.connection()
    if connection.dialect.name == "sqlite":  # for processes that remember keys, see `known_keys`
        connection.exec_driver_sql(f"PRAGMA user_version = {secrets.randbelow(2**31)}")


def _with_checksum(text: str) -> str:
    return f"{text}_{zlib.crc32(text.encode()):08x}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(row: KeyRow) -> Key:
    """The key of a row."""
    purposes = frozenset(row.purposes.split())
    return Key(
        id=row.id,
        prefix=row.prefix,
        role=row.role,
        purposes=purposes,
        created=utc(row.created),
        revoked=row.revoked and utc(row.revoked),
        name=row.name,
        expires=row.expires and utc(row.expires),
        used=row.used and utc(row.used),
        per_minute=row.per_minute,
        per_day=row.per_day,
        sandbox=row.sandbox,
        owner=row.family or row.id,
        party=row.party,
        assurance=row.assurance,
    )


def utc(moment: datetime) -> datetime:
    """The moment with its zone: SQLite forgets it, and every time in the records is UTC."""
    return moment.replace(tzinfo=UTC)

"""The access log: who asked about whom, and every change of keys, as one chain that shows where it was changed.

Each line holds the SHA-256 of the digest before it and its own content, so a line that is changed, taken out or put in
breaks the chain there, and one that is cut off at the end is missed by the head. Who can rewrite everything, the head
too, could hide it: so keep a head elsewhere (`kith audit verify` prints it) and compare it later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

from service.records.tables import AccessHeadRow, AccessPartyRow, AccessRow

START: Final = 64 * "0"  # the digest before the first line
BATCH: Final = 1_000  # lines read at once


@dataclass(frozen=True, slots=True)
class Access:
    """Something that was done: time in seconds since 1970, the key (id) and whose it is, what, about which parties.

    what: the operation that was asked (`get_score`), or `key.created`, `key.revoked`, `key.rotated`. details: more
    of it, as a JSON object; never a secret.
    """

    time: float
    key: int | None
    person: str | None
    what: str
    parties: tuple[str, ...] = ()
    purpose: str | None = None
    status: int | None = None
    request_id: str | None = None
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log with its number, from 1, and its digest."""

    number: int
    access: Access
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last line: its number and digest."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found: how many lines it read, the head, and what is wrong, in the order of lines."""

    lines: int
    head: Head
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines are asked for; None: all. since, until: seconds since 1970, the first included."""

    party: str | None = None
    key: int | None = None
    since: float | None = None
    until: float | None = None


def write(records: Engine, accesses: Sequence[Access]) -> None:
    """Add lines to the log, in this order."""
    with Session(records) as session, session.begin():
        append(session, accesses)


def append(session: Session, accesses: Sequence[Access]) -> None:
    """Add lines to the log within a transaction; until it ends nobody else can add any.

    The first statement is a write, which both databases let only one transaction make: SQLite holds its write lock
    from then on, PostgreSQL the row.
    """
    session.execute(update(AccessHeadRow).values(number=AccessHeadRow.number + len(accesses)))
    end, digest = session.execute(select(AccessHeadRow.number, AccessHeadRow.digest)).one()
    lines, parties = [], []
    for number, access in enumerate(accesses, end - len(accesses) + 1):
        content = _content(number, access)
        digest = digest_after(digest, content)
        lines.append({"number": number, "time": access.time, "key": access.key, "content": content, "digest": digest})
        parties += [{"number": number, "party": party} for party in _found_by(access)]
    if lines:
        session.execute(insert(AccessRow), lines)
    if parties:
        session.execute(insert(AccessPartyRow), parties)
    session.execute(update(AccessHeadRow).values(digest=digest))


def digest_after(digest: str, content: str) -> str:
    """The digest of a line: SHA-256 of the digest before it, a line break and the content, in hex."""
    return hashlib.sha256(f"{digest}\n{content}".encode()).hexdigest()


def head(records: Engine) -> Head:
    """The head of the log."""
    with Session(records) as session:
        return Head(*session.execute(select(AccessHeadRow.number, AccessHeadRow.digest)).one())


def find(records: Engine, query: LogQuery, limit: int, before: int | None = None) -> list[Line]:
    """Some of the lines asked for, the newest first, those before a number."""
    chosen = select(AccessRow).order_by(AccessRow.number.desc()).limit(limit)
    if query.party is not None:
        about = select(AccessPartyRow.number).where(AccessPartyRow.party == _column(query.party))
        chosen = chosen.where(AccessRow.number.in_(about))
    if query.key is not None:
        chosen = chosen.where(AccessRow.key == query.key)
    if query.since is not None:
        chosen = chosen.where(AccessRow.time >= query.since)
    if query.until is not None:
        chosen = chosen.where(AccessRow.time < query.until)
    if before is not None:
        chosen = chosen.where(AccessRow.number < before)
    with Session(records) as session:
        return [_line(row) for row in session.scalars(chosen)]


def verify(records: Engine, kept: Head | None = None) -> Verdict:
    """A check of the whole chain, and of a head that was kept elsewhere: the log must still run through it."""
    faults: list[str] = []
    with Session(records) as session:
        end = Head(*session.execute(select(AccessHeadRow.number, AccessHeadRow.digest)).one())
        lines, number, digest, passed = 0, 0, START, kept is None or kept == Head(0, START)
        for row, parties in _rows(session, end.number):
            if row.number != number + 1:
                faults.append(_missing(number + 1, row.number - 1))
            elif row.digest != digest_after(digest, row.content):
                faults.append(f"line {row.number} is not what was written")
            elif not _repeats(row, parties):
                faults.append(f"line {row.number} is not found by what it says")
            lines, number, digest = lines + 1, row.number, row.digest
            passed = passed or kept == Head(number, digest)
    if number < end.number:
        faults.append(_missing(number + 1, end.number))
    elif digest != end.digest:
        faults.append("the head is not that of the last line")
    if not passed:
        faults.append("the log does not run through the head that was kept")
    return Verdict(lines, end, tuple(faults))


def _missing(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"


def _rows(session: Session, end: int) -> Iterator[tuple[AccessRow, list[str]]]:
    """The lines up to a number, with what stands beside each to find it by its parties."""
    number = 0
    while True:
        rows = session.scalars(
            select(AccessRow)
            .where(AccessRow.number > number, AccessRow.number <= end)
            .order_by(AccessRow.number)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        beside: dict[int, list[str]] = {}
        between = AccessPartyRow.number.between(rows[0].number, rows[-1].number)
        for about in session.scalars(select(AccessPartyRow).where(between)):
            beside.setdefault(about.number, []).append(about.party)
        for row in rows:
            yield row, beside.get(row.number, [])
        number = rows[-1].number
        session.expunge_all()


def _repeats(row: AccessRow, parties: list[str]) -> bool:
    """Whether the columns by which a line is found say what its content says."""
    access = _line(row).access
    same = json.loads(row.content)["number"] == row.number and (row.time, row.key) == (access.time, access.key)
    return same and sorted(parties) == _found_by(access)


def _found_by(access: Access) -> list[str]:
    return sorted({_column(party) for party in access.parties})


def _column(party: str) -> str:
    """What a party is looked up by: the SHA-256 of its id, which any database can index whatever the id is."""
    return hashlib.sha256(party.encode("utf-8", "surrogatepass")).hexdigest()


def _content(number: int, access: Access) -> str:
    """What the chain holds of a line: JSON with sorted keys, without spaces, everything beyond ASCII escaped."""
    return json.dumps({"number": number} | asdict(access), sort_keys=True, separators=(",", ":"))


def _line(row: AccessRow) -> Line:
    content = json.loads(row.content)
    content.pop("number", None)
    return Line(row.number, Access(**content | {"parties": tuple(content["parties"])}), row.digest)

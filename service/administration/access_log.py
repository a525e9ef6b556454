"""The access log as admins read it."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy import Engine

from service.answers.pages import Pages
from service.closed import Closed
from service.records import audit
from service.records.audit import Line, LogQuery

Detail = bool | int | float | str | tuple[str, ...] | None


class AccessLine(Closed):
    """Who did what. time: seconds since 1970."""

    number: int
    time: float
    key: int | None = Field(description="Number of the key; null: something that was done at the command line.")
    person: str | None
    what: str = Field(description="The operation that was asked, or key.created, exchange.answered ...")
    parties: tuple[str, ...]
    purpose: str | None
    status: int | None
    request_id: str | None
    details: dict[str, Detail] | None
    digest: str = Field(description="SHA-256 of the digest before, a line break and what this line says.")


class AccessPage(Closed):
    """Some of the lines asked for, the newest first; `next` is the cursor of the older ones."""

    lines: tuple[AccessLine, ...]
    next: str | None
    head: str = Field(description="NUMBER:DIGEST of the newest line of all; keep it to check the log later.")


def list_accesses(records: Engine, query: LogQuery, limit: int, cursor: str | None) -> AccessPage:
    """The lines asked for, the newest first. Raises StaleCursor."""
    pages, head = Pages(None, f"accesses {query}"), audit.head(records)
    before = pages.start_within(cursor, head.number)
    found = audit.find(records, query, limit + 1, None if cursor is None else before)
    page, more = found[:limit], len(found) > limit
    return AccessPage(
        lines=tuple(_answer(line) for line in page),
        next=pages.cursor(page[-1].number) if more else None,
        head=str(head),
    )


def _answer(line: Line) -> AccessLine:
    access = line.access
    return AccessLine(
        number=line.number,
        time=access.time,
        key=access.key,
        person=access.person,
        what=access.what,
        parties=access.parties,
        purpose=access.purpose,
        status=access.status,
        request_id=access.request_id,
        details=None if access.details is None else dict(access.details),
        digest=line.digest,
    )

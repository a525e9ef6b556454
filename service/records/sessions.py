"""Sessions of people in the workbench: opened with a key, found by what their browser holds, ended by silence.

A session is its key: what the key may ask, it may, and it ends with the key. Of the token only the SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from graph.errors import KeyRefused, StoreUnavailable
from service.records.keys import Key, key_of, refuse_over
from service.records.tables import KeyRow, SessionRow

LONGEST_IDLE: Final = 86_400.0  # seconds, the most that the setting allows
GRAIN: Final = 0.05  # of the idle time: a later use is written down only after so much of it


def open_session(records: Engine, key: Key, now: float, tenant: str | None = None) -> str:
    """The token of a new session of a key, which a browser sends with each request. What is long over is forgotten.

    tenant: the institution whose records these are, where a server has several.
    """
    token = ("" if tenant is None else f"{tenant}.") + secrets.token_urlsafe(32)
    row = SessionRow(digest=_digest(token), key=key.id, opened=now, used=now, ended=None)
    with Session(records) as session, session.begin():
        session.execute(delete(SessionRow).where(SessionRow.used < now - LONGEST_IDLE))
        session.add(row)
    return token


def key_of_session(records: Engine, token: str, idle: float, now: float) -> Key:
    """The key of a session that is open. Raises KeyRefused, StoreUnavailable.

    idle: seconds without a request after which it has ended.
    """
    try:
        with Session(records) as session:
            found = session.execute(
                select(SessionRow, KeyRow)
                .join(KeyRow, KeyRow.id == SessionRow.key)
                .where(SessionRow.digest == _digest(token))
            ).first()
            if found is None or found[0].ended is not None:
                raise KeyRefused("this session is over; sign in again")
            row, key = found[0], key_of(found[1])
            if now - row.used > idle:
                raise KeyRefused(f"this session ended after {idle:.0f} s without a request; sign in again")
            refuse_over(key, "the key of this session")
            if now - row.used > GRAIN * idle:
                session.execute(update(SessionRow).where(SessionRow.id == row.id).values(used=now))
                session.commit()
            return key
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database of the sessions does not answer; try again") from error


def end_session(records: Engine, token: str, now: float) -> None:
    """End the session of this token, if there is one."""
    with Session(records) as session, session.begin():
        session.execute(
            update(SessionRow).where(SessionRow.digest == _digest(token), SessionRow.ended.is_(None)).values(ended=now)
        )


def tenant_of(token: str) -> str:
    """The institution that a token names, "" for none. It chooses whose records look for it and proves nothing."""
    return token.rpartition(".")[0]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

"""Objections and statements that stand, as a process remembers them, so that no answer waits for the database.

They are read anew once the records say that any came or changed, which is asked at most every second: other processes
answer by an objection within that time, this one at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Final

from sqlalchemy import Engine

from graph.purposes import Purpose
from service.records.rights import matters
from service.rights.disputes.statements import Statement, statement_of
from service.rights.objections.objection import STANDING, Objection, purpose_after
from service.rights.objections.reviewing import objection_of

EVERY: Final = 1.0  # seconds between two looks into the records


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands, by party, as of a mark of the records."""

    mark: tuple[int, int]
    objections: dict[str, list[Objection]]
    statements: dict[str, list[Statement]]


class MatterBook:
    """What stands in some records."""

    def __init__(self, records: Engine) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._standing = _Standing((-1, -1), {}, {})
        self._looked = -inf

    def purpose_for(self, ids: Iterable[str], purpose: Purpose) -> Purpose:
        """The purpose by which a party with these ids is answered for."""
        objections = self._now().objections
        return purpose_after(purpose, [one for id in ids for one in objections.get(id, ())]) if objections else purpose

    def has_objections(self) -> bool:
        """Whether anybody objects at all."""
        return bool(self._now().objections)

    def objecting(self, purpose: Purpose) -> list[str]:
        """The parties that are answered for by another purpose than this one."""
        objections = self._now().objections
        return sorted(party for party, some in objections.items() if purpose_after(purpose, some) != purpose)

    def stating(self) -> list[str]:
        """The parties with statements."""
        return sorted(self._now().statements)

    def statements_of(self, parties: Iterable[str]) -> list[Statement]:
        """The statements of some parties, the oldest first."""
        statements = self._now().statements
        found = [one for party in set(parties) for one in statements.get(party, ())]
        return sorted(found, key=lambda one: one.statement)

    def look_again(self) -> None:
        """Read anew before the next answer."""
        with self._lock:
            self._looked = -inf

    def _now(self) -> _Standing:
        with self._lock:
            if time.monotonic() - self._looked < EVERY:
                return self._standing
            mark = matters.changed(self._records)
            if mark != self._standing.mark:
                self._standing = self._read(mark)
            self._looked = time.monotonic()
            return self._standing

    def _read(self, mark: tuple[int, int]) -> _Standing:
        read = _Standing(mark, {}, {})
        for matter in matters.find(self._records, "objection", states=STANDING):
            objection = objection_of(matter)
            read.objections.setdefault(objection.party, []).append(objection)
        for matter in matters.find(self._records, "statement", states={"attached"}):
            statement = statement_of(matter)
            read.statements.setdefault(statement.party, []).append(statement)
        return read

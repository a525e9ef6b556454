"""A case report without the names of parties: they stand there by their ids, in every field and in every sentence.

Receipts in it are of the answers as they were given, names in their reasons included. What people wrote in notes and
comments loses the names that the network has, and may say more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from graph.snapshots.snapshot import Snapshot
from service.casework.reports.content import CaseReport

HIDDEN: Final = "•••"
_BRACKETED: Final = re.compile(r"\(([^()]+)\)")


def without_names(report: CaseReport, snapshot: Snapshot) -> CaseReport:
    """The report with no name of any party that it mentions by its id."""
    value = report.to_json()
    names = {id: name for id in _mentioned(value) if (name := _name(snapshot, id))}
    return CaseReport.model_validate(_Names(names).left_out(value)) if names else report


def _name(snapshot: Snapshot, id: str) -> str | None:
    row = snapshot.find(id)
    return None if row is None else snapshot.name_of(row)


def _mentioned(value: Any) -> Iterator[str]:
    """Every text of the report, and what stands in brackets in one: among them are the ids of those it names."""
    if isinstance(value, str):
        yield value
        yield from _BRACKETED.findall(value)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _mentioned(one)
    elif isinstance(value, list):
        for one in value:
            yield from _mentioned(one)


class _Names:
    """Names of parties by their ids, and how they are left out of texts."""

    def __init__(self, names: dict[str, str]) -> None:
        self._known = set(names.values())
        # The longest first, so that no part of one stays.
        either = "|".join(map(re.escape, sorted(self._known, key=lambda name: (-len(name), name))))
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)(?: \(([^()]+)\))?")

    def left_out(self, value: Any, field: str = "") -> Any:
        if isinstance(value, str):
            return None if field == "name" and value in self._known else self._pattern.sub(_by_id, value)
        if isinstance(value, dict):
            return {key: self.left_out(one, key) for key, one in value.items()}
        return [self.left_out(one) for one in value] if isinstance(value, list) else value


def _by_id(found: re.Match[str]) -> str:
    """A name with its id behind it as the id alone, and one without as dots."""
    return found[1] or HIDDEN

"""Assurance of holders: how it was checked that a party holds an account or uses a phone, and when.

It stands in an attribute of the party for each source of events, which no model reads: by identifier the level and the
time, as JSON. The newest check of an identifier counts, whoever made it; one that failed takes the level back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from graph.purposes import ASSURANCES, Purpose
from graph.snapshots.snapshot import Snapshot
from service.stated.assurance import DAY

HELD: Final = "holdings assured by "  # before the source of the events, as the attribute
HOLDING_MISSING: Final = "holding_assurance_missing"  # the warning
_Level = Literal["unknown", "declared", "document", "bank", "in_person"]
_CHECKS: Final = TypeAdapter(dict[str, tuple[_Level, Annotated[float, Field(allow_inf_nan=False)]]])
Checks = Mapping[str, tuple[str, float]]  # level and time of the check, by identifier


class Checked(NamedTuple):
    """That a party holds an identifier: how it was checked (one of ASSURANCES) and when, seconds since 1970."""

    level: str
    time: float


def stated_holdings(attribute: str, checks: Checks) -> str:
    """The attribute after some checks; "" is one that says nothing yet."""
    return json.dumps({**_read(attribute), **checks}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def holdings_of(snapshot: Snapshot, row: int) -> dict[str, Checked]:
    """The checked holdings of a party, by identifier."""
    found: dict[str, Checked] = {}
    for name, (codes, texts) in snapshot.categorical.items():
        if name.startswith(HELD) and codes[row] >= 0:
            for identifier, (level, time) in _read(texts[codes[row]]).items():
                if identifier not in found or found[identifier].time < time:
                    found[identifier] = Checked(level, time)
    return dict(sorted(found.items()))


def _read(attribute: str) -> Checks:
    """The checks that an attribute states; none where a file states something else under its name."""
    try:
        return _CHECKS.validate_json(attribute)
    except ValidationError:
        return {}


def lacks_holding_assurance(snapshot: Snapshot, row: int, purpose: Purpose, now: float) -> bool:
    """Whether a link that counts was carried over a holding, of either end, of less assurance than is required."""
    if purpose.assurance is None:
        return False
    return any(not _suffices(snapshot, *holding, purpose, now) for holding in _carried_over(snapshot, row, purpose))


def _suffices(snapshot: Snapshot, holder: int, identifier: int, purpose: Purpose, now: float) -> bool:
    known = holdings_of(snapshot, holder)
    checked = next((known[id] for id in snapshot.ids_of(identifier) if id in known), None)
    if checked is None or ASSURANCES.index(checked.level) < ASSURANCES.index(purpose.assurance or ASSURANCES[0]):
        return False
    return purpose.assurance_days is None or now - checked.time <= purpose.assurance_days * DAY


def _carried_over(snapshot: Snapshot, row: int, purpose: Purpose) -> Iterable[tuple[int, int]]:
    """The holdings (holder, identifier) over which links of a party that may count are carried, its own ones first."""
    rows, own, others = np.array([row], np.int64), set[tuple[int, int]](), set[tuple[int, int]]()
    for kind in snapshot.kinds_of(purpose.categories):
        links = snapshot.links(kind)
        if not links.info.carried:
            continue
        for found, near, far in (
            (links.leaving(rows), "via_source", "via_target"),
            (links.reaching(rows), "via_target", "via_source"),
        ):
            own |= {(row, via) for via in np.unique(links.values(near, found)).tolist()}
            others |= set(zip(found.party.tolist(), links.values(far, found).tolist(), strict=True))
    yield from sorted(holding for holding in own if holding[1] >= 0)
    yield from sorted(holding for holding in others if holding[1] >= 0)

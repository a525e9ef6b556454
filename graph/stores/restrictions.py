"""What may not be stated again: facts that are disputed, that a dispute found wrong, or that a rule suppresses.

A restriction is an event of the source that stated the fact, recorded in the load that marks or ends the fact. So it is
as lasting as the fact, reads the same from every store, and a later load of that source can be held against it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pyarrow as pa

from graph.schema import EVENTS, OUTCOMES, PARTIES, RELATIONSHIPS
from graph.stores.base import GraphStore, Load

Why = Literal["disputed_fact", "suppressed_fact", "corrected_fact", "deleted_party", "suppressed_by_rule"]
TYPE: Final = "restriction"  # of the event; no event that is sent in may have it
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "outcomes": ("party", "key"),
    "relationships": ("source", "target", "kind", "key"),
    "parties": ("id",),
}
SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "outcomes": OUTCOMES, "relationships": RELATIONSHIPS, "parties": PARTIES,
}  # fmt: skip
# The columns of each table that name a party, which binds all facts about it.
ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "outcomes": ("party",), "relationships": ("source", "target"), "parties": ("id",),
}  # fmt: skip
OPENING: Final = ("party", "opened")  # what an outcome without a row key is known by
_SOME: Final = f"{TYPE} any"  # the event that says that a source has restrictions at all

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Restriction:
    """One fact that its source may not state; why None: it may again.

    fact: its row. content: only this content is refused (a digest by `content_of`), None for any. by_opening: an
    outcome of the same party and opening is refused too, since without a row key its key changes with its content.
    of_rule: it is that of a suppression rule, which stands beside that of a dispute.
    """

    table: str
    fact: Row
    why: Why | None
    by: str
    content: str | None = None
    by_opening: bool = False
    of_rule: bool = False

    def events(self) -> list[tuple[str, str]]:
        """The id and the body of each event that says so."""
        said = {"type": TYPE, "why": self.why, "content": self.content, "by": self.by}
        body = json.dumps(said, sort_keys=True, separators=(",", ":"))
        key = [self.fact[column] for column in KEYS[self.table]]
        if self.of_rule:
            return [(_name("rule", key), body)]
        names = [_name(self.table, key)]
        if self.by_opening:
            names.append(_name("opening", [self.fact[column] for column in OPENING]))
        return [(name, body) for name in names]


def content_of(table: str, row: Row) -> str:
    """The SHA-256 (hex) of what a fact says beside its key."""
    said = {name: row[name] for name in SCHEMAS[table].names if name not in KEYS[table]}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def restrict(load: Load, restrictions: Iterable[Restriction], time: float) -> None:
    """Record restrictions in a load of the source that they bind. time: seconds since 1970."""
    said = [pair for restriction in restrictions for pair in restriction.events()]
    rows = [*said, (_SOME, json.dumps({"type": TYPE}))]
    columns = [[id for id, _ in rows], [TYPE] * len(rows), [time] * len(said) + [0.0], [body for _, body in rows]]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, EVENTS, strict=True)]
    load.events(pa.RecordBatch.from_arrays(arrays, schema=EVENTS))


def has_restrictions(store: GraphStore, source: str) -> bool:
    """Whether anything of this source was ever restricted."""
    return bool(store.events(source, [_SOME]))


def restricted(store: GraphStore, source: str, table: str, rows: Sequence[Row]) -> dict[int, Why]:
    """Why each of some rows, by its place, may not be stated by this source; without those that may."""
    names = [list(_names(table, row)) for row in rows]
    every = {name for of_row in names for name in of_row}
    said = {id: json.loads(body) for id, body in store.events(source, every).items()}
    found: dict[int, Why] = {}
    for place, row in enumerate(rows):
        for name in names[place]:
            rule = said.get(name, {})
            if rule.get("why") is not None and rule["content"] in (None, content_of(table, row)):
                found[place] = rule["why"]
    return found


def rules_of(store: GraphStore, source: str, outcomes: Sequence[Row]) -> list[str | None]:
    """By which rule each of some outcomes of a source is suppressed, None where by none."""
    names = [_name("rule", [row[column] for column in KEYS["outcomes"]]) for row in outcomes]
    said = {id: json.loads(body) for id, body in store.events(source, set(names)).items()}
    return [said[name]["by"] if said.get(name, {}).get("why") is not None else None for name in names]


def _names(table: str, row: Row) -> Iterator[str]:
    """The ids of the events that may bind a fact, those about its parties last."""
    if table != "parties":
        yield _name(table, [row[column] for column in KEYS[table]])
    if table == "outcomes":
        yield _name("rule", [row[column] for column in KEYS[table]])
        yield _name("opening", [row[column] for column in OPENING])
    for column in ABOUT[table]:
        yield _name("parties", [row[column]])


def _name(table: str, values: Sequence[Any]) -> str:
    """The id of the event about a fact."""
    text = json.dumps([table, *values])
    return f"{TYPE} {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"

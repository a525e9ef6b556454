"""Items: single facts of the store, what a dispute does to them, and what keeps a later load from undoing it.

Every act is one load of the source that stated the fact, so that the fact and its restriction change together. To do it
twice changes nothing, so who was interrupted does it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import UnknownRecord, UsageError
from graph.schema import OUTCOME_STATES, OUTCOMES_KNOWN, SUPPRESSED
from graph.stores.base import GraphStore, Load, LoadDetails
from graph.stores.restrictions import KEYS, SCHEMAS, Restriction, Why, content_of, restrict
from loaders.identity.keys import CONTENT_KEY
from service.closed import Closed

ItemTable = Literal["outcomes", "relationships"]
Act = Literal["hold", "keep", "correct", "delete"]
Value = str | float | int | None
CORRECTABLE: Final[Mapping[str, frozenset[str]]] = {
    "outcomes": frozenset({"outcome", "opened", "closed", "days_late", "amount"}),
    "relationships": frozenset({"weight", "first", "last", "count", "amount", "context"}),
}


class ItemName(Closed):
    """What names a fact. key: (party, key) of an outcome, (source, target, kind, key) of a relationship."""

    table: ItemTable
    source: str
    key: tuple[str, ...]


class Item(Closed):
    """A fact as its source stated it. revision: which recorded it."""

    name: ItemName
    revision: int
    content: dict[str, Value]

    @property
    def row(self) -> dict[str, Value]:
        """The whole row of the fact."""
        return dict(zip(KEYS[self.name.table], self.name.key, strict=True)) | self.content

    def rows(self) -> list[tuple[str, str]]:
        """Who stated the fact and what is known of it, as rows of a table to print."""
        content = ((name, str(value)) for name, value in self.content.items() if value is not None)
        return [(self.name.source, ""), *content]


def find_item(store: GraphStore, name: ItemName) -> Item:
    """The live fact of this name; it reads all facts of its table. Raises UnknownRecord."""
    if len(name.key) != len(KEYS[name.table]):
        raise UnknownRecord(f"a fact of {name.table} is named by {', '.join(KEYS[name.table])}")
    ends = KEYS[name.table][0]
    for item in _items(store, name.table, {ends: name.key[0]}):
        if item.name == name:
            return item
    raise UnknownRecord(f"the source {name.source!r} states no such fact; the own report lists what there is")


def items_about(store: GraphStore, party: str) -> list[Item]:
    """The live facts about a party that can be disputed: its outcomes, and links of which it is an end."""
    found = list(_items(store, "outcomes", {"party": party}))
    for end in ("source", "target"):
        found += _items(store, "relationships", {end: party})
    unique = {(item.name.table, item.name.source, item.name.key): item for item in found}
    return [unique[name] for name in sorted(unique)]


def perform(
    store: GraphStore, item: Item, act: Act, by: str, time: float, corrected: Mapping[str, Value] | None = None
) -> int:
    """The revision after an act on a fact: hold it while it is disputed, keep, correct or delete it.

    A held outcome has the state `disputed`, a held link ends; neither counts in a score. by: the dispute and its move,
    which names the load. corrected: the columns that were wrong. Raises UsageError, StoreError.
    """
    row = _corrected(item, corrected or {}) if act == "correct" else dict(item.row)
    load = store.begin_load(item.name.source, by)
    load.describe(LoadDetails((by,), time))
    if act == "delete" or (act == "hold" and item.name.table == "relationships"):
        load.end(_batch(item.name.table, item.row))
    else:
        _record(load, item.name.table, row | ({"state": "disputed"} if act == "hold" else {}))
    restrict(load, [_restriction(item, act, by)], time)
    return load.finish()


def _restriction(item: Item, act: Act, by: str) -> Restriction:
    why: dict[Act, Why | None] = {
        "hold": "disputed_fact", "keep": None, "correct": "corrected_fact", "delete": "suppressed_fact",
    }  # fmt: skip
    table = item.name.table
    by_content = table == "outcomes" and bool(_is_content_key(item.name.key[-1]))
    wrong = content_of(table, item.row) if act == "correct" else None
    return Restriction(table, item.row, why[act], by, wrong, by_opening=by_content)


def _corrected(item: Item, corrected: Mapping[str, Value]) -> dict[str, Value]:
    allowed = CORRECTABLE[item.name.table]
    if not corrected or set(corrected) - allowed:
        raise UsageError(f"name what was wrong in a fact of {item.name.table}: {', '.join(sorted(allowed))}")
    row = dict(item.row) | dict(corrected)
    if item.name.table == "outcomes":
        if row["outcome"] not in OUTCOMES_KNOWN:
            raise UsageError(f"an outcome is one of {', '.join(OUTCOMES_KNOWN)}")
        assert row["state"] in (*OUTCOME_STATES, SUPPRESSED)
    if row == item.row:
        raise UsageError("the correction says what the fact says already; verify it instead")
    return row


def _record(load: Load, table: ItemTable, row: Mapping[str, Value]) -> None:
    batch = _batch(table, row)
    if table == "outcomes":
        load.outcomes(batch)
    else:
        load.relationships(batch)


def _batch(table: ItemTable, row: Mapping[str, Value]) -> pa.RecordBatch:
    """A batch of one row. Raises UsageError for a value of another type than its column."""
    schema = SCHEMAS[table]
    try:
        arrays = [pa.array([row[field.name]], field.type) for field in schema]
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UsageError(f"a value of the correction does not fit its column: {error}") from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _items(store: GraphStore, table: ItemTable, where: Mapping[str, str]) -> Iterator[Item]:
    """The facts of which a column has a value; it reads all facts of the table."""
    (column, value), names = next(iter(where.items())), SCHEMAS[table].names
    with closing(_batches(store, table)) as batches:
        for batch in batches:
            for row in batch.filter(pc.equal(batch.column(column), value)).to_pylist():
                key = tuple(row[name] for name in KEYS[table])
                content = {name: row[name] for name in names if name not in KEYS[table]}
                yield Item(
                    name=ItemName(table=table, source=row["origin"], key=key),
                    revision=row["recorded"],
                    content=content,
                )


def _batches(store: GraphStore, table: ItemTable) -> Any:
    return store.read_outcomes() if table == "outcomes" else store.read_relationships()


def _is_content_key(key: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([key]), CONTENT_KEY)[0].as_py())

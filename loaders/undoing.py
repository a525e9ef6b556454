"""What an undo takes: the live facts of a load, and the later loads of its source that may have stated them too."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.compute as pc

from graph.stores.base import GraphStore, LoadDetails
from graph.stores.shared import check_undo
from loaders.mapping import TABLES


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What an undo took back.

    taken: facts by table that the load had recorded and that were live. Rows that a later load found unchanged are
    facts of the earlier one, so that they go with it.
    later: the loads of the same source that came after it and still count.
    """

    undone: int
    revision: int
    taken: dict[str, int]
    later: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """The result as `kith load --undo N --json` writes it."""
        return {"undone": self.undone, "revision": self.revision, "taken": self.taken, "later": list(self.later)}


def undo(store: GraphStore, load: int, now: float | None = None) -> UndoResult:
    """Take a load back, and say what went with it. now: seconds since 1970, the clock by default.

    Raises UsageError for a load that is unknown, undone already or itself an undo; UnfinishedLoad.
    """
    found = rehearse(store, load)
    counts = {table: count for table, count in found.taken.items() if count}
    details = LoadDetails(time=time.time() if now is None else now, counts=counts)
    return replace(found, revision=store.undo(load, details))


def rehearse(store: GraphStore, load: int) -> UndoResult:
    """What an undo of the load would take, with the store's revision as it is; nothing is written.

    Raises UsageError for a load that is unknown, undone already or itself an undo; UnfinishedLoad.
    """
    loads = store.loads()
    found = check_undo(store.name, loads, load)
    taken = dict.fromkeys(TABLES, 0)
    if found.revision is not None:
        reads = (store.read_parties, store.read_relationships, store.read_outcomes)
        for table, read in zip(TABLES, reads, strict=True):
            own = (pc.equal(batch.column("recorded"), found.revision) for batch in read())
            taken[table] = sum(int(pc.sum(rows).as_py() or 0) for rows in own)
    later = tuple(
        record.id
        for record in loads
        if record.source == found.source and record.id > load and not record.undone and record.undoes is None
    )
    return UndoResult(load, store.revision(), taken, later)

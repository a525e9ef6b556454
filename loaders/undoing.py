"""What an undo takes: the live facts of a load, and the later loads of its source that may have stated them too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from graph.errors import UsageError
from graph.stores.base import GraphStore
from graph.stores.shared import UNDO_PREFIX
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


def undo(store: GraphStore, load: int) -> UndoResult:
    """Take a load back, and say what went with it.

    Raises UsageError for a load that is unknown, undone already or itself an undo; UnfinishedLoad.
    """
    loads = store.loads()
    found = next((record for record in loads if record.id == load), None)
    if found is None:
        raise UsageError(f"load {load} does not exist in {store.name}")
    reads = dict(zip(TABLES, (store.read_parties, store.read_relationships, store.read_outcomes), strict=True))
    taken = dict.fromkeys(TABLES, 0)
    if found.revision is not None and not found.undone:
        for table, read in reads.items():
            own = (pc.equal(batch.column("recorded"), found.revision) for batch in read())
            taken[table] = sum(int(pc.sum(rows).as_py() or 0) for rows in own)
    revision = store.undo(load)
    later = tuple(
        record.id
        for record in loads
        if record.source == found.source
        and record.id > load
        and not record.undone
        and not record.fingerprint.startswith(UNDO_PREFIX)
    )
    return UndoResult(load, revision, taken, later)

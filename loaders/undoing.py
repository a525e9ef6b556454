"""Taking a load back, and what that takes: its live facts, but for those that later loads of its source stated too."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from graph.stores.base import GraphStore, LoadDetails, UndoCounts
from graph.stores.shared import check_undo


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What an undo took back.

    taken: live facts by table that counted as the load's own and went. kept: those that stayed, as later loads of its
    source stated them too.
    unmarked: later loads of its source by an earlier Kith, which kept no record of the facts that they stated again.
    """

    undone: int
    revision: int
    taken: dict[str, int]
    kept: dict[str, int]
    unmarked: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """The result as `kith load --undo N --json` writes it."""
        return {
            "undone": self.undone,
            "revision": self.revision,
            "taken": self.taken,
            "kept": self.kept,
            "unmarked": list(self.unmarked),
        }


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
    counts = store.undo_counts(load)
    if found.revision is None:  # nobody has seen its facts
        counts = UndoCounts(dict.fromkeys(counts.taken, 0), dict.fromkeys(counts.kept, 0))
    later = [record for record in loads if record.source == found.source and record.id > load]
    unmarked = [
        record.id for record in later if record.details.time is None and not record.undone and record.undoes is None
    ]
    return UndoResult(load, store.revision(), counts.taken, counts.kept, tuple(unmarked))

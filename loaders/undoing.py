"""Taking a load back, and what that takes: its live facts, but for those that later loads of its source stated too."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from graph.stores.base import GraphStore, LoadDetails, LoadRecord, UndoCounts
from graph.stores.shared import check_undo
from loaders.outdated import BroughtBack


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What an undo took back.

    taken: live facts by table that counted as the load's own and went. kept: those that stayed, as later loads of its
    source stated them too. ended: facts by table that the load had ended and that ended again, as later loads of its
    source state otherwise.
    unmarked: later loads of its source by an earlier Kith, which kept no record of the facts that they stated again.
    """

    undone: int
    revision: int
    taken: dict[str, int]
    kept: dict[str, int]
    unmarked: tuple[int, ...]
    ended: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The result as `kith load --undo N --json` writes it."""
        return {
            "undone": self.undone,
            "revision": self.revision,
            "taken": self.taken,
            "kept": self.kept,
            "ended": self.ended,
            "unmarked": list(self.unmarked),
        }


def undo(store: GraphStore, load: int, now: float | None = None) -> UndoResult:
    """Take a load back, and say what went with it. now: seconds since 1970, the clock by default.

    Raises UsageError for a load that is unknown, undone already or itself an undo; UnfinishedLoad.
    """
    found = rehearse(store, load)
    loads = {record.id: record for record in store.loads()}
    source, now = loads[load].source, time.time() if now is None else now
    later = [record for record in _standing(loads.values()) if record.source == source and record.id > load]
    complete = frozenset(name for record in later for name in record.details.complete)
    back = BroughtBack(store, source, complete) if later and loads[load].revision is not None else None
    counts = {table: count for table, count in found.taken.items() if count}
    revision = store.undo(load, LoadDetails(time=now, counts=counts))
    ended = back.end_outdated(load, now) if back is not None else {}
    return replace(found, revision=store.revision() if ended else revision, ended=ended)


def _standing(loads: Iterable[LoadRecord]) -> list[LoadRecord]:
    """The loads of files that still count."""
    return [record for record in loads if record.revision is not None and not record.undone and record.undoes is None]


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

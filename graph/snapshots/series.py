"""Snapshots of one revision as of several times, from one reading of the store.

What does not depend on the time is done once: reading, ids, normal forms, the order of links, and the files of parties
where the same facts of parties are valid. Each has the same bytes as `build_snapshot` gives for its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from graph.snapshots.build import WrittenParties, checked_time, read_facts, write_snapshot
from graph.snapshots.files import FileWriter
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader


def build_series(
    store: FactReader, out: Path, times: Sequence[float | None], revision: int | None = None
) -> list[Snapshot]:
    """The snapshots as of these times (seconds since 1970, None: any time), in their order, in new folders in `out`.

    They are scratch: a crash may lose them, and files that are the same in several of them are one file on the disk.

    Raises UsageError for a time that is none or a revision that the store has not reached.
    """
    wanted = [checked_time(time) for time in times]
    facts = read_facts(store, revision)
    facts = replace(facts, links=facts.links.sorted())
    parties: WrittenParties | None = None
    found = []
    for number, time in enumerate(wanted):
        folder = Path(out) / str(number)
        folder.mkdir(parents=True)
        parties = write_snapshot(FileWriter(folder, durable=False), facts, time, parties)
        found.append(Snapshot.open(folder))
    return found

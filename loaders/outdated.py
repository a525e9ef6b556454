"""What an undo brings back although later loads of the source, which still count, state otherwise: it ends again.

- A fact whose row key now belongs to another fact, or an outcome of a party and time that another one has now.
- A fact that a later full export does not list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from graph.stores.base import GraphStore, LoadDetails
from loaders.ending import ENDS, KEYED, NATURAL_KEY, facts_of, hashes_of
from loaders.full_exports import are_covered
from loaders.identity.hashes import Occurrences
from loaders.identity.keys import has_content_key, row_key_hashes
from loaders.values.arrays import Bools

FINGERPRINT: Final = "after the undo of load"


class BroughtBack:
    """The facts of one source that an undo brings back: those that were not live before it.

    complete: what later loads of the source are full exports of.
    """

    def __init__(self, store: GraphStore, source: str, complete: frozenset[str]) -> None:
        self._store, self._source, self._complete = store, source, complete
        self._live = {table: Occurrences() for table in NATURAL_KEY}
        for table in NATURAL_KEY:
            for batch in self._own(table):
                self._live[table].number(hashes_of(batch, NATURAL_KEY[table]))

    def end_outdated(self, undone: int, now: float) -> dict[str, int]:
        """After the undo of a load: end what later loads state otherwise; returns how many facts, by table."""
        outdated: dict[str, list[pa.RecordBatch]] = {}
        for table in ("relationships", "outcomes", "consents", "parties"):
            found = [batch for batch in self._outdated(table) if batch.num_rows]
            if found:
                outdated[table] = found
        if "parties" in outdated:
            outdated["parties"] = self._unneeded(outdated)
        counts = Counter({table: sum(batch.num_rows for batch in found) for table, found in outdated.items()})
        if not counts.total():
            return {}
        load = self._store.begin_load(self._source, f"{FINGERPRINT} {undone}")
        for found in outdated.values():
            for batch in found:
                load.end(batch)
        load.describe(LoadDetails(time=now, counts={"ended": counts.total()}))
        load.finish()
        return {table: count for table, count in counts.items() if count}

    def _outdated(self, table: str) -> Iterator[pa.RecordBatch]:
        """The facts that came back and that later loads state otherwise."""
        keys, times = Occurrences(), Occurrences()
        if table in KEYED:
            for batch in self._own(table):
                others = batch.filter(pa.array(~self._is_back(table, batch)))
                keys.number(row_key_hashes(others.filter(pa.array(~has_content_key(others))).column("key")))
                if table == "outcomes":
                    times.number(hashes_of(others.filter(pa.array(has_content_key(others))), ("party", "opened")))
        for batch in self._own(table):
            back = batch.filter(pa.array(self._is_back(table, batch)))
            ends = are_covered(self._complete, table, back)
            if table in KEYED:
                by_content = has_content_key(back)
                ends |= ~by_content & (keys.times(row_key_hashes(back.column("key"))) > 0)
                if table == "outcomes":
                    ends |= by_content & (times.times(hashes_of(back, ("party", "opened"))) > 0)
            yield back.filter(pa.array(ends))

    def _unneeded(self, outdated: dict[str, list[pa.RecordBatch]]) -> list[pa.RecordBatch]:
        """The outdated parties that no link or outcome needs which stays."""
        needed = Occurrences()
        for table in ("relationships", "outcomes"):
            ending = Occurrences()
            for batch in outdated.get(table, ()):
                ending.number(hashes_of(batch, NATURAL_KEY[table]))
            for batch in self._own(table):
                stays = batch.filter(pa.array(ending.times(hashes_of(batch, NATURAL_KEY[table])) == 0))
                for end in ENDS[table]:
                    needed.number(hashes_of(stays, (end,)))
        return [batch.filter(pa.array(needed.times(hashes_of(batch, ("id",))) == 0)) for batch in outdated["parties"]]

    def _is_back(self, table: str, batch: pa.RecordBatch) -> Bools:
        return np.asarray(self._live[table].times(hashes_of(batch, NATURAL_KEY[table])) == 0, bool)

    def _own(self, table: str) -> Iterator[pa.RecordBatch]:
        return facts_of(self._store, self._source, table)

"""Which ids are parties: those of the files, those of the store, and those that links imply.

A source speaks for itself: an implied party is recorded for this source although another one knows it, so that taking
the other source's load back leaves no link without its end. (Where an earlier load of this source goes, the store keeps
the ends that later ones need.) It never takes the place of a party this source described before.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.stores.base import GraphStore
from loaders.checking.checks import Verdict, mask

REMEMBERED = 2_000_000  # ids found in the store that are not asked for again


class Ends:
    """The ids seen by one load. `implied`: ends that nobody listed become parties instead of being refused.

    Where `implied` is None, they do if the source has listed no party so far.
    """

    def __init__(self, store: GraphStore, source: str, implied: bool | None) -> None:
        described = set() if implied is False else _described(store, source)
        self._store = store
        self._implied = not described if implied is None else implied
        self._listed: set[str] = set()
        self._found: set[str] = described if self._implied else set()

    def refuse_duplicates(self, verdict: Verdict, column: str, ids: pa.Array) -> None:
        """Of the parties that pass, refuse those that were listed before; remember the others."""
        rows = np.flatnonzero(verdict.ok)
        passing = ids.take(pa.array(rows)).to_pylist()
        fresh = set(passing)
        if len(fresh) < len(passing) or not self._listed.isdisjoint(fresh):
            again = np.zeros(len(verdict.ok), bool)
            for row, party in zip(rows.tolist(), passing, strict=True):
                again[row] = party in self._listed
                self._listed.add(party)
            verdict.refuse(again, "duplicate_id", column, ids)
        self._listed |= fresh

    def refuse_dangling(self, verdict: Verdict, column: str, ids: pa.Array) -> None:
        """Refuse rows whose end is no party, where ends are not implied."""
        if self._implied:
            return
        unknown = self._unknown(pc.unique(ids).to_pylist())
        if not unknown:
            return
        absent = self._store.missing(unknown)
        if len(self._found) < REMEMBERED:
            self._found.update(unknown - absent)
        if absent:
            dangling = mask(pc.is_in(ids, value_set=pa.array(sorted(absent), pa.string())))
            verdict.refuse(dangling, "dangling_end", column, ids)

    def take_implied(self, ids: pa.Array) -> list[str]:
        """Those ids that become parties now, sorted; each is given once."""
        if not self._implied:
            return []
        new = self._unknown(pc.unique(ids).to_pylist())
        self._found |= new
        return sorted(new)

    def _unknown(self, ids: list[str]) -> set[str]:
        unknown = set(ids)
        unknown -= self._listed
        unknown -= self._found
        return unknown


def _described(store: GraphStore, source: str) -> set[str]:
    """Ids of the parties that earlier loads of this source listed."""
    if not any(load.source == source and load.revision is not None for load in store.loads()):
        return set()
    listed: set[str] = set()
    for batch in store.read_parties():
        own = pc.and_(pc.equal(batch.column("origin"), source), pc.invert(batch.column("implied")))
        listed.update(batch.column("id").filter(own).to_pylist())
    return listed

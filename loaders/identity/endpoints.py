"""Which ids are parties: those that the files list, those of the store, and those that links imply.

A source describes its own parties: an implied party is recorded for this source although another one has it, so that
taking the other source's load back leaves no link without its endpoint. (Where an earlier load of this source is taken
back, the store keeps the endpoints that later ones need.) It never replaces a party that this source listed before.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.stores.base import GraphStore
from loaders.checking.row_validation import RowValidation
from loaders.values.arrays import Bools, to_mask

MAX_CACHED_IDS: Final = 2_000_000  # of parties in the store, which are not looked up again


class EndpointResolver:
    """The parties that one load may link to. Endpoints that are no party are implied or their rows are rejected.

    store: where parties of other sources and of earlier loads are looked up.
    imply: whether they are implied. Where it is None, they are if the source has listed no party so far.
    """

    def __init__(self, store: GraphStore, source: str, imply: bool | None) -> None:
        self._store, self._source = store, source
        self._implies = not self._listed_before if imply is None else imply
        self._listed: set[str] = set()  # by the files of this load
        self._resolved: set[str] = set()

    @cached_property
    def _listed_before(self) -> set[str]:
        """Ids of the parties that earlier loads of this source listed."""
        return _listed_by(self._store, self._source)

    @property
    def known(self) -> tuple[set[str], set[str]]:
        """Ids of parties that the files of this load list, and of others that links of it were resolved to."""
        return self._listed, self._resolved

    def described_elsewhere(self, ids: pa.Array) -> set[str]:
        """Those of the ids that only earlier loads describe."""
        if self._implies and not self._listed_before:
            return set()
        distinct = set(pc.unique(ids).to_pylist())
        return distinct & self._listed_before if self._implies else distinct - self._listed

    def reject_duplicates(self, validation: RowValidation, column: str, ids: pa.Array, among: Bools) -> None:
        """Reject the parties of a mask of rows whose id was listed before, and add the others to the listed."""
        rows = np.flatnonzero(among)
        parties = ids.take(pa.array(rows)).to_pylist()
        distinct = set(parties)
        if len(distinct) < len(parties) or not self._listed.isdisjoint(distinct):
            duplicates = []
            for row, party in zip(rows.tolist(), parties, strict=True):
                if party in self._listed:
                    duplicates.append(row)
                self._listed.add(party)
            validation.reject_indices(duplicates, "duplicate_id", column, ids)
        self._listed |= distinct

    def reject_dangling(self, validation: RowValidation, column: str, ids: pa.Array) -> None:
        """Reject the rows whose endpoint is no party, where endpoints are not implied."""
        if self._implies:
            return
        unresolved = self._unresolved(ids)
        if not unresolved:
            return
        missing = self._store.missing(unresolved)
        if len(self._resolved) < MAX_CACHED_IDS:
            self._resolved |= unresolved - missing
        if missing:
            dangling = to_mask(pc.is_in(ids, value_set=pa.array(sorted(missing), pa.string())))
            validation.reject(dangling, "dangling_end", column, ids)

    def newly_implied(self, ids: pa.Array, always: bool = False) -> list[str]:
        """Those of the ids that become parties now, sorted; none where endpoints are not implied.

        always: these ids are implied, whatever becomes of the ends of other links, before any other link is read.
        """
        if not self._implies and not always:
            return []
        unresolved = self._unresolved(ids) - self._listed_before
        self._resolved |= unresolved
        return sorted(unresolved)

    def _unresolved(self, ids: pa.Array) -> set[str]:
        unresolved = set(pc.unique(ids).to_pylist())
        unresolved -= self._listed
        unresolved -= self._resolved
        return unresolved


def _listed_by(store: GraphStore, source: str) -> set[str]:
    """Ids of the parties that earlier loads of this source listed."""
    if not any(load.source == source and load.revision is not None for load in store.loads()):
        return set()
    listed: set[str] = set()
    for batch in store.read_parties():
        own = pc.and_(pc.equal(batch.column("origin"), source), pc.invert(batch.column("implied")))
        listed.update(batch.column("id").filter(own).to_pylist())
    return listed

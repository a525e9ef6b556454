"""A snapshot that is another one in all but what a subclass sets: links, outcomes, or parties behind the others."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.snapshots.links import HeldLinks
from graph.snapshots.search_index import SearchIndex
from graph.snapshots.snapshot import Outcomes, OwnTransfers, Snapshot


class SnapshotView(Snapshot):
    """A snapshot over `base`, whose parties, outcomes and held facts it has."""

    def __init__(self, base: Snapshot) -> None:
        super().__init__(base.folder, base.manifest, base.id)
        self.base = base
        self.n_parties, self.revision = base.n_parties, base.revision
        self.party_kinds, self.protected = base.party_kinds, base.protected
        self.kinds, self.categories = dict(base.kinds), base.categories

    @cached_property
    def party_kind(self) -> npt.NDArray[np.uint8]:
        return self.base.party_kind

    @cached_property
    def implied(self) -> npt.NDArray[np.bool_]:
        return self.base.implied

    @cached_property
    def numeric(self) -> dict[str, npt.NDArray[np.float32]]:
        return self.base.numeric

    @cached_property
    def categorical(self) -> dict[str, tuple[npt.NDArray[np.int32], tuple[str, ...]]]:
        return self.base.categorical

    @cached_property
    def outcomes(self) -> Outcomes:
        return self.base.outcomes

    @property
    def unindexed(self) -> list[int]:
        return self.base.unindexed

    @cached_property
    def search_index(self) -> SearchIndex:
        return self.base.search_index

    @property
    def same_as(self) -> dict[str, Any]:
        return self.base.same_as

    def own_transfers_of(self, row: int) -> dict[str, OwnTransfers]:
        return self.base.own_transfers_of(row)

    def held_links(self, kind: str) -> HeldLinks:
        return self.base.held_links(kind)

    def id_of(self, row: int) -> str:
        return self.base.id_of(row)

    def name_of(self, row: int) -> str | None:
        return self.base.name_of(row)

    def ids_of(self, row: int) -> tuple[str, ...]:
        return self.base.ids_of(row)

    def id_array(self) -> pa.LargeStringArray:
        return self.base.id_array()

    def name_array(self) -> pa.LargeStringArray:
        return self.base.name_array()

    def find(self, id: str) -> int | None:
        return self.base.find(id)

    def hashed_rows(self, ids: pa.Array) -> npt.NDArray[np.int32]:
        return self.base.hashed_rows(ids)

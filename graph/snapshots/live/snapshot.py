"""A snapshot that follows what is recorded after it, without being written anew.

It holds the arrays of its base and what differs. A change (`advance`) makes another one and leaves this one as it is,
so that who answers from one goes on with it. New parties have the rows behind those of the base: no score depends on a
row.

The facts that were carried to holders, as they came (`held_links`), and own transfers stay those of the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.schema import IDENTIFIER_KINDS, RELATIONSHIP_KINDS, RelationshipKind
from graph.snapshots.links import HeldLinks, Links
from graph.snapshots.live.links import ChangedLinks, HeldBefore, LinkDelta, NoLinks
from graph.snapshots.live.parties import LiveParties
from graph.snapshots.live.view import SnapshotView
from graph.snapshots.snapshot import Outcomes, Snapshot

I64 = npt.NDArray[np.int64]


class LiveSnapshot(SnapshotView):
    """`base` with all that was recorded until `revision`.

    deltas: of the kinds whose links changed. held: identifiers, ascending, of which facts were carried since.
    """

    def __init__(
        self,
        base: Snapshot,
        revision: int,
        parties: LiveParties,
        deltas: Mapping[str, LinkDelta],
        outcomes: Outcomes,
        held: I64,
        defined: Mapping[str, RelationshipKind],
    ) -> None:
        super().__init__(base)
        self.revision, self.parties, self.deltas = revision, parties, deltas
        self.held, self.defined = held, defined
        self.n_parties, self.party_kinds, self.protected = parties.n, parties.kinds, parties.protected
        every = {kind: self.links_of(kind) for kind in sorted({*base.kinds, *deltas})}
        self._links = {kind: links for kind, links in every.items() if links.info.links}
        self.kinds = {kind: links.info for kind, links in self._links.items()}
        self.categories = tuple(sorted({info.category for info in self.kinds.values()}))
        values = {"party_kind": parties.kind, "implied": parties.implied, "outcomes": outcomes}
        self.__dict__ |= values | {"numeric": dict(parties.numeric), "categorical": dict(parties.categorical)}

    @staticmethod
    def of(base: Snapshot, defined: Mapping[str, RelationshipKind] | None = None) -> LiveSnapshot:
        """A snapshot before any change. defined: kinds of relationships beside the built-in ones."""
        here = {name: RelationshipKind(name, info.category, info.symmetric) for name, info in base.kinds.items()}
        every = {**here, **RELATIONSHIP_KINDS, **(defined or {})}
        nothing = np.empty(0, np.int64)
        return LiveSnapshot(base, base.revision, LiveParties.of(base), {}, base.outcomes, nothing, every)

    def links_of(self, kind: str) -> Links:
        """The links of a kind that is defined, none where nobody has stated any."""
        known = kind in self.base.kinds
        if kind not in self.deltas and known and self.n_parties == self.base.n_parties:
            return self.base.links(kind)
        if known:
            links = self.base.links(kind)
        else:
            described = self.defined[kind]
            links = NoLinks(kind, described.category, described.symmetric, self.base.n_parties)
        return ChangedLinks(links, self.deltas.get(kind, LinkDelta.none(links.info.facts)), self.n_parties)

    def held_links(self, kind: str) -> HeldLinks:
        """The facts of a kind that were carried to holders, as they came, of the base."""
        held = self.base.held_links(kind)
        return held if self.n_parties == self.base.n_parties else HeldBefore(held, self.n_parties)

    def id_of(self, row: int) -> str:
        """The id of a row."""
        n = self.base.n_parties
        return self.base.id_of(row) if row < n else self.parties.new[self._check(row) - n]

    def name_of(self, row: int) -> str | None:
        """The name of a row, None where none is known."""
        if row in self.parties.names:
            return self.parties.names[row]
        return self.base.name_of(row)

    def ids_of(self, row: int) -> tuple[str, ...]:
        """Every id of a row."""
        return self.base.ids_of(row) if row < self.base.n_parties else (self.id_of(row),)

    def find(self, id: str) -> int | None:
        row = self.parties.rows.get(id)
        return self.base.find(id) if row is None else row

    def hashed_rows(self, ids: pa.Array) -> npt.NDArray[np.int32]:
        rows = self.base.hashed_rows(ids)
        new = self.parties.rows
        for place in np.flatnonzero(rows < 0).tolist() if new else ():
            rows[place] = new.get(ids[place].as_py(), -1)
        return rows

    def id_array(self) -> pa.LargeStringArray:
        """The id of every row."""
        return pa.concat_arrays([self.base.id_array(), pa.array(self.parties.new, pa.large_string())])

    def name_array(self) -> pa.LargeStringArray:
        """Names of all rows, empty where none is known."""
        if not self.parties.names:
            return self.base.name_array()
        names = self.base.name_array().to_pylist() + [""] * len(self.parties.new)
        for row, name in self.parties.names.items():
            names[row] = name or ""
        return pa.array(names, pa.large_string())

    @property
    def unindexed(self) -> list[int]:
        """Rows of new parties, and of those with another name, ascending."""
        n, names = self.base.n_parties, self.parties.names
        renamed = [row for row, name in names.items() if row < n and name != self.base.name_of(row)]
        return [*sorted(renamed), *range(n, self.n_parties)]

    @cached_property
    def is_identifier(self) -> npt.NDArray[np.bool_]:
        """bool[n]: which parties are identifiers."""
        codes = [code for code, kind in enumerate(self.party_kinds) if kind in IDENTIFIER_KINDS]
        return np.isin(self.party_kind, codes)

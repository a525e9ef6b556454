"""What a load ends: facts of earlier loads of its source that its files state otherwise, or no longer list.

- A row key identifies a row within its source and table: where its ends or its kind changed, the earlier link ends.
- An outcome without a row key is known by its party and the time it opened: the newest load that states one counts.
- Of a complete file, what it no longer lists ends; a party that links still need stays, implied and bare.

Links of states, such as shares, that are repeated with other content are told: old and new stand together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import RELATIONSHIP_KINDS
from graph.stores.base import GraphStore, Load
from loaders.checking import tables
from loaders.checking.chunk_context import ChunkContext
from loaders.full_exports import IMPLIED, KIND, are_covered
from loaders.identity.hashes import Occurrences, hashes
from loaders.identity.keys import has_content_key, row_key_hashes
from loaders.mapping import SAME_AS_TABLE
from loaders.notices import Notices
from loaders.plan import LoadPlan, ResolvedFile
from loaders.values.arrays import Bools, Hashes, to_mask

NATURAL_KEY: Final = {
    "parties": ("id",), "relationships": ("source", "target", "kind", "key"), "outcomes": ("party", "key"),
    "consents": ("party", "source", "purpose", "given"),
}  # fmt: skip
ENDS: Final = {
    "parties": ("id",),
    "relationships": ("source", "target"),
    "outcomes": ("party",),
    "consents": ("party",),
}
KEYED: Final = frozenset({"relationships", "outcomes"})  # tables whose facts have keys of their own
NEEDING: Final = frozenset({"relationships", "outcomes"})  # tables whose facts keep their parties
LINK: Final = ("source", "target", "kind", "weight", "first", "last", "count", "amount", "context")
TURNED: Final = ("target", "source", *LINK[2:])
# Kinds of categories in which two live links of one kind between the same ends are one state, stated twice.
STATES: Final = frozenset({"ownership", "work", "identifier", "guarantee", "social"})


class Ending:
    """What one load states, and at its end what of its source it ends.

    store: where the facts of earlier loads are read.
    """

    def __init__(self, store: GraphStore, plan: LoadPlan, notices: Notices) -> None:
        self._store, self._plan, self._notices = store, plan, notices
        self._has_earlier = any(load.source == plan.source and load.revision is not None for load in store.loads())
        self._stated = {table: Occurrences() for table in NATURAL_KEY}
        self._row_keys = {table: Occurrences() for table in NATURAL_KEY}
        self._outcomes = Occurrences()  # party and opening of outcomes without a row key
        self._states = Occurrences()  # ends and kind of links without a row key that are states
        self._keyed_states = Occurrences()  # and of those with one
        self._turned = Occurrences()  # links of symmetric kinds with a row key, in the other direction
        self._rejected = {table: Occurrences() for table in NATURAL_KEY}
        self._unread: set[str] = set()  # tables with rows that could not be read
        self._kinds: set[str] = set()  # of links in complete files

    def imply(self, ids: pa.Array) -> None:
        """Parties that links or outcomes of the files need."""
        if self._has_earlier and self._plan.completes:
            self._stated["parties"].number(hashes([pc.unique(ids)]))

    def state(self, table: str, batch: pa.RecordBatch, file: ResolvedFile) -> None:
        """A batch of facts that the files state."""
        if not self._has_earlier or not batch.num_rows:
            return
        self._stated[table].number(hashes_of(batch, NATURAL_KEY[table]))
        if table not in KEYED:
            return
        if file.mapping.key:
            self._row_keys[table].number(row_key_hashes(batch.column("key")))
            if table == "relationships":
                self._turned.number(hashes_of(self._symmetric(batch), TURNED))
                self._keyed_states.number(_state_hashes(batch.filter(pa.array(_are_states(batch)))))
        elif table == "outcomes" and not file.dialect.rejects:
            self._outcomes.number(hashes_of(batch, ("party", "opened")))
        elif table == "relationships":
            self._states.number(_state_hashes(batch.filter(pa.array(_are_states(batch)))))
        if table == "relationships" and self._plan.is_complete(file):
            self._kinds.update(pc.unique(batch.column("kind")).to_pylist())

    def reject(self, context: ChunkContext, columns: dict[str, pa.Array]) -> None:
        """The rejected rows of a chunk: what they are about does not end."""
        table = context.file.table
        if not self._has_earlier or not self._plan.is_complete(context.file):
            return
        if context.chunk.malformed:
            self._unread.add(table)
        rows = pa.array(np.flatnonzero(~context.validation.valid))
        if len(rows):
            self._rejected[table].number(hashes([columns[name].take(rows) for name in ENDS[table]]))

    @property
    def complete(self) -> tuple[str, ...]:
        """What the files are full exports of, as `full_exports` names it; nothing of what could not be read in full."""
        if not self._plan.completes:
            return ()
        names = {table: table for table in NATURAL_KEY} | {IMPLIED: "relationships", SAME_AS_TABLE: SAME_AS_TABLE}
        whole = [name for name, table in names.items() if self._plan.is_whole(table)]
        kinds = [f"{KIND}{kind}" for kind in self._kinds]
        read_as = {IMPLIED: "parties", SAME_AS_TABLE: "relationships"} | dict.fromkeys(kinds, "relationships")
        return tuple(sorted(name for name in (*whole, *kinds) if read_as.get(name, name) not in self._unread))

    def finish(self, load: Load) -> int:
        """End what is to be ended; returns how many facts."""
        if not self._has_earlier:
            return 0
        ended = 0
        unlisted = {id: kind for batch in self._ended_parties() for id, kind in zip(*batch, strict=True)}
        for table in ("relationships", "outcomes", "consents"):
            for batch in self._own(table):
                ends = self._ends(table, batch)
                if unlisted and table in NEEDING:
                    kept = batch.filter(pa.array(~ends))
                    needed = {id for name in ENDS[table] for id in pc.unique(kept.column(name)).to_pylist()}
                    self._keep_bare(load, {id: unlisted.pop(id) for id in sorted(unlisted.keys() & needed)})
                if ends.any():
                    ended += load.end(batch.filter(pa.array(ends)))
                    self._tell_emptied(table)
        if unlisted:
            ended += load.end(pa.record_batch({"id": pa.array(sorted(unlisted), pa.string())}))
            self._tell_emptied("parties")
        for table in sorted(self._unread):
            self._notices.add(self._plan.source, "nothing_ended", table)
        return ended

    def _tell_emptied(self, table: str) -> None:
        """Tell that facts ended because the files state none at all of their table: they may have been cut off."""
        if self._stated[table].is_empty:
            self._notices.add(self._plan.source, "emptied", table)

    def _keep_bare(self, load: Load, needed: dict[str, str | None]) -> None:
        """Of parties that links need, keep their kind alone; those that are implied (no kind) stay as they are."""
        for kind in sorted({kind for kind in needed.values() if kind is not None}):
            ids = [id for id, of in needed.items() if of == kind]
            load.parties(tables.implied_parties(ids, kind))

    def _own(self, table: str) -> Iterator[pa.RecordBatch]:
        """The facts of earlier loads of this source."""
        if self._may_end(table):
            yield from facts_of(self._store, self._plan.source, table)

    def _may_end(self, table: str) -> bool:
        """Whether a fact of this table may end or be told; else the store is not read."""
        occurrences = {
            "parties": (),
            "relationships": (self._row_keys[table], self._states),
            "outcomes": (self._row_keys[table], self._outcomes),
            "consents": (),
        }[table]
        return self._plan.completes or any(not counted.is_empty for counted in occurrences)

    def _ended_parties(self) -> Iterator[tuple[list[str], list[str | None]]]:
        """Ids and kinds of the parties that end where no link needs them; the kind is None where they are implied."""
        for batch in self._own("parties"):
            ended = batch.filter(pa.array(self._ends("parties", batch)))
            kinds = pc.if_else(ended.column("implied"), None, ended.column("kind"))
            yield ended.column("id").to_pylist(), kinds.to_pylist()

    def _ends(self, table: str, batch: pa.RecordBatch) -> Bools:
        """Which of these facts of earlier loads end."""
        unstated = self._stated[table].times(hashes_of(batch, NATURAL_KEY[table])) == 0
        ends = unstated & self._is_unlisted(table, batch)
        if table in KEYED:
            ends |= unstated & (self._row_keys[table].times(row_key_hashes(batch.column("key"))) > 0)
        if table == "outcomes":
            by_content = has_content_key(batch)
            ends |= unstated & by_content & (self._outcomes.times(hashes_of(batch, ("party", "opened"))) > 0)
        if table == "relationships":
            self._tell_states(batch, unstated & ~ends)
            self._tell_turned(batch.filter(pa.array(unstated & ~ends)))
        return np.asarray(ends, bool)

    def _is_unlisted(self, table: str, batch: pa.RecordBatch) -> Bools:
        """Which facts a complete file would list if they still held."""
        covered = are_covered(self.complete, table, batch)
        if not covered.any():
            return covered
        return np.asarray(covered & (self._rejected[table].times(hashes_of(batch, ENDS[table])) == 0), bool)

    def _tell_states(self, batch: pa.RecordBatch, standing: Bools) -> None:
        stated, by_content = _state_hashes(batch), has_content_key(batch)
        again = (self._states.times(stated) > 0) | (by_content & (self._keyed_states.times(stated) > 0))
        repeated = standing & _are_states(batch) & again
        for counted in pc.value_counts(batch.column("kind").filter(pa.array(repeated))).to_pylist():
            self._notices.add(self._plan.source, "repeated_states", "", counted["values"], counted["counts"])

    def _tell_turned(self, standing: pa.RecordBatch) -> None:
        """Tell of links of earlier loads that rows with other keys list in the other direction."""
        links = self._symmetric(standing)
        found = links.filter(pa.array(self._turned.times(hashes_of(links, LINK)) > 0))
        for source, target, kind in zip(*(found.column(name).to_pylist() for name in LINK[:3]), strict=True):
            self._notices.add(self._plan.source, "both_ways_earlier", repr(f"{source} - {target}"), kind)

    def _symmetric(self, links: pa.RecordBatch) -> pa.RecordBatch:
        """The links of symmetric kinds between two parties."""
        kinds = pa.array([name for name, kind in self._store.kinds().items() if kind.symmetric], pa.string())
        is_pair = pc.not_equal(links.column("source"), links.column("target"))
        return links.filter(pc.and_(pc.is_in(links.column("kind"), value_set=kinds), is_pair))


def _state_hashes(links: pa.RecordBatch) -> Hashes:
    return hashes_of(links, ("source", "target", "kind"))


def facts_of(store: GraphStore, source: str, table: str) -> Iterator[pa.RecordBatch]:
    """The live facts of one table that loads of a source recorded."""
    read = {
        "parties": store.read_parties,
        "relationships": store.read_relationships,
        "outcomes": store.read_outcomes,
        "consents": store.read_consents,
    }[table]
    for batch in read():
        own = batch.filter(pc.equal(batch.column("origin"), source))
        if own.num_rows:
            yield own


def hashes_of(batch: pa.RecordBatch, names: Sequence[str]) -> Hashes:
    """The hash of each row's values in some columns."""
    return hashes([batch.column(name) for name in names])


def _are_states(batch: pa.RecordBatch) -> Bools:
    """Whether each link says how things are, not what happened: it has no time, or its category is one of states."""
    kinds = [name for name, kind in RELATIONSHIP_KINDS.items() if kind.category in STATES]
    undated = pc.and_(pc.is_null(batch.column("first")), pc.is_null(batch.column("last")))
    return to_mask(pc.or_(undated, pc.is_in(batch.column("kind"), value_set=pa.array(kinds))))

"""An opened snapshot: the network as of a time, as read-only memory-mapped arrays.

A snapshot is a folder:

    manifest.json                     canonical JSON: revision, as_of, counts, kinds, columns; files' SHA-256 and size
    id                                SHA-256 of manifest.json, so that a changed manifest is refused too
    parties/id.{i8,utf8}              offsets int64[n+1] and the ids, sorted by bytes; name.{i8,utf8} alike
    parties/{kind,implied}.u1         uint8[n]
    search/{id,name}.{i8,utf8}        casefolded ids and names, each after one byte 0xFF (which UTF-8 never has)
    links/KIND/*                      a CSR by source and one by target (see `Links`), carried to holders
    held/KIND/*                       the facts that were carried, as they came (see `HeldLinks`)
    own/KIND/{party.i4,facts.i8,amount.f8}  own transfers of each party that made any
    attributes/NUMBER.{f4,i4,json}    numeric column, or codes and vocabulary, in the manifest's order
    outcomes/*                        see `Outcomes`

All arrays are little-endian. Each is mapped on first use, so that opening takes equally long for any size.
`graph.snapshots.build` writes the folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import SnapshotError, UnknownKind, UnknownParty
from graph.snapshots.files import (
    BUILD_AGAIN,
    MANIFEST,
    TEXT_START,
    Array,
    MappedFiles,
    check_files,
    read_manifest,
    sha256_of,
)
from graph.snapshots.texts import Texts, utf8

MIN_HASHED_IDS: Final = 512  # from here one hash table is faster than binary searches


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind of relationship as this snapshot has it.

    links: number of entries. facts: number of links as they were loaded, of which `carried` tie holders of their ends;
    a fact has several entries where an end has several holders.
    """

    name: str
    category: str
    symmetric: bool
    links: int
    facts: int
    carried: int = 0


class OwnTransfers(NamedTuple):
    """Own transfers of one party: their number, and the sum of their amounts (None where none is known)."""

    facts: int
    amount: float | None


class IncidentLinks(NamedTuple):
    """The k links of one party in one direction.

    party int32[k]: row of the other end. entry int[k]: place of the link in the out arrays, as in `weight[entry]`.
    """

    party: npt.NDArray[np.int32]
    entry: npt.NDArray[np.integer[Any]]


class Links:
    """The links of one kind: n parties, m entries sorted by (source, target, first, last, ...).

    A link of a symmetric kind is stored once, in the direction in which it was loaded: whoever wants all such links of
    a party takes `out` and `into` together, and a self-link once.

    A link of held identifiers has one entry for each pair of their holders. What counts links or sums their amounts
    takes of a party's entries those that count for it (`counts_for_source`, `counts_for_target`).
    """

    folder = "links"

    def __init__(self, files: MappedFiles, info: KindInfo, n: int) -> None:
        self.info = info
        self._files, self._n = files, n

    def _array(self, name: str, length: int | None = None) -> Array:
        length = self.info.links if length is None else length
        return self._files.array(f"{self.folder}/{self.info.name}/{name}", length)

    @cached_property
    def out_indptr(self) -> npt.NDArray[np.int64]:
        """int64[n + 1]: entries of source row i are out_indptr[i]:out_indptr[i + 1]."""
        return self._array("out_indptr.i8", self._n + 1)

    @cached_property
    def out_target(self) -> npt.NDArray[np.int32]:
        """int32[m]: target row of each entry."""
        return self._array("out_target.i4")

    @cached_property
    def weight(self) -> npt.NDArray[np.float32]:
        """float32[m], NaN where missing."""
        return self._array("weight.f4")

    @cached_property
    def amount(self) -> npt.NDArray[np.float64]:
        """float64[m], as the facts say it, NaN where missing."""
        return self._array("amount.f8")

    @cached_property
    def first(self) -> npt.NDArray[np.float64]:
        """float64[m], seconds since 1970, NaN where missing."""
        return self._array("first.f8")

    @cached_property
    def last(self) -> npt.NDArray[np.float64]:
        """float64[m], seconds since 1970, NaN where missing or later than the snapshot's time."""
        return self._array("last.f8")

    @cached_property
    def count(self) -> npt.NDArray[np.int64]:
        """int64[m], 1 where missing."""
        return self._array("count.i8")

    @cached_property
    def context(self) -> npt.NDArray[np.uint8]:
        """uint8[m]: 0 none, 1 online, 2 offline."""
        return self._array("context.u1")

    @cached_property
    def via_source(self) -> npt.NDArray[np.int32]:
        """int32[m]: row of the identifier that the source of each entry held, -1 where the source is as loaded."""
        return self._array("via_source.i4") if self.info.carried else np.full(self.info.links, -1, np.int32)

    @cached_property
    def via_target(self) -> npt.NDArray[np.int32]:
        """int32[m]: row of the identifier that the target of each entry held, -1 where the target is as loaded."""
        return self._array("via_target.i4") if self.info.carried else np.full(self.info.links, -1, np.int32)

    @property
    def once(self) -> bool:
        """Whether every fact has one entry."""
        return self.info.facts == self.info.links

    @cached_property
    def fact(self) -> npt.NDArray[np.int32]:
        """int32[m]: number of the fact of each entry, from 0 in the order of the entries."""
        return np.arange(self.info.links, dtype=np.int32) if self.once else self._array("fact.i4")

    @cached_property
    def counts_for_source(self) -> npt.NDArray[np.bool_]:
        """bool[m]: whether the entry is the first of its fact with this source, so that each fact counts once."""
        return np.ones(self.info.links, bool) if self.once else self._array("counts_for_source.u1").view(np.bool_)

    @cached_property
    def counts_for_target(self) -> npt.NDArray[np.bool_]:
        """bool[m]: whether the entry is the first of its fact with this target, so that each fact counts once."""
        return np.ones(self.info.links, bool) if self.once else self._array("counts_for_target.u1").view(np.bool_)

    def facts_by_source(self) -> npt.NDArray[np.int64]:
        """Number of facts of which each party is a source: int64[n]."""
        return _counted_by(self.out_indptr, None if self.once else self.counts_for_source)

    def facts_by_target(self) -> npt.NDArray[np.int64]:
        """Number of facts of which each party is a target: int64[n]."""
        return _counted_by(self.in_indptr, None if self.once else self.counts_for_target[self.in_entry])

    @cached_property
    def in_indptr(self) -> npt.NDArray[np.int64]:
        """int64[n + 1]: incoming links of row i are in_indptr[i]:in_indptr[i + 1], by source and entry."""
        return self._array("in_indptr.i8", self._n + 1)

    @cached_property
    def in_source(self) -> npt.NDArray[np.int32]:
        """int32[m]: source row of each incoming link."""
        return self._array("in_source.i4")

    @cached_property
    def in_entry(self) -> npt.NDArray[np.int32]:
        """int32[m]: entry of each incoming link, as in `weight[in_entry]`."""
        return self._array("in_entry.i4")

    def out(self, row: int) -> IncidentLinks:
        """The links that leave a row, by target, a self-link among them."""
        low, high = self.out_indptr[row : row + 2].tolist()
        return IncidentLinks(self.out_target[low:high], np.arange(low, high))

    def into(self, row: int) -> IncidentLinks:
        """The links that reach a row, by source, a self-link among them."""
        low, high = self.in_indptr[row : row + 2].tolist()
        return IncidentLinks(self.in_source[low:high], self.in_entry[low:high])

    def between(self, source: int, target: int) -> npt.NDArray[np.int64]:
        """Entries from one row to another in the direction in which they are stored, int64[k] ascending."""
        low, high = self.out_indptr[source : source + 2].tolist()
        first, end = self.out_target[low:high].searchsorted(np.array([target, target + 1], np.int32)).tolist()
        return np.arange(low + first, low + end)

    def number_of_facts(self, entries: npt.NDArray[np.integer[Any]]) -> int:
        """Number of facts that have any of these entries, each of them once."""
        return len(entries) if self.once else len(np.unique(self.fact[entries]))

    def with_same_fact(self, entries: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Entries of the facts of these entries, int64[k] ascending."""
        if self.once or not len(entries):
            return entries
        chosen = np.zeros(self.info.facts, bool)
        chosen[self.fact[entries]] = True
        return np.flatnonzero(chosen[self.fact])

    def relationship(self, source: int, target: int) -> npt.NDArray[np.int64]:
        """Entries of the relationship from one row to another, int64[k] ascending.

        They are `between`, and of a symmetric kind also those stored in the other direction.
        """
        entries = self.between(source, target)
        if not self.info.symmetric or source == target:
            return entries
        return np.sort(np.concatenate([entries, self.between(target, source)]))


def _counted_by(indptr: npt.NDArray[np.int64], counts: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.int64]:
    """The number of entries of each row, int64[n], of which only those that count."""
    if counts is None:
        return np.diff(indptr)
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    return np.diff(before[indptr])


class HeldLinks(Links):
    """The facts of one kind that were carried, with the ends that they came with, so that an account has its payments.

    `out` are those of a source that was held, `into` those that reach a target that was held; entries whose source was
    held come first. The others of an end's links are in `Links`.
    """

    folder = "held"

    def _array(self, name: str, length: int | None = None) -> Array:
        if name in ("in_source.i4", "in_entry.i4"):
            length = int(self.in_indptr[-1])
        return super()._array(name, length)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """k outcomes, sorted by (party, opened, closed, outcome, state).

    party int32[k] are rows, outcome uint8[k] codes into schema.OUTCOMES_KNOWN, state uint8[k] codes into
    schema.OUTCOME_STATES. opened and closed float64[k] are seconds since 1970, NaN where missing or not yet known.
    """

    party: npt.NDArray[np.int32]
    outcome: npt.NDArray[np.uint8]
    opened: npt.NDArray[np.float64]
    closed: npt.NDArray[np.float64]
    state: npt.NDArray[np.uint8]


class Snapshot:
    """A snapshot of n parties. Every array is read-only, and shared with other processes by the page cache."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any], id: str) -> None:
        self.folder = folder
        self.id = id
        self.manifest = manifest
        self.revision: int = manifest["revision"]
        self.as_of: float | None = manifest["as_of"]
        self.n_parties: int = manifest["parties"]
        self.party_kinds: tuple[str, ...] = tuple(manifest["party_kinds"])
        self.kinds: dict[str, KindInfo] = {
            k["name"]: KindInfo(k["name"], k["category"], k["symmetric"], k["links"], k["facts"], k["carried"])
            for k in manifest["kinds"]
        }
        self.held_kinds: dict[str, KindInfo] = {
            k["name"]: KindInfo(k["name"], k["category"], k["symmetric"], k["facts"], k["facts"])
            for k in manifest["held"]
        }
        self.categories: tuple[str, ...] = tuple(sorted({kind.category for kind in self.kinds.values()}))
        self.protected: frozenset[str] = frozenset(c["name"] for c in manifest["columns"] if c["protected"])
        self._files = MappedFiles(folder, {path: entry["size"] for path, entry in manifest["files"].items()})
        self._links: dict[str, Links] = {}
        self._held_links: dict[str, HeldLinks] = {}

    @staticmethod
    def open(folder: Path, verify: bool = False) -> Snapshot:
        """The snapshot in a folder, after checking the manifest and the presence and size of every file.

        verify: check the SHA-256 of every file too.

        Raises SnapshotError naming the file that is missing, damaged or foreign.
        """
        folder = Path(folder)
        manifest, id = read_manifest(folder)
        try:
            check_files(folder, manifest["files"])
            opened = Snapshot(folder, manifest, id)
            hashes = {path: entry["sha256"] for path, entry in sorted(manifest["files"].items())}
        except (KeyError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{folder / MANIFEST}: incomplete ({error}); {BUILD_AGAIN}") from error
        for path in hashes if verify else ():
            if sha256_of(folder / path) != hashes[path]:
                raise SnapshotError(f"{folder / path}: its bytes differ from the manifest; {BUILD_AGAIN}")
        return opened

    @property
    def dangling(self) -> int:
        """Number of links left out because an end was not a party at the snapshot's time."""
        return int(self.manifest["dangling"]["relationships"])

    @property
    def later(self) -> dict[str, int]:
        """Numbers of links that begin after the snapshot's time, and of links whose totals end after it."""
        return dict(self.manifest.get("later", {"relationships": 0, "totals": 0}))

    @cached_property
    def party_kind(self) -> npt.NDArray[np.uint8]:
        """uint8[n]: code into `party_kinds`."""
        return self._files.array("parties/kind.u1", self.n_parties)

    @cached_property
    def implied(self) -> npt.NDArray[np.bool_]:
        """bool[n]: whether the party is known only as an end of a link."""
        return self._files.array("parties/implied.u1", self.n_parties).view(np.bool_)

    @cached_property
    def _ids(self) -> Texts:
        return self._texts("parties/id")

    @cached_property
    def _names(self) -> Texts:
        return self._texts("parties/name")

    def _texts(self, path: str) -> Texts:
        return Texts(*self._files.texts(path))

    def id_of(self, row: int) -> str:
        """The id of a row.

        Raises IndexError for a row outside 0..n-1.
        """
        return self._ids.text(self._check(row))

    def name_of(self, row: int) -> str | None:
        """The name of a row, None where none is known.

        Raises IndexError for a row outside 0..n-1.
        """
        return self._names.text(self._check(row)) or None

    def row_of(self, id: str) -> int:
        """The row of an id.

        Raises UnknownParty.
        """
        row = self._ids.row_of(id)
        if row is None:
            raise UnknownParty(id)
        return row

    def has(self, id: str) -> bool:
        """Whether a party has this id."""
        return self._ids.row_of(id) is not None

    def rows_of(self, ids: Sequence[str]) -> npt.NDArray[np.int32]:
        """Rows of ids, in their order: int32[len(ids)].

        Raises UnknownParty for the first unknown id.
        """
        if len(ids) < MIN_HASHED_IDS:
            return np.array([self.row_of(id) for id in ids], np.int32)
        rows = pc.index_in(pa.array(ids, pa.large_string()), value_set=self.id_array())
        if rows.null_count:
            raise UnknownParty(ids[int(np.flatnonzero(np.asarray(rows.is_null()))[0])])
        return np.asarray(rows.to_numpy(zero_copy_only=False), np.int32)

    def id_array(self) -> pa.LargeStringArray:
        """Ids of all rows, without a copy."""
        return self._ids.array()

    def search(self, text: str, limit: int, after: int = 0) -> list[int]:
        """The rows whose id begins with `text` or whose name contains it, ascending: `limit` after the first `after`.

        Upper and lower case are alike. An empty text matches every row.
        """
        wanted = utf8(text.casefold())
        if not wanted:
            return list(range(self.n_parties)[after : after + max(limit, 0)])
        ids, names = self._texts("search/id"), self._texts("search/name")
        matches = merge(ids.rows_with(TEXT_START + wanted), names.rows_with(wanted))
        distinct = (row for row, _ in groupby(matches))
        return list(islice(distinct, after, after + max(limit, 0)))

    def links(self, kind: str) -> Links:
        """The links of a kind.

        Raises UnknownKind when the snapshot has none of it.
        """
        if kind not in self._links:
            if kind not in self.kinds:
                raise UnknownKind(
                    f"this snapshot has no links of kind {kind!r}; it has {', '.join(self.kinds) or 'none'}"
                )
            self._links[kind] = Links(self._files, self.kinds[kind], self.n_parties)
        return self._links[kind]

    def held_links(self, kind: str) -> HeldLinks:
        """The facts of a kind that were carried to holders, as they came.

        Raises UnknownKind when none of the kind was.
        """
        if kind not in self.held_kinds:
            raise UnknownKind(f"no links of kind {kind!r} are carried here; of {', '.join(self.held_kinds) or 'none'}")
        if kind not in self._held_links:
            self._held_links[kind] = HeldLinks(self._files, self.held_kinds[kind], self.n_parties)
        return self._held_links[kind]

    @property
    def own_transfers(self) -> dict[str, int]:
        """Number of own transfers by kind, of the kinds that have any."""
        return {kind["name"]: kind["own"] for kind in self.manifest["held"] if kind["own"]}

    @property
    def crowded(self) -> dict[str, Any]:
        """The number of `identifiers` with too many holders at the time of a link, and the first of their `ids`."""
        return dict(self.manifest["crowded"])

    def own_transfers_of(self, row: int) -> dict[str, OwnTransfers]:
        """Own transfers of a party by kind: links between identifiers that it held, which tie it to nobody."""
        found = {}
        for kind in self.own_transfers:
            party = self._files.array(f"own/{kind}/party.i4")
            at = int(np.searchsorted(party, row))
            if at < len(party) and party[at] == row:
                amount = float(self._files.array(f"own/{kind}/amount.f8")[at])
                facts = int(self._files.array(f"own/{kind}/facts.i8")[at])
                found[kind] = OwnTransfers(facts, None if np.isnan(amount) else amount)
        return found

    def kinds_of(self, categories: Set[str]) -> list[str]:
        """Names of the relationship kinds of these categories that have links here, ascending."""
        return [name for name, info in self.kinds.items() if info.category in categories]

    @cached_property
    def numeric(self) -> dict[str, npt.NDArray[np.float32]]:
        """Numeric attributes by name: float32[n], NaN where missing. Protected ones are among them."""
        return {
            column["name"]: self._files.array(column["values"], self.n_parties)
            for column in self.manifest["columns"]
            if column["type"] == "numeric"
        }

    @cached_property
    def categorical(self) -> dict[str, tuple[npt.NDArray[np.int32], tuple[str, ...]]]:
        """Text attributes by name: codes int32[n] (-1 missing) into a vocabulary sorted by bytes.

        Protected ones are among them.
        """
        return {
            column["name"]: (
                self._files.array(column["values"], self.n_parties),
                tuple(json.loads((self.folder / column["vocabulary"]).read_bytes())),
            )
            for column in self.manifest["columns"]
            if column["type"] == "categorical"
        }

    @cached_property
    def outcomes(self) -> Outcomes:
        """Outcomes known at the snapshot's time."""
        k = self.manifest["outcomes"]
        names = ("party.i4", "outcome.u1", "opened.f8", "closed.f8", "state.u1")
        return Outcomes(*(self._files.array(f"outcomes/{name}", k) for name in names))

    def _check(self, row: int) -> int:
        if not 0 <= row < self.n_parties:
            raise IndexError(f"row {row} is outside 0..{self.n_parties - 1}")
        return row

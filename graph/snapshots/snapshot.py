"""An opened snapshot: the network as of a time, as read-only memory-mapped arrays.

A snapshot is a folder:

    manifest.json                     canonical JSON: revision, as_of, counts, kinds, columns; files' SHA-256 and size
    id                                SHA-256 of manifest.json, so that a changed manifest is refused too
    parties/id.{i8,utf8}              offsets int64[n+1] and the ids, sorted by bytes; name.{i8,utf8} alike
    parties/{kind,implied}.u1         uint8[n]
    search/*                          the words of ids and names (see `graph.snapshots.search_index`)
    links/KIND/*                      a CSR by source and one by target (see `Links`)
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
    Array,
    MappedFiles,
    check_files,
    read_manifest,
    sha256_of,
)
from graph.snapshots.search_index import SearchIndex
from graph.snapshots.texts import Texts

MIN_HASHED_IDS: Final = 512  # from here one hash table is faster than binary searches


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind of relationship as this snapshot has it; `links` counts its entries."""

    name: str
    category: str
    symmetric: bool
    links: int


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
    """

    def __init__(self, files: MappedFiles, info: KindInfo, n: int) -> None:
        self.info = info
        self._files, self._n = files, n

    def _array(self, name: str, length: int | None = None) -> Array:
        return self._files.array(f"links/{self.info.name}/{name}", self.info.links if length is None else length)

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

    def relationship(self, source: int, target: int) -> npt.NDArray[np.int64]:
        """Entries of the relationship from one row to another, int64[k] ascending.

        They are `between`, and of a symmetric kind also those stored in the other direction.
        """
        entries = self.between(source, target)
        if not self.info.symmetric or source == target:
            return entries
        return np.sort(np.concatenate([entries, self.between(target, source)]))


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
            k["name"]: KindInfo(k["name"], k["category"], k["symmetric"], k["links"]) for k in manifest["kinds"]
        }
        self.categories: tuple[str, ...] = tuple(sorted({kind.category for kind in self.kinds.values()}))
        self.protected: frozenset[str] = frozenset(c["name"] for c in manifest["columns"] if c["protected"])
        self._files = MappedFiles(folder, {path: entry["size"] for path, entry in manifest["files"].items()})
        self._links: dict[str, Links] = {}

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

    def kind_of(self, row: int) -> str:
        """The kind of the party of a row.

        Raises IndexError for a row outside 0..n-1.
        """
        return self.party_kinds[int(self.party_kind[self._check(row)])]

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

    def name_array(self) -> pa.LargeStringArray:
        """Names of all rows, empty where none is known, without a copy."""
        return self._names.array()

    @cached_property
    def search_index(self) -> SearchIndex:
        """The words of ids and names, with the parties that have them."""
        return SearchIndex(self._files)

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

"""An opened snapshot: the network as of a time, as read-only memory-mapped arrays.

A snapshot is a folder:

    manifest.json                     canonical JSON: revision, as_of, counts, kinds, columns; files' SHA-256 and size
    id                                SHA-256 of manifest.json, so that a changed manifest is refused too
    parties/id.{i8,utf8}              offsets int64[n+1] and the ids, sorted by bytes; name.{i8,utf8} alike
    parties/alias.{i8,utf8}           further ids of parties (SAME_AS), sorted by bytes; alias_row.i4 are their rows
    parties/{kind,implied}.u1         uint8[n]
    search/*                          the words of ids and names (see `graph.snapshots.search_index`)
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
    MappedFiles,
    check_files,
    read_manifest,
    sha256_of,
)
from graph.snapshots.links import HeldLinks, KindInfo, Links
from graph.snapshots.search_index import SearchIndex
from graph.snapshots.texts import Texts

MIN_HASHED_IDS: Final = 512  # from here one hash table is faster than binary searches


class OwnTransfers(NamedTuple):
    """Own transfers of one party: their number, and the sum of their amounts (None where none is known)."""

    facts: int
    amount: float | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """k outcomes, sorted by (party, opened, closed, outcome, state, days_late, amount).

    party int32[k] are rows, outcome uint8[k] codes into schema.OUTCOMES_KNOWN, state uint8[k] codes into
    schema.OUTCOME_STATES. opened and closed float64[k] are seconds since 1970, days_late float64[k] days past due,
    amount float64[k] what was owed or lost; NaN where missing or not yet known.
    """

    party: npt.NDArray[np.int32]
    outcome: npt.NDArray[np.uint8]
    opened: npt.NDArray[np.float64]
    closed: npt.NDArray[np.float64]
    state: npt.NDArray[np.uint8]
    days_late: npt.NDArray[np.float64]
    amount: npt.NDArray[np.float64]


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
    def _aliases(self) -> Texts:
        return self._texts("parties/alias")

    @cached_property
    def _alias_rows(self) -> npt.NDArray[np.int32]:
        return self._files.array("parties/alias_row.i4")

    @cached_property
    def _names(self) -> Texts:
        return self._texts("parties/name")

    def _texts(self, path: str) -> Texts:
        return Texts(*self._files.texts(path))

    def id_of(self, row: int) -> str:
        """The id of a row: of several ids that one party has, the smallest by its bytes.

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
        """The row of an id, whichever of its party's ids it is.

        Raises UnknownParty.
        """
        row = self.find(id)
        if row is None:
            raise UnknownParty(id)
        return row

    def has(self, id: str) -> bool:
        """Whether a party has this id."""
        return self.find(id) is not None

    def find(self, id: str) -> int | None:
        """The row of an id, None where no party has it."""
        row = self._ids.row_of(id)
        if row is None and len(self._alias_rows):
            alias = self._aliases.row_of(id)
            return None if alias is None else int(self._alias_rows[alias])
        return row

    def ids_of(self, row: int) -> tuple[str, ...]:
        """Every id of a row, sorted by their bytes: several where SAME_AS facts say that they are one party.

        Raises IndexError for a row outside 0..n-1.
        """
        aliases = np.flatnonzero(self._alias_rows == row).tolist()
        return (self.id_of(row), *(self._aliases.text(alias) for alias in aliases))

    def rows_of(self, ids: Sequence[str]) -> npt.NDArray[np.int32]:
        """Rows of ids, in their order: int32[len(ids)].

        Raises UnknownParty for the first unknown id.
        """
        if len(ids) < MIN_HASHED_IDS:
            return np.array([self.row_of(id) for id in ids], np.int32)
        rows = self.hashed_rows(pa.array(ids, pa.large_string()))
        for place in np.flatnonzero(rows < 0).tolist():
            rows[place] = self.row_of(ids[place])
        return rows

    def find_rows(self, ids: pa.Array) -> npt.NDArray[np.int32]:
        """Rows of ids, in their order, -1 for one that no party has: int32[len(ids)]."""
        rows = self.hashed_rows(ids)
        for place in np.flatnonzero(rows < 0).tolist() if self.same_as["ids"] else ():
            found = self.find(ids[place].as_py())
            rows[place] = -1 if found is None else found
        return rows

    def hashed_rows(self, ids: pa.Array) -> npt.NDArray[np.int32]:
        """Rows of ids by a hash table, -1 for one that is no row's own: int32[len(ids)]."""
        found = pc.index_in(ids, value_set=self.id_array())
        return np.array(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int32)

    def id_array(self) -> pa.LargeStringArray:
        """The id of every row, without a copy."""
        return self._ids.array()

    def name_array(self) -> pa.LargeStringArray:
        """Names of all rows, empty where none is known, without a copy."""
        return self._names.array()

    @property
    def unindexed(self) -> list[int]:
        """Rows, ascending, whose ids or names are not all in the search index: none of a snapshot that was built."""
        return []

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
    def same_as(self) -> dict[str, Any]:
        """Numbers of `parties` with several ids, of their further `ids`, and of their `contradictions`.

        A contradiction is a column, or the kind, for which ids of one party state different values; `first` are the
        first of them: column and ids. `bounded` are the facts with an end that a snapshot of no time counts all the
        same, where there are any.
        """
        return dict(self.manifest["same_as"])

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
        names = ("party.i4", "outcome.u1", "opened.f8", "closed.f8", "state.u1", "days_late.f8", "amount.f8")
        return Outcomes(*(self._files.array(f"outcomes/{name}", k) for name in names))

    def _check(self, row: int) -> int:
        if not 0 <= row < self.n_parties:
            raise IndexError(f"row {row} is outside 0..{self.n_parties - 1}")
        return row

"""Building a snapshot: a pure function of (facts, as-of time, revision).

The same facts give the same bytes from any store and in any order: parties are sorted by the bytes of their ids,
links by their whole content, texts by bytes, floats have one NaN and no -0.0, and the manifest has no clock, address
or path. The folder is written beside its place, fsynced and renamed, so that nobody sees a half of it.
"""

from __future__ import annotations

import math
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from graph.errors import SnapshotError, UnknownKind, UsageError
from graph.schema import CONTEXTS, OUTCOME_STATES, OUTCOMES_KNOWN, RelationshipKind
from graph.snapshots.build_parties import read_parties, write_attributes, write_parties
from graph.snapshots.columns import Array, counts, floats, floats_to_32, groups, index_in, one, table
from graph.snapshots.files import FORMAT, VERSION, FileWriter, sync_folder
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader

_LINK_COLUMNS: Final = ("first", "last", "weight", "count", "amount", "context")


def build_snapshot(store: FactReader, out: Path, as_of: float | None = None, revision: int | None = None) -> Snapshot:
    """Write the network as known at `revision` (default: the newest) and valid at `as_of` (default: whenever) to `out`.

    An `out` that already holds exactly this snapshot is left as it is and opened. Raises SnapshotError when something
    else is there, UsageError for an as-of that is no time or a revision the store has not reached.
    """
    newest = store.revision()
    revision = newest if revision is None else revision
    if not 0 <= revision <= newest:
        raise UsageError(f"revision {revision} is not in {store.name}: its newest is {newest}")
    if as_of is not None and not math.isfinite(as_of):
        raise UsageError(f"{as_of} is not a time; give seconds since 1970")
    out = Path(out).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.parent / f".{out.name}.{secrets.token_hex(6)}.partial"
    beside.mkdir()
    try:
        writer = FileWriter(beside)
        _write_all(store, writer, None if as_of is None else float(as_of) + 0.0, revision)
        writer.sync()
        return _put_in_place(beside, out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write_all(store: FactReader, writer: FileWriter, as_of: float | None, revision: int) -> None:
    parties = read_parties(store.read_parties(revision), as_of)
    party_kinds = write_parties(writer, parties)
    columns = write_attributes(writer, parties, store.protected())
    kinds, dangling = _write_links(writer, store.read_relationships(revision), store.kinds(), parties.ids, as_of)
    outcomes, lost = _write_outcomes(writer, store.read_outcomes(revision), parties.ids, as_of)
    writer.manifest(
        {
            "format": FORMAT,
            "version": VERSION,
            "revision": revision,
            "as_of": as_of,
            "parties": len(parties.ids),
            "party_kinds": party_kinds,
            "kinds": kinds,
            "columns": columns,
            "protected": [column["name"] for column in columns if column["protected"]],
            "relationships": sum(kind["links"] for kind in kinds),
            "outcomes": outcomes,
            "dangling": {"relationships": dangling, "outcomes": lost},
        }
    )


def _put_in_place(beside: Path, out: Path) -> Snapshot:
    try:
        beside.rename(out)
    except OSError as error:
        if not out.exists():
            raise SnapshotError(f"{out}: cannot be written ({error.strerror})") from error
        return _same_or_refused(beside, out)
    sync_folder(out.parent)
    return Snapshot.open(out)


def _same_or_refused(beside: Path, out: Path) -> Snapshot:
    try:
        there = Snapshot.open(out, verify=True)
    except SnapshotError as error:
        raise SnapshotError(f"{out} is in the way: {error}. Remove it or name another folder") from error
    if there.id != Snapshot.open(beside).id:
        raise SnapshotError(
            f"{out} already holds the snapshot {there.id[:16]} of revision {there.revision}, which differs: "
            "remove it or name another folder"
        )
    return there


def _write_links(
    writer: FileWriter,
    batches: Iterable[pa.RecordBatch],
    known: dict[str, RelationshipKind],
    ids: pa.Array,
    as_of: float | None,
) -> tuple[list[dict[str, Any]], int]:
    """Write a CSR pair for each kind that has links; returns the kinds' entries for the manifest and the dangling."""
    names = sorted(known)
    links, dangling = _read_links(batches, names, ids, as_of)
    by_kind = np.argsort(links["kind"], kind="stable")
    bounds = np.searchsorted(links["kind"][by_kind], np.arange(len(names) + 1))
    entries = []
    for code, name in enumerate(names):
        chosen = by_kind[bounds[code] : bounds[code + 1]]
        if len(chosen):
            _write_kind(writer, name, {key: values[chosen] for key, values in links.items() if key != "kind"}, len(ids))
            kind = known[name]
            entries.append({"name": name, "category": kind.category, "symmetric": kind.symmetric, "links": len(chosen)})
    return entries, dangling


def _read_links(
    batches: Iterable[pa.RecordBatch], names: list[str], ids: pa.Array, as_of: float | None
) -> tuple[dict[str, Array], int]:
    """Links known at `as_of` as arrays, still unsorted, and how many have an end that is no party."""
    kind_names, contexts = pa.array(names, pa.large_string()), pa.array(CONTEXTS, pa.large_string())
    pieces: list[dict[str, Array]] = [_no_links()]
    dangling = 0
    columns = ("source", "target", "kind", "weight", "first", "last", "count", "amount", "context")
    for facts in groups(batches, columns):
        first = floats(facts["first"])
        visible = np.ones(len(first), bool) if as_of is None else ~(first > as_of)
        source, target = index_in(facts["source"], ids), index_in(facts["target"], ids)
        ends = (source >= 0) & (target >= 0)
        dangling += int(np.count_nonzero(visible & ~ends))
        keep = visible & ends
        kind = index_in(facts["kind"], kind_names)
        if (kind < 0).any():
            raise UnknownKind(
                f"the store has links of kind {facts['kind'][int(np.argmin(kind))]}, which it does not define"
            )
        last = floats(facts["last"])
        pieces.append(
            {
                "kind": kind[keep].astype(np.int16),
                "source": source[keep].astype(np.int32),
                "target": target[keep].astype(np.int32),
                "first": first[keep],
                "last": (last if as_of is None else np.where(last > as_of, as_of, last))[keep],
                "weight": floats_to_32(floats(facts["weight"])[keep]),
                "count": counts(facts["count"])[keep],
                "amount": floats_to_32(floats(facts["amount"])[keep]),
                "context": (index_in(facts["context"], contexts)[keep] + 1).astype(np.uint8),
            }
        )
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}, dangling


def _no_links() -> dict[str, Array]:
    types = {"kind": "i2", "source": "i4", "target": "i4", "first": "f8", "last": "f8"}
    types |= {"weight": "f4", "count": "i4", "amount": "f4", "context": "u1"}
    return {name: np.empty(0, dtype) for name, dtype in types.items()}


def _write_kind(writer: FileWriter, name: str, links: dict[str, Array], n: int) -> None:
    order = _entry_order(links)
    source, target = links["source"][order], links["target"][order]
    # Incoming order: by target, then entry, hence by source.
    incoming = np.sort((target.astype(np.int64) << 32) | np.arange(len(target))) & 0xFFFFFFFF
    folder = f"links/{name}"
    writer.array(f"{folder}/out_indptr.i8", _indptr(source, n), "<i8")
    writer.array(f"{folder}/out_target.i4", target, "<i4")
    writer.array(f"{folder}/in_indptr.i8", _indptr(target, n), "<i8")
    writer.array(f"{folder}/in_source.i4", source[incoming], "<i4")
    writer.array(f"{folder}/in_entry.i4", incoming, "<i4")
    for column, suffix in zip(_LINK_COLUMNS, ("f8", "f8", "f4", "i4", "f4", "u1"), strict=True):
        dtype = "|u1" if suffix == "u1" else f"<{suffix}"
        writer.array(f"{folder}/{column}.{suffix}", links[column][order], dtype)


def _entry_order(links: dict[str, Array]) -> Array:
    """The order by (source, target, first, last, weight, count, amount, context), NaN last.

    One key sorts the ends; only parallel links are then compared in full. Equal links are identical, so that the
    order of the facts never shows.
    """
    ends = (links["source"].astype(np.int64) << 32) | links["target"]
    order = np.argsort(ends)
    ends = ends[order]
    same = ends[1:] == ends[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    if len(tied):
        facts = order[tied]
        keys = [links[column][facts] for column in reversed(_LINK_COLUMNS)]
        order[tied] = facts[np.lexsort((*keys, ends[tied]))]
    return order


def _indptr(rows: Array, n: int) -> Array:
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=indptr[1:])
    return indptr


def _write_outcomes(
    writer: FileWriter, batches: Iterable[pa.RecordBatch], ids: pa.Array, as_of: float | None
) -> tuple[int, int]:
    """Write what was known at `as_of`; returns how many outcomes, and how many are of no party."""
    facts = table(batches, ("party", "outcome", "opened", "closed", "state"))
    party = index_in(one(facts["party"]), ids)
    opened, closed = floats(one(facts["opened"])), floats(one(facts["closed"]))
    visible = np.ones(len(party), bool)
    if as_of is not None:
        visible = ~(opened > as_of)
        closed = np.where(closed > as_of, np.nan, closed)
    outcome = index_in(one(facts["outcome"]), pa.array(OUTCOMES_KNOWN, pa.large_string()))
    state = index_in(one(facts["state"]), pa.array(OUTCOME_STATES, pa.large_string()))
    if (outcome < 0).any() or (state < 0).any():
        raise SnapshotError(
            "the store has an outcome or a state that this Kith does not know; use the Kith that wrote it"
        )
    keep = np.flatnonzero(visible & (party >= 0))
    order = keep[np.lexsort((state[keep], outcome[keep], closed[keep], opened[keep], party[keep]))]
    writer.array("outcomes/party.i4", party[order], "<i4")
    writer.array("outcomes/outcome.u1", outcome[order], "|u1")
    writer.array("outcomes/opened.f8", opened[order], "<f8")
    writer.array("outcomes/closed.f8", closed[order], "<f8")
    writer.array("outcomes/state.u1", state[order], "|u1")
    return len(order), int(np.count_nonzero(visible & (party < 0)))

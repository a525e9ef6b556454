"""Building a snapshot: a pure function of (facts, as-of time, revision).

Equal facts give equal bytes from any store and in any order: parties are sorted by the bytes of their ids, links by
their whole content, texts by bytes, floats have one NaN and no -0.0, and the manifest has no clock, address or path.
The folder is written under a temporary name beside its place, fsynced and renamed, so that it is complete or absent.
"""

from __future__ import annotations

import math
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from graph.csr import indptr_of
from graph.errors import SnapshotError, UnknownKind, UsageError
from graph.schema import CONTEXTS, OUTCOME_STATES, OUTCOMES_KNOWN, RelationshipKind
from graph.snapshots.build_parties import read_parties, write_attributes, write_parties
from graph.snapshots.columns import Array, as_table, chunks, contiguous, counts, floats, floats_to_32, index_in
from graph.snapshots.files import FORMAT, VERSION, FileWriter, sync_folder
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader

MISSING_COUNT: Final = np.int64(1)
_LINK_COLUMNS: Final = ("first", "last", "weight", "count", "amount", "context")


def build_snapshot(store: FactReader, out: Path, as_of: float | None = None, revision: int | None = None) -> Snapshot:
    """The snapshot of the network at `revision` (None: the newest) and `as_of` (None: any time), written to `out`.

    as_of: seconds since 1970; nothing that became known later is in the snapshot.
    An `out` that holds exactly this snapshot already is opened and not written.

    Raises SnapshotError when something else is at `out`.
    Raises UsageError for an as-of that is no time or a revision that the store has not reached.
    """
    newest = store.revision()
    revision = newest if revision is None else revision
    if not 0 <= revision <= newest:
        raise UsageError(f"revision {revision} is not in {store.name}: its newest is {newest}")
    if as_of is not None and not math.isfinite(as_of):
        raise UsageError(f"{as_of} is not a time; give seconds since 1970")
    out = Path(out).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.parent / f".{out.name}.{secrets.token_hex(6)}.partial"
    partial.mkdir()
    try:
        writer = FileWriter(partial)
        _write_all(store, writer, None if as_of is None else float(as_of) + 0.0, revision)
        writer.sync()
        return _move_to(out, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_all(store: FactReader, writer: FileWriter, as_of: float | None, revision: int) -> None:
    parties = read_parties(store.read_parties(revision), as_of)
    party_kinds = write_parties(writer, parties)
    columns = write_attributes(writer, parties, store.protected())
    kinds, left_out = _write_links(writer, store.read_relationships(revision), store.kinds(), parties.ids, as_of)
    outcomes, dangling_outcomes = _write_outcomes(writer, store.read_outcomes(revision), parties.ids, as_of)
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
            "dangling": {"relationships": left_out.dangling, "outcomes": dangling_outcomes},
            **({} if as_of is None else {"later": {"relationships": left_out.later, "totals": left_out.totals}}),
        }
    )


def _move_to(out: Path, partial: Path) -> Snapshot:
    """The finished folder `partial`, renamed to `out`; the snapshot at `out` where it is the same."""
    try:
        partial.rename(out)
    except OSError as error:
        if not out.exists():
            raise SnapshotError(f"{out}: cannot be written ({error.strerror})") from error
        return _existing(out, Snapshot.open(partial).id)
    sync_folder(out.parent)
    return Snapshot.open(out)


def _existing(out: Path, id: str) -> Snapshot:
    """The snapshot at `out`. Raises SnapshotError where there is none of this id."""
    try:
        existing = Snapshot.open(out, verify=True)
    except SnapshotError as error:
        raise SnapshotError(f"{out} is in the way: {error}. Remove it or name another folder") from error
    if existing.id != id:
        raise SnapshotError(
            f"{out} already holds the snapshot {existing.id[:16]} of revision {existing.revision}, which differs: "
            "remove it or name another folder"
        )
    return existing


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """Numbers of links with an end that is no party, of links that begin later, and of links whose totals are cut."""

    dangling: int
    later: int
    totals: int


def _write_links(
    writer: FileWriter,
    batches: Iterable[pa.RecordBatch],
    known: dict[str, RelationshipKind],
    ids: pa.Array,
    as_of: float | None,
) -> tuple[list[dict[str, Any]], _LeftOut]:
    """Write the links of each kind that has any; returns the kinds for the manifest, and what was left out."""
    names = sorted(known)
    links, left_out = _read_links(batches, names, ids, as_of)
    by_kind = np.argsort(links["kind"], kind="stable")
    bounds = np.searchsorted(links["kind"][by_kind], np.arange(len(names) + 1))
    entries = []
    for code, name in enumerate(names):
        chosen = by_kind[bounds[code] : bounds[code + 1]]
        if len(chosen):
            _write_kind(writer, name, {key: values[chosen] for key, values in links.items() if key != "kind"}, len(ids))
            kind = known[name]
            entries.append({"name": name, "category": kind.category, "symmetric": kind.symmetric, "links": len(chosen)})
    return entries, left_out


def _read_links(
    batches: Iterable[pa.RecordBatch], names: list[str], ids: pa.Array, as_of: float | None
) -> tuple[dict[str, Array], _LeftOut]:
    """The columns of all links known at `as_of`, unsorted, and what was left out.

    A link is known from its first date on. Of one that goes on after `as_of` the totals (last, count, amount) are not
    known yet, so they are missing.
    """
    kind_names, contexts = pa.array(names, pa.large_string()), pa.array(CONTEXTS, pa.large_string())
    pieces: list[dict[str, Array]] = [_no_links()]
    dangling = later = totals = 0
    columns = ("source", "target", "kind", "weight", "first", "last", "count", "amount", "context")
    for facts in chunks(batches, columns):
        first, last = floats(facts["first"]), floats(facts["last"])
        begun = np.where(np.isnan(first), last, first)
        visible = np.ones(len(first), bool) if as_of is None else ~(begun > as_of)
        goes_on = np.zeros(len(first), bool) if as_of is None else visible & (last > as_of)
        source, target = index_in(facts["source"], ids), index_in(facts["target"], ids)
        ends = (source >= 0) & (target >= 0)
        dangling += int(np.count_nonzero(visible & ~ends))
        stored = visible & ends
        later += int(np.count_nonzero(~visible))
        totals += int(np.count_nonzero(stored & goes_on))
        kind = index_in(facts["kind"], kind_names)
        if (kind < 0).any():
            raise UnknownKind(
                f"the store has links of kind {facts['kind'][int(np.argmin(kind))]}, which it does not define"
            )
        pieces.append(
            {
                "kind": kind[stored].astype(np.int16),
                "source": source[stored].astype(np.int32),
                "target": target[stored].astype(np.int32),
                "first": first[stored],
                "last": np.where(goes_on, np.nan, last)[stored],
                "weight": floats_to_32(floats(facts["weight"])[stored]),
                "count": np.where(goes_on, MISSING_COUNT, counts(facts["count"]))[stored],
                "amount": np.where(goes_on, np.nan, floats(facts["amount"]))[stored],
                "context": (index_in(facts["context"], contexts)[stored] + 1).astype(np.uint8),
            }
        )
    left_out = _LeftOut(dangling, later, totals)
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}, left_out


def _no_links() -> dict[str, Array]:
    types = {"kind": "i2", "source": "i4", "target": "i4", "first": "f8", "last": "f8"}
    types |= {"weight": "f4", "count": "i8", "amount": "f8", "context": "u1"}
    return {name: np.empty(0, dtype) for name, dtype in types.items()}


def _write_kind(writer: FileWriter, name: str, links: dict[str, Array], n: int) -> None:
    """Write the links of one kind by source and by target."""
    order = _entry_order(links)
    source, target = links["source"][order], links["target"][order]
    # Incoming order is by target and entry, hence by source.
    incoming = np.sort((target.astype(np.int64) << 32) | np.arange(len(target))) & 0xFFFFFFFF
    folder = f"links/{name}"
    writer.array(f"{folder}/out_indptr.i8", indptr_of(np.bincount(source, minlength=n)), "<i8")
    writer.array(f"{folder}/out_target.i4", target, "<i4")
    writer.array(f"{folder}/in_indptr.i8", indptr_of(np.bincount(target, minlength=n)), "<i8")
    writer.array(f"{folder}/in_source.i4", source[incoming], "<i4")
    writer.array(f"{folder}/in_entry.i4", incoming, "<i4")
    for column, suffix in zip(_LINK_COLUMNS, ("f8", "f8", "f4", "i8", "f8", "u1"), strict=True):
        dtype = "|u1" if suffix == "u1" else f"<{suffix}"
        writer.array(f"{folder}/{column}.{suffix}", links[column][order], dtype)


def _entry_order(links: dict[str, Array]) -> Array:
    """The permutation int64[m] that sorts links by (source, target, first, last, weight, count, amount, context).

    NaN is last. One key sorts the ends; only parallel links are then compared in full. Links that compare equal are
    identical, so that the result does not depend on the order of the facts.
    """
    ends = (links["source"].astype(np.int64) << 32) | links["target"]
    order = np.argsort(ends)
    ends = ends[order]
    equal = ends[1:] == ends[:-1]
    parallel = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
    if len(parallel):
        facts = order[parallel]
        keys = [links[column][facts] for column in reversed(_LINK_COLUMNS)]
        order[parallel] = facts[np.lexsort((*keys, ends[parallel]))]
    return order


def _write_outcomes(
    writer: FileWriter, batches: Iterable[pa.RecordBatch], ids: pa.Array, as_of: float | None
) -> tuple[int, int]:
    """Write the outcomes known at `as_of`; returns their number, and that of outcomes of no party."""
    facts = as_table(batches, ("party", "outcome", "opened", "closed", "state"))
    party = index_in(contiguous(facts["party"]), ids)
    opened, closed = floats(contiguous(facts["opened"])), floats(contiguous(facts["closed"]))
    visible = np.ones(len(party), bool)
    if as_of is not None:
        visible = ~(np.where(np.isnan(opened), closed, opened) > as_of)
        closed = np.where(closed > as_of, np.nan, closed)
    outcome = index_in(contiguous(facts["outcome"]), pa.array(OUTCOMES_KNOWN, pa.large_string()))
    state = index_in(contiguous(facts["state"]), pa.array(OUTCOME_STATES, pa.large_string()))
    if (outcome < 0).any() or (state < 0).any():
        raise SnapshotError(
            "the store has an outcome or a state that this Kith does not know; use the Kith that wrote it"
        )
    stored = np.flatnonzero(visible & (party >= 0))
    keys = [values[stored] for values in (state, outcome, closed, opened, party)]
    order = stored[np.lexsort(keys)]
    writer.array("outcomes/party.i4", party[order], "<i4")
    writer.array("outcomes/outcome.u1", outcome[order], "|u1")
    writer.array("outcomes/opened.f8", opened[order], "<f8")
    writer.array("outcomes/closed.f8", closed[order], "<f8")
    writer.array("outcomes/state.u1", state[order], "|u1")
    return len(order), int(np.count_nonzero(visible & (party < 0)))

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
from dataclasses import fields
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from graph.errors import SnapshotError, UsageError
from graph.schema import KIND_OF_TARGET, OUTCOME_STATES, OUTCOMES_KNOWN, SAME_AS
from graph.snapshots.build_links import read_links, write_links
from graph.snapshots.build_parties import (
    merge_parties,
    read_parties,
    with_kinds_of_targets,
    write_attributes,
    write_parties,
)
from graph.snapshots.columns import as_table, contiguous, floats, index_in
from graph.snapshots.files import FORMAT, VERSION, FileWriter, sync_folder
from graph.snapshots.identity import Identity, identity_of
from graph.snapshots.snapshot import Outcomes, Snapshot
from graph.stores.base import FactReader

CONTRADICTIONS_NAMED: Final = 5  # of one party's ids, that a manifest names; it counts them all


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
    known = store.kinds()
    names = sorted(known)
    facts = read_parties(store.read_parties(revision), as_of)
    links, left_out = read_links(store.read_relationships(revision), names, facts.ids, as_of)
    joins = links["kind"] == names.index(SAME_AS)
    identity = identity_of(len(facts.ids), links["source"][joins], links["target"][joins])
    links |= {end: identity.of_links(links[end]) for end in ("source", "target")}
    targets = {name: links["target"][links["kind"] == names.index(name)] for name in KIND_OF_TARGET}
    parties = with_kinds_of_targets(merge_parties(facts, identity), targets)
    party_kinds = write_parties(writer, parties)
    columns, contradictions = write_attributes(writer, parties, store.protected())
    written = write_links(writer, links, known, parties.is_identifier, parties.ids)
    outcomes, dangling_outcomes = _write_outcomes(writer, store.read_outcomes(revision), facts.ids, identity, as_of)
    writer.manifest(
        {
            "format": FORMAT,
            "version": VERSION,
            "revision": revision,
            "as_of": as_of,
            "parties": len(parties.ids),
            "party_kinds": party_kinds,
            "kinds": written.kinds,
            "held": written.held,
            "crowded": written.crowded,
            "same_as": {
                "parties": int(identity.merged().sum()),
                "ids": int(identity.is_alias.sum()),
                "contradictions": len(contradictions),
                "first": contradictions[:CONTRADICTIONS_NAMED],
            },
            "columns": columns,
            "protected": [column["name"] for column in columns if column["protected"]],
            "relationships": sum(kind["facts"] for kind in written.kinds),
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


def _write_outcomes(
    writer: FileWriter, batches: Iterable[pa.RecordBatch], ids: pa.Array, identity: Identity, as_of: float | None
) -> tuple[int, int]:
    """Write the outcomes known at `as_of`; returns their number, and that of outcomes of no party.

    Of an outcome that closes later its days late and its amount are not known yet.
    """
    facts = as_table(batches, [field.name for field in fields(Outcomes)])
    party = index_in(contiguous(facts["party"]), ids)
    party[party >= 0] = identity.row[party[party >= 0]]
    opened, closed, days, amount = (
        floats(contiguous(facts[name])) for name in ("opened", "closed", "days_late", "amount")
    )
    visible = np.ones(len(party), bool)
    if as_of is not None:
        visible = ~(np.where(np.isnan(opened), closed, opened) > as_of)
        ends_later = closed > as_of
        closed, days, amount = (np.where(ends_later, np.nan, values) for values in (closed, days, amount))
    outcome = index_in(contiguous(facts["outcome"]), pa.array(OUTCOMES_KNOWN, pa.large_string()))
    state = index_in(contiguous(facts["state"]), pa.array(OUTCOME_STATES, pa.large_string()))
    if (outcome < 0).any() or (state < 0).any():
        raise SnapshotError(
            "the store has an outcome or a state that this Kith does not know; use the Kith that wrote it"
        )
    stored = np.flatnonzero(visible & (party >= 0))
    keys = [values[stored] for values in (amount, days, state, outcome, closed, opened, party)]
    order = stored[np.lexsort(keys)]
    writer.array("outcomes/party.i4", party[order], "<i4")
    writer.array("outcomes/outcome.u1", outcome[order], "|u1")
    writer.array("outcomes/opened.f8", opened[order], "<f8")
    writer.array("outcomes/closed.f8", closed[order], "<f8")
    writer.array("outcomes/state.u1", state[order], "|u1")
    writer.array("outcomes/days_late.f8", days[order], "<f8")
    writer.array("outcomes/amount.f8", amount[order], "<f8")
    return len(order), int(np.count_nonzero(visible & (party < 0)))

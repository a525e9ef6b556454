"""Building a snapshot: a pure function of (facts, as-of time, revision).

Equal facts give equal bytes from any store and in any order: parties are sorted by the bytes of their ids, links by
their whole content, texts by bytes, floats have one NaN and no -0.0, and the manifest has no clock, address or path.
The folder is written under a temporary name beside its place, fsynced and renamed, so that it is complete or absent.
"""

from __future__ import annotations

import math
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.errors import SnapshotError, UsageError
from graph.schema import KIND_OF_TARGET, RelationshipKind
from graph.snapshots.build_links import READ, LinkFacts, read_links, write_links
from graph.snapshots.build_outcomes import OutcomeFacts, read_outcomes
from graph.snapshots.build_parties import (
    Parties,
    PartyFacts,
    merge_parties,
    read_parties,
    with_kinds_of_targets,
    write_attributes,
    write_kinds,
    write_parties,
)
from graph.snapshots.columns import index_in
from graph.snapshots.files import FORMAT, VERSION, FileWriter, sync_folder
from graph.snapshots.identity import Identity, identity_of
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader

CONTRADICTIONS_NAMED: Final = 5  # of one party's ids, that a manifest names; it counts them all

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Facts:
    """Everything that a store knew at a revision, read once and normalised, for snapshots as of any times."""

    revision: int
    kinds: Mapping[str, RelationshipKind]
    protected: frozenset[str]
    parties: PartyFacts
    links: LinkFacts
    outcomes: OutcomeFacts


@dataclass(frozen=True)
class WrittenParties:
    """What was written of parties in a folder, `files` by path: all but their kinds.

    valid bool[f]: the facts that they were merged from. columns and contradictions are those of `write_attributes`.
    """

    valid: Bools
    identity: Identity
    parties: Parties
    columns: list[dict[str, Any]]
    contradictions: list[dict[str, Any]]
    folder: Path
    files: dict[str, dict[str, Any]]

    def fits(self, valid: Bools, identity: Identity) -> bool:
        """Whether the same facts and identities give the same parties."""
        return np.array_equal(valid, self.valid) and np.array_equal(identity.row, self.identity.row)


def build_snapshot(store: FactReader, out: Path, as_of: float | None = None, revision: int | None = None) -> Snapshot:
    """The snapshot of the network at `revision` (None: the newest) and `as_of` (None: any time), written to `out`.

    as_of: seconds since 1970; nothing that became known later is in the snapshot.
    An `out` that holds exactly this snapshot already is opened and not written.

    Raises SnapshotError when something else is at `out`.
    Raises UsageError for an as-of that is no time or a revision that the store has not reached.
    """
    as_of = checked_time(as_of)
    facts = read_facts(store, revision)
    out = Path(out).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.parent / f".{out.name}.{secrets.token_hex(6)}.partial"
    partial.mkdir()
    try:
        writer = FileWriter(partial)
        write_snapshot(writer, facts, as_of)
        writer.sync()
        return _move_to(out, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def checked_time(as_of: float | None) -> float | None:
    """A time without -0.0. Raises UsageError for one that is not finite."""
    if as_of is not None and not math.isfinite(as_of):
        raise UsageError(f"{as_of} is not a time; give seconds since 1970")
    return None if as_of is None else float(as_of) + 0.0


def read_facts(store: FactReader, revision: int | None = None) -> Facts:
    """The facts of a revision, of the newest where it is None.

    Raises UsageError for a revision that the store has not reached.
    """
    newest = store.revision()
    revision = newest if revision is None else revision
    if not 0 <= revision <= newest:
        raise UsageError(f"revision {revision} is not in {store.name}: its newest is {newest}")
    kinds, parties = store.kinds(), read_parties(store.read_parties(revision))
    links = read_links(store.read_relationships(revision, READ), sorted(kinds), parties.ids)
    outcomes = read_outcomes(store.read_outcomes(revision), parties.ids)
    return Facts(revision, kinds, store.protected(), parties, links, outcomes)


def write_snapshot(
    writer: FileWriter, facts: Facts, as_of: float | None, before: WrittenParties | None = None
) -> WrittenParties:
    """Write the snapshot as of a time. before: parties whose files are shared where they are the same ones."""
    names, valid = sorted(facts.kinds), facts.parties.valid_at(as_of)
    described = facts.parties.among(valid)
    place = None if valid.all() else index_in(facts.parties.ids, described.ids)
    links, left_out = facts.links.known_at(as_of, place)
    joins = links["kind"] == facts.links.same_as
    first, last = links["first"][joins], links["last"][joins]
    bounded = int(np.count_nonzero(np.isfinite(last) & (first != last))) if as_of is None else 0
    identity = identity_of(len(described.ids), links["source"][joins], links["target"][joins])
    links |= {end: identity.of_links(links[end]) for end in ("source", "target")}
    targets = {name: links["target"][links["kind"] == names.index(name)] for name in KIND_OF_TARGET}
    if before is not None and before.fits(valid, identity):
        written_parties = before
        writer.share(before.folder, before.files)
    else:
        written_parties = _write_parties(writer, facts, described, valid, identity)
    parties = with_kinds_of_targets(written_parties.parties, targets)
    party_kinds = write_kinds(writer, parties)
    written = write_links(writer, links, facts.kinds, parties.is_identifier, parties.ids)
    outcomes, dangling_outcomes = facts.outcomes.write(writer, place, identity, as_of)
    columns, contradictions = written_parties.columns, written_parties.contradictions
    writer.manifest(
        {
            "format": FORMAT,
            "version": VERSION,
            "revision": facts.revision,
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
                **({"bounded": bounded} if bounded else {}),
            },
            "columns": columns,
            "protected": [column["name"] for column in columns if column["protected"]],
            "relationships": sum(kind["facts"] for kind in written.kinds),
            "outcomes": outcomes,
            "dangling": {"relationships": left_out.dangling, "outcomes": dangling_outcomes},
            **({} if as_of is None else {"later": {"relationships": left_out.later, "totals": left_out.totals}}),
        }
    )
    return written_parties


def _write_parties(
    writer: FileWriter, facts: Facts, described: PartyFacts, valid: Bools, identity: Identity
) -> WrittenParties:
    parties = merge_parties(described, identity)
    write_parties(writer, parties)
    columns, contradictions = write_attributes(writer, parties, facts.protected)
    return WrittenParties(valid, identity, parties, columns, contradictions, writer.folder, dict(writer.files))


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

"""What every store of facts offers, whatever it is made of.

Each fact is recorded by a load and, once withdrawn or corrected, retracted by a load. A load gets its revision when it
finishes and is invisible until then, so readers see all of a load or nothing, although it commits in small
transactions. The state of the network at revision r is every fact recorded by a load that finished at or before r and
not retracted by such a load.

Natural keys (a live fact of one source is unique in them):
    party         (source of the load, id)
    relationship  (source of the load, kind, source, target, key)
    outcome       (source of the load, party, key)
    event         (source of the load, id)
    consent       (source of the load, party, source, purpose, given)
Recording a fact that is stored already with the same content changes nothing, but the store notes that this load stated
it too, so that it stays when the load that recorded it is undone. Recording it with other content is a correction: the
load retracts the old fact and records the new one. Of a key that comes several times the last row counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pyarrow as pa

from graph.schema import Party, Relationship, RelationshipKind

UNDO_PREFIX: Final = "undo "  # of the fingerprint of an undo, before the number of the load that is undone


@dataclass(frozen=True, slots=True)
class Recorded:
    """Rows of a batch by what happened to them: recorded (new or corrected) by this load, or stored before.

    A row that an earlier, interrupted try of this same load recorded counts as recorded.
    """

    recorded: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Sketch:
    """The number of rows of a table that a load states, and the smallest hashes of their content, in order."""

    rows: int
    smallest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LoadDetails:
    """What a load says of itself, for people. Loads of earlier versions say nothing.

    time: seconds since 1970 at which it began. counts: of rows or facts, by what became of them.
    complete: what its files were full exports of. sketches: of what it states, by table.
    """

    files: tuple[str, ...] = ()
    time: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    complete: tuple[str, ...] = ()
    sketches: Mapping[str, Sketch] = field(default_factory=dict)

    def to_text(self) -> str:
        """The details as a store keeps them."""
        value = {"files": self.files, "time": self.time, "counts": dict(self.counts)}
        complete = {"complete": self.complete} if self.complete else {}
        sketches = {table: [sketch.rows, sketch.smallest] for table, sketch in self.sketches.items()}
        return json.dumps(value | complete | ({"sketches": sketches} if sketches else {}))

    @staticmethod
    def of_text(text: str | None) -> LoadDetails:
        """The details that `to_text` wrote; none for no text."""
        if not text:
            return LoadDetails()
        value = json.loads(text)
        sketches = {table: Sketch(rows, tuple(found)) for table, (rows, found) in value.get("sketches", {}).items()}
        complete = tuple(value.get("complete", ()))
        return LoadDetails(tuple(value["files"]), value["time"], value["counts"], complete, sketches)


NO_DETAILS: Final = LoadDetails()


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One line of the store's history of loads.

    `revision` is None while the load is unfinished. An unfinished load is `undone` while a store that needs several
    transactions for it removes its facts.
    """

    id: int
    source: str
    fingerprint: str
    revision: int | None
    undone: bool
    details: LoadDetails = NO_DETAILS

    @property
    def undoes(self) -> int | None:
        """The load that this one took back, None for a load of files."""
        return int(self.fingerprint.removeprefix(UNDO_PREFIX)) if self.fingerprint.startswith(UNDO_PREFIX) else None

    @property
    def state(self) -> str:
        """What became of the load, for people."""
        if self.revision is None:
            return "being taken back" if self.undone else "interrupted"
        if self.undone:
            return "taken back"
        return "loaded" if self.undoes is None else f"took load {self.undoes} back"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One live link of a party: the other end, and the link."""

    party: str
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it was sent in. source: of its load. body: what it says as canonical JSON."""

    source: str
    id: str
    type: str
    time: float | None
    body: str


@dataclass(frozen=True, slots=True)
class UndoCounts:
    """What an undo of a load does to the live facts that count as its own, by table; consents where there are any.

    taken: retracted; where the load corrected earlier facts, these are live again. kept: stated by later loads too.
    """

    taken: dict[str, int]
    kept: dict[str, int]


@dataclass(frozen=True)
class FactChanges:
    """The facts that were recorded after one revision and until another, and are live at the second, and the others
    that were live at the first and are not at the second (`ended_...`), as tables of the schema.
    """

    parties: pa.RecordBatch
    ended_parties: pa.RecordBatch
    relationships: pa.RecordBatch
    ended_relationships: pa.RecordBatch
    outcomes: pa.RecordBatch
    ended_outcomes: pa.RecordBatch


class Load(Protocol):
    """A load in progress. Each call commits in transactions of at most a few thousand rows.

    Several processes may continue one load. After one of them has finished it, or it was undone, every call that
    records raises StoreError.
    """

    @property
    def id(self) -> int:
        """Number of the load, unique in its store."""

    def parties(self, batch: pa.RecordBatch) -> Recorded:
        """Record a batch of PARTIES."""

    def relationships(self, batch: pa.RecordBatch) -> Recorded:
        """Record a batch of RELATIONSHIPS, whose ends must be parties of the store, of this load or of another.

        Raises UnknownKind for a kind that the store does not define; then nothing of the batch is recorded.
        """

    def outcomes(self, batch: pa.RecordBatch) -> Recorded:
        """Record a batch of OUTCOMES."""

    def events(self, batch: pa.RecordBatch) -> Recorded:
        """Record a batch of EVENTS: what was sent in, from which the other facts of this load follow."""

    def consents(self, batch: pa.RecordBatch) -> Recorded:
        """Record a batch of CONSENTS."""

    def describe(self, details: LoadDetails) -> None:
        """Say what the load is of, in place of what it said before."""

    def end(self, facts: pa.RecordBatch) -> int:
        """Retract live facts of this source that earlier loads recorded; returns how many were retracted.

        facts: rows of one table, of which the columns of its natural key are read. Unknown keys change nothing.
        """

    def finish(self) -> int:
        """Make the load visible; returns its revision, or the store's revision where the load changed nothing.

        A load that changed nothing leaves no record, unless it stated facts again that other files had stated: those of
        a load with its fingerprint that still counts are no others.

        A load that another process has finished keeps the revision it got then.
        """


class FactReader(Protocol):
    """The read-only half of a store: the facts that a snapshot is built from, at any revision."""

    @property
    def name(self) -> str:
        """Name of the store in messages; never with a password."""

    def revision(self) -> int:
        """The newest revision, 0 in an empty store."""

    def kinds(self) -> dict[str, RelationshipKind]:
        """Relationship kinds by name: the built-in ones and those that mappings defined."""

    def protected(self) -> frozenset[str]:
        """Protected column names (plain form) that mappings added to those of the schema."""

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Live party facts, in any order: PARTIES plus `origin` (string, source of its load) and `recorded` (int64)."""

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Live relationship facts, in any order: RELATIONSHIPS plus `origin` and `recorded`.

        columns: where given, these columns of RELATIONSHIPS alone, in this order.
        """

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Live outcome facts, in any order: OUTCOMES plus `origin` and `recorded`."""


class ChangeReader(FactReader, Protocol):
    """A reader of facts that tells what changed, too."""

    def changes(self, after: int, until: int) -> FactChanges:
        """What changed between two revisions; it costs what changed and not what there is."""

    def count_changes(self, after: int, until: int) -> int:
        """The number of facts that `changes` would give."""

    def party_facts(self, ids: Iterable[str], revision: int | None = None) -> pa.RecordBatch:
        """The live facts of some parties, in any order: PARTIES plus `origin` and `recorded`."""


class ConsentReader(FactReader, Protocol):
    """A reader of facts that knows who has consented to their use, too."""

    def read_consents(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Live consents, in any order: CONSENTS plus `origin` and `recorded`."""

    def consents_changed(self, after: int) -> bool:
        """Whether consents were recorded or retracted after a revision; it costs what changed, not what there is."""


class GraphStore(ChangeReader, ConsentReader, Protocol):
    """The network's system of record."""

    def define_kinds(self, kinds: Iterable[RelationshipKind]) -> None:
        """Add relationship kinds; those that are defined already change nothing.

        Raises UnknownKind when a name exists with another meaning.
        """

    def add_protected(self, columns: Iterable[str]) -> None:
        """Add protected column names (plain form)."""

    def begin_load(self, source: str, fingerprint: str) -> Load:
        """A new load, or the interrupted one of this source and fingerprint, to be continued.

        Raises UnfinishedLoad when an interrupted load of this source has another fingerprint.
        """

    def undo(self, load: int, details: LoadDetails = NO_DETAILS) -> int:
        """Retract a load's facts and restore those it corrected or ended; returns the new revision.

        What is live then is, of each key, what the newest load stated that is not undone, whether it recorded the fact
        or left it unchanged. A fact that stays counts as one of that load. No link or outcome loses its end: a party
        that those of its source still need stays, implied and with its kind alone, until the last of them is retracted.
        An unfinished load is removed without a trace. details: of the load that takes it back.

        Raises UsageError for a load that is unknown, undone already, or itself an undo.
        Raises UnfinishedLoad while another load of the same source is unfinished.
        """

    def undo_counts(self, load: int) -> UndoCounts:
        """What `undo` would take and keep now."""

    def erase(self, party: str) -> int:
        """Delete the retracted facts about a party, of any revision, for good; returns how many there were.

        Live facts stay: retract them first. Of a state that had them, nothing can be rebuilt any more. Its consents
        and events that name it are deleted whether live or not: what they stated is in the facts.
        """

    def loads(self) -> list[LoadRecord]:
        """The history of loads, oldest first."""

    def events(self, source: str, ids: Iterable[str]) -> dict[str, str]:
        """What the live events of a source with these ids say: their `body` by id; those of unfinished loads not."""

    def events_of(self, types: Iterable[str]) -> list[RecordedEvent]:
        """The live events of these types of every source, by time, source and id; those of unfinished loads not."""

    def missing(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are no party here; parties of unfinished loads count as present."""

    def of_kinds(self, ids: Iterable[str], kinds: Iterable[str]) -> set[str]:
        """Those of `ids` that a live fact describes as a party of one of these kinds; unfinished loads count."""

    def held(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` to which a live link of a holding kind leads; links of unfinished loads count."""

    def party(self, id: str, revision: int | None = None) -> Party | None:
        """A party, merged over sources (explicit over implied, then the newest); None where the id is unknown."""

    def neighbours(self, id: str, limit: int, after: int = 0, revision: int | None = None) -> list[Neighbour]:
        """At most `limit` live links of a party in either direction, after the first `after` of them.

        They are sorted by the bytes of (kind, other end, source, target, key). A self-link appears once.
        """

    def cypher(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows that a reading Cypher statement returns.

        Raises Unsupported on a store that does not speak Cypher.
        """

    def close(self) -> None:
        """Release connections and files."""

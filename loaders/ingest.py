"""Files -> facts in a store: checked chunk by chunk, resumable, with progress.

Parties are read first, then relationships, outcomes and consents. A load that is killed is finished by loading the
same files again. One that finds its input damaged in the middle takes back what it wrote.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import InputError, UnknownKind
from graph.schema import CONSENTS, OUTCOMES, PARTIES, RELATIONSHIPS
from graph.stores.base import GraphStore, Load, LoadDetails, LoadRecord, Recorded
from loaders.checking import tables
from loaders.checking.chunk_context import ChunkContext
from loaders.checking.column_survey import survey
from loaders.checking.conditions import rows_to_load
from loaders.checking.consents import ConsentRows, consents
from loaders.checking.kinds import KindRegistry
from loaders.checking.restricted import RestrictedFacts
from loaders.checking.survey import FileSurvey
from loaders.dry_run import scratch_store
from loaders.ending import Ending
from loaders.identity.both_ways import BothWays, OtherContent
from loaders.identity.contradictions import Contradictions
from loaders.identity.declared_kinds import DeclaredKinds
from loaders.identity.endpoints import EndpointResolver
from loaders.identity.hashes import Occurrences
from loaders.identity.keys import Directions, natural_keys
from loaders.identity.look_alikes import LookAlikes
from loaders.identity.repeated_keys import RepeatedKeys
from loaders.identity.sketches import ContentSketches, common_rows
from loaders.identity.stated import StatedFacts
from loaders.identity.unheld import UnheldIdentifiers
from loaders.mapping import TABLES
from loaders.notices import Notices
from loaders.plan import LoadPlan, ResolvedFile, make_plan, same_files
from loaders.reading.readers import chunks
from loaders.rejects.reject import Reject
from loaders.rejects.reject_log import RejectLog
from loaders.values.arrays import Bools

REJECTS_FOLDER: Final = Path(".kith/rejects")
SIGNED_KINDS: Final = ("RATES", "TRUSTS")  # whose weights are meant to lie in -1..1

Progress = Callable[[str, int], None]  # (file name, rows read of it so far)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did.

    read: rows; the sum of `loaded`, `unchanged` and `rejected`.
    loaded: new or changed facts by table; consents where there are any.
    implied: parties recorded because a link needs them; they are apart.
    ended: facts of earlier loads that no longer hold, apart too.
    rejects_file: the file of rejected rows, or their folder where several inputs have some.
    load: its number in the store, None where it changed nothing.
    reasons: rejected rows by code. examples: the first few.
    """

    source: str
    read: int
    loaded: dict[str, int]
    implied: int
    unchanged: int
    ended: int
    rejected: int
    rejects_file: Path | None
    revision: int
    load: int | None
    seconds: float
    warnings: tuple[str, ...]
    reasons: dict[str, int] = field(default_factory=dict)
    examples: tuple[Reject, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The result as `kith load --json` writes it."""
        return {
            "source": self.source,
            "read": self.read,
            "loaded": dict(self.loaded),
            "implied": self.implied,
            "unchanged": self.unchanged,
            "ended": self.ended,
            "rejected": self.rejected,
            "rejects_file": None if self.rejects_file is None else str(self.rejects_file),
            "reasons": dict(self.reasons),
            "examples": [reject.to_json() for reject in self.examples],
            "revision": self.revision,
            "load": self.load,
            "seconds": round(self.seconds, 3),
            "warnings": list(self.warnings),
        }


def load(
    paths: Sequence[Path],
    store: GraphStore,
    mapping: str | Path | None = None,
    source: str | None = None,
    dry_run: bool = False,
    rejects_dir: Path | None = None,
    progress: Progress | None = None,
    now: float | None = None,
    replace: bool = False,
) -> LoadResult:
    """The result of loading files or folders as one load.

    mapping: the name of a built-in one or a TOML file; None for exchange folders.
    dry_run: make every check, count what would happen and write nothing, but for the rejects where there is a
    `rejects_dir`.
    rejects_dir: the parent of the rejects folder, .kith/rejects by default.
    now: seconds since 1970, the clock by default; later times are in the future.
    replace: the files are full exports: what they no longer list of the source ends.

    Raises InputError, MappingError, UsageError, UnknownKind, UnfinishedLoad, StoreError.
    """
    started = time.monotonic()
    plan = make_plan(paths, mapping, source, replace)
    now = time.time() if now is None else now
    rejects = RejectLog(rejects_dir if dry_run or rejects_dir is not None else REJECTS_FOLDER, plan)
    if dry_run:
        with scratch_store(store, plan.source, plan.fingerprint) as scratch:
            run = _LoadRun(scratch, store, plan, now, rejects, progress)
            run.run()
        revision, number = store.revision(), None
    else:
        run = _LoadRun(store, store, plan, now, rejects, progress)
        revision, number = run.run()
    return run.result(revision, number, time.monotonic() - started)


class _LoadRun:
    """One load from beginning to end, with the counts so far.

    Facts are written to `store`; endpoints are looked up in `registry`, which is another store in a dry run.
    """

    def __init__(
        self,
        store: GraphStore,
        registry: GraphStore,
        plan: LoadPlan,
        now: float,
        rejects: RejectLog,
        progress: Progress | None,
    ) -> None:
        self._registry = registry
        self._store, self._plan, self._now, self._rejects, self._progress = store, plan, now, rejects, progress
        self._kinds = KindRegistry(store.kinds())
        self._endpoints = EndpointResolver(registry, plan.source, plan.imply_endpoints)
        self._occurrences = {table: Occurrences() for table in ("relationships", "outcomes")}
        self._stated = {table: StatedFacts() for table in TABLES}
        self._rows_read = 0
        self._implied = 0
        self._unchanged = 0
        self._ended = 0
        self._recorded: Counter[str] = Counter()
        self._kinds_beyond_one: set[str] = set()
        self._notices = Notices()
        self._look_alikes = LookAlikes()
        declares = any(file.mapping.source_kind or file.mapping.target_kind for file in plan.files)
        self._declared_kinds = DeclaredKinds(declares)
        self._repeated_keys = {table: RepeatedKeys() for table in ("relationships", "outcomes")}
        self._contradictions = Contradictions()
        self._consents = ConsentRows()
        self._other_content = OtherContent()
        self._sketches = ContentSketches()
        self._unheld = UnheldIdentifiers(self._kinds.known)
        self._ending = Ending(store, plan, self._notices)
        self._restricted = RestrictedFacts(registry, plan.source)

    def run(self) -> tuple[int, int | None]:
        """The store's revision after the load, and the load's number, None where it changed nothing."""
        mapping = self._plan.mapping
        try:
            new_kinds = self._kinds.add(mapping.kinds)
        except UnknownKind as error:
            raise UnknownKind(f"mapping {mapping.name}: {error}") from error
        if mapping.protected:
            self._store.add_protected(sorted(mapping.protected))
        self._note_same_files()
        self._both_ways = BothWays([name for name, kind in self._kinds.known.items() if kind.symmetric])
        surveys = [survey(file, mapping, self._survey_rows) for file in self._plan.files]
        load = self._store.begin_load(self._plan.source, self._plan.fingerprint)
        load.describe(self._details())
        self._store.define_kinds(new_kinds)
        try:
            for file, seen in zip(self._plan.files, surveys, strict=True):
                self._load_file(load, file, seen)
            self._record_repeated_keys(load)
        except InputError:
            self._store.undo(load.id)
            raise
        self._ended = self._ending.finish(load)
        self._note_same_rows()
        self._look_alikes.note(self._notices, self._registry, self._plan.source, self._endpoints.known)
        self._declared_kinds.note(self._notices, self._registry, self._plan.source)
        self._unheld.note(self._notices, [self._store, self._registry], self._plan.source)
        load.describe(self._details())
        revision = load.finish()
        return revision, load.id if any(record.id == load.id for record in self._store.loads()) else None

    def _details(self) -> LoadDetails:
        """What the load says of itself, with the counts so far."""
        apart = {"implied": self._implied, "unchanged": self._unchanged, "ended": self._ended}
        counts = {table: self._recorded[table] for table in TABLES} | apart | {"rejected": self._rejects.count}
        files = dict.fromkeys(file.name for file in self._plan.files)
        counted = {name: count for name, count in counts.items() if count}
        return LoadDetails(tuple(files), self._now, counted, self._ending.complete, self._sketches.sketches())

    def result(self, revision: int, load: int | None, seconds: float) -> LoadResult:
        """The result of a load that has run."""
        files = self._rejects.files
        warnings = [*self._plan.warnings, *self._notices.warnings()]
        if self._kinds_beyond_one:
            kinds = ", ".join(sorted(self._kinds_beyond_one))
            warnings.append(f"weights of {kinds} lie outside -1..1; rescale them with divide_by in a mapping")
        return LoadResult(
            source=self._plan.source,
            read=self._rows_read,
            loaded={table: self._recorded[table] for table in TABLES if self._recorded[table] or table != "consents"},
            implied=self._implied,
            unchanged=self._unchanged,
            ended=self._ended,
            rejected=self._rejects.count,
            rejects_file=None if not files else files[0] if len(files) == 1 else Path(os.path.commonpath(files)),
            revision=revision,
            load=load,
            seconds=seconds,
            warnings=tuple(warnings),
            reasons=dict(sorted(self._rejects.reasons.items())),
            examples=tuple(self._rejects.examples),
        )

    def _note_same_files(self) -> None:
        """Note the loads of other sources that had a file with the same bytes."""
        for load in self._of_other_sources():
            count = same_files(load.fingerprint, self._plan.fingerprint)
            if count:
                self._notices.add(self._plan.source, "same_files", f"load {load.id}", load.source, count)

    def _note_same_rows(self) -> None:
        """Note the loads of other sources that state most of the same, from files with other bytes."""
        for load in self._of_other_sources():
            if not same_files(load.fingerprint, self._plan.fingerprint):
                found = common_rows(self._sketches.sketches(), load.details.sketches)
                for table, rows in found.items():
                    example = f"load {load.id} of source {load.source}"
                    self._notices.add(self._plan.source, "same_rows", example, table, rows)

    def _of_other_sources(self) -> list[LoadRecord]:
        """The loads of other sources that count."""
        loads = self._registry.loads()
        return [one for one in loads if one.source != self._plan.source and one.revision is not None and not one.undone]

    def _survey_rows(self, context: ChunkContext) -> None:
        """See the rows of a chunk before any row is loaded."""
        table = context.file.table
        if table in self._repeated_keys:
            self._repeated_keys[table].survey(context)
        if table == "relationships":
            self._both_ways.survey(context)

    def _load_file(self, load: Load, file: ResolvedFile, seen: FileSurvey) -> None:
        record = {
            "parties": self._record_parties,
            "relationships": self._record_relationships,
            "outcomes": self._record_outcomes,
            "consents": self._record_consents,
        }[file.table]
        rows_of_file = 0
        with self._rejects.rejects_file(file) as rejects_file:
            for raw_chunk in chunks(file.path, file.dialect, self._notices):
                chunk = rows_to_load(raw_chunk, file, self._plan.mapping, self._notices)
                context = ChunkContext.of_chunk(file, self._plan.mapping, chunk, self._now, seen, self._notices)
                recorded = record(load, context)
                self._recorded[file.table] += recorded.recorded
                self._unchanged += recorded.unchanged
                self._rejects.add(file, chunk, context.validation.rejects, rejects_file)
                rows = chunk.rows + len(chunk.malformed)
                rows_of_file += rows
                self._rows_read += rows
                if self._progress is not None:
                    self._progress(file.name, rows_of_file)

    def _record_parties(self, load: Load, context: ChunkContext) -> Recorded:
        columns, validation = tables.parties(context), context.validation
        column, ids = context.file.column_name("id"), columns["id"]
        self._restricted.reject(context, columns)
        validation.reject_uncorrected(context.chunk.reasons, "duplicate_id", column, ids)
        again = self._stated_again(context, columns, ids)
        self._endpoints.reject_duplicates(validation, column, ids, validation.valid & ~again)
        batch = tables.valid_batch(columns, PARTIES, validation, ~again)
        self._look_alikes.add(batch.column("id").to_pylist())
        for known in (self._declared_kinds, self._unheld):
            known.know(batch.column("id").to_pylist(), batch.column("kind").to_pylist())
        self._ending.reject(context, columns)
        self._ending.state("parties", batch, context.file)
        recorded = load.parties(batch) if batch.num_rows else Recorded(0, 0)
        return Recorded(recorded.recorded, recorded.unchanged + int(again.sum()))

    def _stated_again(self, context: ChunkContext, columns: Mapping[str, pa.Array], names: pa.Array) -> Bools:
        """Whether each row states again what an earlier one states, in files where that is no fact of its own."""
        again = self._stated[context.file.table].again(context, columns)
        context.validation.note(pa.array(again), "stated_again", "", names)
        return again

    def _record_relationships(self, load: Load, context: ChunkContext) -> Recorded:
        columns, validation, file = tables.relationships(context, self._kinds), context.validation, context.file
        for end in ("source", "target") if not file.mapping.is_same_as else ():
            self._endpoints.reject_dangling(validation, file.column_name(end), columns[end])
        new_kinds = self._kinds.add_from_rows(validation, tables.kinds_of_links(context))
        if new_kinds:
            self._store.define_kinds(new_kinds)
        columns = tables.with_direction(context, columns, self._kinds)
        ends = pc.binary_join_element_wise(columns["source"], columns["target"], " - ")
        directions = Directions.of(columns, self._symmetric(columns["kind"], file))
        columns = directions.turn(columns)
        keys, repeats = natural_keys(context, columns, self._occurrences["relationships"], directions)
        columns["key"] = keys
        self._restricted.reject(context, columns)
        repeats |= self._both_ways.repeats(context) & validation.valid
        validation.note(pa.array(repeats), "both_ways", "", ends)
        differing = self._other_content.differing(columns, directions, validation.valid & ~repeats)
        validation.note(pa.array(differing), "both_ways_differ", "", ends)
        repeats |= self._stated_again(context, columns, ends)
        batch = tables.valid_batch(columns, RELATIONSHIPS, validation, ~repeats)
        self._ending.reject(context, columns)
        recorded = self._record_links(load, self._repeated_keys["relationships"].hold_back(batch, file), file)
        return Recorded(recorded.recorded, recorded.unchanged + int(repeats.sum()))

    def _symmetric(self, kinds: pa.Array, file: ResolvedFile) -> Bools:
        """Whether each link may be turned: rows with keys, and ends of kinds of their own, stay as they are."""
        may_turn = not file.mapping.key and file.mapping.source_kind == file.mapping.target_kind
        return self._kinds.are_symmetric(kinds) & may_turn

    def _record_links(self, load: Load, batch: pa.RecordBatch, file: ResolvedFile) -> Recorded:
        if not batch.num_rows:
            return Recorded(0, 0)
        for end, kind in (("source", file.mapping.source_kind), ("target", file.mapping.target_kind)):
            self._declared_kinds.declare(batch.column(end), kind)
            self._record_implied(load, batch.column(end), kind, always=file.mapping.is_same_as)
        self._declared_kinds.use(batch)
        ends = [self._endpoints.described_elsewhere(batch.column(end)) for end in ("source", "target")]
        self._unheld.use(batch, set().union(*ends))
        self._sketches.add("relationships", batch)
        self._kinds_beyond_one |= _kinds_beyond_one(batch)
        self._ending.state("relationships", batch, file)
        return load.relationships(batch)

    def _record_outcomes(self, load: Load, context: ChunkContext) -> Recorded:
        columns, validation = tables.outcomes(context), context.validation
        self._endpoints.reject_dangling(validation, context.file.column_name("id"), columns["party"])
        lacking = {"days_late", "amount"} - context.file.fields.keys()  # no part of the content where a file lacks them
        content = {name: values for name, values in columns.items() if name not in lacking}
        columns["key"], _ = natural_keys(context, content, self._occurrences["outcomes"])
        self._restricted.reject(context, columns)
        again = self._stated_again(context, columns, columns["party"])
        batch = tables.valid_batch(columns, OUTCOMES, validation, ~again)
        self._ending.reject(context, columns)
        self._contradictions.note(self._notices, context.file.name, batch)
        batch = self._repeated_keys["outcomes"].hold_back(batch, context.file)
        recorded = self._record_outcome_batch(load, batch, context.file)
        return Recorded(recorded.recorded, recorded.unchanged + int(again.sum()))

    def _record_outcome_batch(self, load: Load, batch: pa.RecordBatch, file: ResolvedFile) -> Recorded:
        if not batch.num_rows:
            return Recorded(0, 0)
        self._record_implied(load, batch.column("party"), None)
        self._ending.state("outcomes", batch, file)
        self._sketches.add("outcomes", batch)
        return load.outcomes(batch)

    def _record_consents(self, load: Load, context: ChunkContext) -> Recorded:
        columns, validation = consents(context), context.validation
        self._endpoints.reject_dangling(validation, context.file.column_name("id"), columns["party"])
        again = self._consents.again(context, columns) | self._stated_again(context, columns, columns["party"])
        batch = tables.valid_batch(columns, CONSENTS, validation, ~again)
        self._ending.reject(context, columns)
        recorded = Recorded(0, 0)
        if batch.num_rows:
            self._record_implied(load, batch.column("party"), None)
            self._ending.state("consents", batch, context.file)
            recorded = load.consents(batch)
        return Recorded(recorded.recorded, recorded.unchanged + int(again.sum()))

    def _record_repeated_keys(self, load: Load) -> None:
        """Record the last row of each key that came several times; its other rows count like it."""
        record = {"relationships": self._record_links, "outcomes": self._record_outcome_batch}
        for table, repeated in self._repeated_keys.items():
            for row, file, times in repeated.release():
                recorded = record[table](load, row, file)
                self._recorded[table] += recorded.recorded * times
                self._unchanged += recorded.unchanged * times
                if times > 1:
                    key = row.column("key")[0].as_py()
                    self._notices.add(file.name, "repeated_key", repr(key), ", ".join(file.mapping.key), times - 1)

    def _record_implied(self, load: Load, ids: pa.Array, kind: str | None, always: bool = False) -> None:
        """Record the endpoints that become parties; `kind` is that of the file, None for that of the mapping.

        always: they do whether or not those of other links are implied.
        """
        implied = self._endpoints.newly_implied(ids, always)
        if implied:
            self._look_alikes.add(implied)
            batch = tables.implied_parties(implied, kind or self._plan.mapping.implied_kind)
            self._declared_kinds.imply(implied, batch.column("kind")[0].as_py())
            self._unheld.know(implied, batch.column("kind").to_pylist())
            self._implied += load.parties(batch).recorded
        self._ending.imply(ids)


def _kinds_beyond_one(batch: pa.RecordBatch) -> set[str]:
    """The signed kinds of which a link has a weight beyond -1..1."""
    beyond = pc.and_(
        pc.greater(pc.abs(batch.column("weight")), 1.0),
        pc.is_in(batch.column("kind"), value_set=pa.array(SIGNED_KINDS)),
    )
    return set(pc.unique(batch.column("kind").filter(beyond)).to_pylist())

"""Files -> a store: checked batch by batch, resumable, with progress.

A load that is killed is finished by loading the same files again. One that finds its input damaged in the middle takes
back what it wrote. Parties are read first, then relationships, then outcomes.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import InputError, UnknownKind
from graph.schema import OUTCOMES, PARTIES, RELATIONSHIPS
from graph.stores.base import GraphStore, Load, Recorded
from loaders.checking import tables
from loaders.checking.binary import decoded
from loaders.checking.checks import KindBook, Verdict
from loaders.checking.endpoints import Ends
from loaders.checking.keys import Occurrences, content_keys, is_first, row_keys
from loaders.checking.tables import Columns, Reading
from loaders.dry_run import scratch_store
from loaders.plan import BoundFile, Plan, make_plan
from loaders.reading.readers import chunks
from loaders.rejects.reject_log import Refused, Reject
from loaders.values.numbers import as_text

REJECTS: Final = Path(".kith/rejects")
SIGNED: Final = ("RATES", "TRUSTS")

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did. `read` = sum of `loaded` + `unchanged` + `rejected`; implied parties are apart.

    `loaded` counts what is new or changed. `rejects_file` is the file of refused rows, or their folder where several
    inputs have some. `reasons` counts the refused by code, `examples` are the first few. `load` is the load's number in
    the store, None where it changed nothing.
    """

    source: str
    read: int
    loaded: dict[str, int]
    implied: int
    unchanged: int
    rejected: int
    rejects_file: Path | None
    revision: int
    load: int | None
    seconds: float
    warnings: tuple[str, ...]
    reasons: dict[str, int] = field(default_factory=dict)
    examples: tuple[Reject, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "read": self.read,
            "loaded": dict(self.loaded),
            "implied": self.implied,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "rejects_file": None if self.rejects_file is None else str(self.rejects_file),
            "reasons": dict(self.reasons),
            "examples": [asdict(reject) for reject in self.examples],
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
) -> LoadResult:
    """Load files or folders as one load.

    `now` (seconds since 1970; the clock by default) is what "in the future" is measured against. Rejects files go below
    `rejects_dir` (.kith/rejects by default) into a folder named like the source. A dry run makes every check, tells
    what would happen and writes nothing, but for the rejects where a `rejects_dir` is given. Raises InputError,
    MappingError, UnfinishedLoad, StoreError.
    """
    started = time.monotonic()
    plan = make_plan(paths, mapping, source)
    now = time.time() if now is None else now
    folder = rejects_dir if dry_run or rejects_dir is not None else REJECTS
    if dry_run:
        with scratch_store(store, plan.source, plan.fingerprint) as scratch:
            run = _Run(scratch, store, plan, now, folder, progress)
            run.go()
        revision, number = store.revision(), None
    else:
        run = _Run(store, store, plan, now, folder, progress)
        revision, number = run.go()
    return run.result(revision, number, time.monotonic() - started)


class _Run:
    """One load from beginning to end: what it has seen so far.

    Facts are written to `store`; endpoints are looked up in `registry`, which is another store in a dry run.
    """

    def __init__(
        self,
        store: GraphStore,
        registry: GraphStore,
        plan: Plan,
        now: float,
        rejects: Path | None,
        progress: Progress | None,
    ) -> None:
        self._store, self._plan, self._now, self._progress = store, plan, now, progress
        self._book = KindBook(store.kinds())
        self._ends = Ends(registry, plan.source, plan.implied)
        self._rows = {table: Occurrences() for table in ("relationships", "outcomes")}
        self._refused = Refused(rejects, plan)
        self._read = 0
        self._implied = 0
        self._unchanged = 0
        self._loaded: Counter[str] = Counter()
        self._too_strong: set[str] = set()

    def go(self) -> tuple[int, int | None]:
        """Returns the revision and the load's number (None where it changed nothing)."""
        try:
            new = self._book.add(self._plan.mapping.kinds)
        except UnknownKind as error:
            raise UnknownKind(f"mapping {self._plan.mapping.name}: {error}") from error
        if self._plan.mapping.protected:
            self._store.add_protected(sorted(self._plan.mapping.protected))
        load = self._store.begin_load(self._plan.source, self._plan.fingerprint)
        self._store.define_kinds(new)
        try:
            for file in self._plan.files:
                self._file(load, file)
        except InputError:
            self._store.undo(load.id)
            raise
        revision = load.finish()
        return revision, load.id if self._implied or self._loaded.total() else None

    def result(self, revision: int, load: int | None, seconds: float) -> LoadResult:
        files = self._refused.files
        warnings = list(self._plan.warnings)
        if self._too_strong:
            kinds = ", ".join(sorted(self._too_strong))
            warnings.append(f"weights of {kinds} leave -1..1; say divide_by in a mapping to bring them there")
        return LoadResult(
            source=self._plan.source,
            read=self._read,
            loaded={table: self._loaded[table] for table in ("parties", "relationships", "outcomes")},
            implied=self._implied,
            unchanged=self._unchanged,
            rejected=self._refused.count,
            rejects_file=None if not files else files[0] if len(files) == 1 else Path(os.path.commonpath(files)),
            revision=revision,
            load=load,
            seconds=seconds,
            warnings=tuple(warnings),
            reasons=dict(sorted(self._refused.reasons.items())),
            examples=tuple(self._refused.examples),
        )

    def _file(self, load: Load, file: BoundFile) -> None:
        record = {"parties": self._parties, "relationships": self._links, "outcomes": self._outcomes}[file.table]
        done = 0
        with self._refused.of(file) as rejects:
            for read in chunks(file.path, file.form):
                chunk = decoded(read, file)
                verdict = Verdict.over(file.name, chunk.lines)
                recorded = record(load, Reading(file, self._plan.mapping, chunk, verdict, self._now))
                self._loaded[file.table] += recorded.recorded
                self._unchanged += recorded.unchanged
                self._refused.add(file, chunk, verdict.rejects, rejects)
                done += chunk.rows + len(chunk.bad)
                self._read += chunk.rows + len(chunk.bad)
                if self._progress is not None:
                    self._progress(file.name, done)

    def _parties(self, load: Load, reading: Reading) -> Recorded:
        columns = tables.parties(reading)
        column, ids = reading.file.column("id"), columns["id"]
        reading.verdict.refuse_again(reading.chunk.reasons, "duplicate_id", column, ids)
        self._ends.refuse_duplicates(reading.verdict, column, ids)
        batch = _batch(columns, PARTIES, reading.verdict)
        return load.parties(batch) if batch.num_rows else Recorded(0, 0)

    def _links(self, load: Load, reading: Reading) -> Recorded:
        columns = tables.relationships(reading, self._book)
        file, verdict = reading.file, reading.verdict
        for end in ("source", "target"):
            self._ends.refuse_dangling(verdict, file.column(end), columns[end])
        new = self._book.learn(verdict, file.column("category"), columns["kind"], reading.text("category"))
        if new:
            self._store.define_kinds(new)
        self._key(reading, columns, ("source", "target", "kind"))
        batch = _batch(columns, RELATIONSHIPS, verdict)
        if not batch.num_rows:
            return Recorded(0, 0)
        for end, given in (("source", file.mapping.source_kind), ("target", file.mapping.target_kind)):
            self._imply(load, batch.column(end), given)
        self._notice_strong(batch)
        return load.relationships(batch)

    def _outcomes(self, load: Load, reading: Reading) -> Recorded:
        columns = tables.outcomes(reading)
        self._ends.refuse_dangling(reading.verdict, reading.file.column("id"), columns["party"])
        self._key(reading, columns, ("party",))
        batch = _batch(columns, OUTCOMES, reading.verdict)
        if not batch.num_rows:
            return Recorded(0, 0)
        self._imply(load, batch.column("party"), None)
        return load.outcomes(batch)

    def _key(self, reading: Reading, columns: Columns, natural: Sequence[str]) -> None:
        """Add the column `key`: the mapping's row key, or one from the content of the rows that pass."""
        verdict, given, seen = reading.verdict, reading.file.mapping.key, self._rows[reading.file.table]
        if given:
            named, keys = ", ".join(given), row_keys([as_text(reading.chunk.columns[name]) for name in given])
            columns["key"] = keys
            verdict.refuse_again(reading.chunk.reasons, "duplicate_key", named, keys)
            passing = np.flatnonzero(verdict.ok)
            again = np.zeros(len(verdict.ok), bool)
            again[passing] = ~is_first([columns[name].take(pa.array(passing)) for name in (*natural, "key")], seen)
            verdict.refuse(again, "duplicate_key", named, keys)
            return
        passing = pa.array(np.flatnonzero(verdict.ok), pa.int64())
        keys = content_keys([columns[name].take(passing) for name in sorted(columns)], seen)
        whole = np.full(len(verdict.ok), -1, np.int64)
        whole[verdict.ok] = np.arange(len(keys))
        columns["key"] = keys.take(pa.array(whole, mask=whole < 0))

    def _imply(self, load: Load, ids: pa.Array, kind: str | None) -> None:
        new = self._ends.take_implied(ids)
        if new:
            n = len(new)
            kinds = [kind or self._plan.mapping.implied_kind] * n
            nothing = [None] * n
            columns = [new, kinds, nothing, ["{}"] * n, [True] * n, nothing, nothing]
            arrays = [pa.array(values, f.type) for values, f in zip(columns, PARTIES, strict=True)]
            self._implied += load.parties(pa.RecordBatch.from_arrays(arrays, schema=PARTIES)).recorded

    def _notice_strong(self, batch: pa.RecordBatch) -> None:
        strong = pc.and_(
            pc.greater(pc.abs(batch.column("weight")), 1.0),
            pc.is_in(batch.column("kind"), value_set=pa.array(SIGNED)),
        )
        self._too_strong |= set(pc.unique(batch.column("kind").filter(strong)).to_pylist())


def _batch(columns: Columns, schema: pa.Schema, verdict: Verdict) -> pa.RecordBatch:
    """The rows that pass, in the schema's order."""
    arrays = [columns[f.name] for f in schema]
    if not verdict.ok.all():
        passing = pa.array(np.flatnonzero(verdict.ok), pa.int64())
        arrays = [array.take(passing) for array in arrays]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)

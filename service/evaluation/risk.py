"""What `kith evaluate` does: files into a store of its own, a snapshot, splits, and every judgement asked for."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnn.arrays import F32 as Floats
from gnn.evaluation.context_transfer import ContextPair, ContextTransfer, evaluate_context_transfer
from gnn.evaluation.evaluate_risk import BASELINES, Report, evaluate_risk
from gnn.evaluation.fairness.audit import Fairness, audit, check_groups
from gnn.evaluation.fairness.groups import column_of, groups_of
from gnn.evaluation.findings import about_strangers
from gnn.evaluation.leakage import Leak, find_leakage
from gnn.evaluation.temporal import UNDATED, TemporalSplit, evaluate_temporal_split, temporal_cut, why_not
from gnn.features.targets import outcomes_as_labels
from gnn.training import splits
from gnn.training.splits import Split
from gnn.training.trees import Progress
from graph.errors import UsageError
from graph.schema import CONTEXTS, plain
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult
from loaders.ingest import Progress as Counting
from loaders.ingest import load as load_files
from loaders.reading.splits import read_splits
from loaders.row_order import row_order
from service.evaluation.contexts import snapshot_of_context

FEW: Final = 2000  # judged parties, below which whether conduct carries over is asked of all of them, in folds
FOLDS: Final = 4


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate and how; see `kith evaluate --help`."""

    paths: Sequence[Path]
    mapping: str | None = None
    split: str | None = None
    folds: int | None = None
    seed: int = 0
    max_train_labels: int | None = None
    baselines: tuple[str, ...] = BASELINES
    protected: str | None = None
    mitigate: bool = False
    contexts: tuple[str, str] | None = None

    def check(self) -> None:
        """Raises UsageError where options do not go together."""
        if self.folds is not None and self.split is not None:
            raise UsageError("--folds and --split exclude each other")
        if self.mitigate and self.protected is None:
            raise UsageError("--mitigate needs --protected COLUMN: it has to know which groups to treat alike")
        for context in self.contexts or ():
            if context not in CONTEXTS:
                raise UsageError(f"the context {context!r} is unknown; use {' or '.join(CONTEXTS)}")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Lineage:
    """Where the figures come from."""

    files: tuple[SourceFile, ...]
    rows: int
    refused: int
    warnings: tuple[str, ...]
    snapshot: str
    parties: Mapping[str, int]
    relationships: Mapping[str, int]
    outcomes: int
    protected: tuple[str, ...]
    seed: int
    max_train_labels: int | None


@dataclass(frozen=True)
class Evaluation:
    """A report and what was asked for beside it."""

    report: Report
    lineage: Lineage
    fairness: Fairness | None
    later: TemporalSplit | None
    context_transfer: ContextTransfer | None
    refused: Mapping[str, int]
    leaks: tuple[Leak, ...] = ()
    left_out: tuple[str, ...] = ()
    not_later: str = ""  # why there is no split by time, where there is none

    @property
    def words(self) -> tuple[str, ...]:
        """Every finding, in words."""
        said = [*self.report.words, *self.left_out]
        said += [self.not_later] if self.not_later not in {"", UNDATED} else []
        for more in (self.later, self.fairness, self.context_transfer):
            said += more.words if more is not None else ()
        return (*said, *(leak.words for leak in self.leaks))

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        value = self.report.to_json(peak_mb)
        value["words"] = list(self.words)
        value["warnings"] = list(self.lineage.warnings)
        value["leaks"] = [asdict(leak) for leak in self.leaks]
        for name, more in (("fairness", self.fairness), ("later", self.later), ("transfer", self.context_transfer)):
            if more is not None:
                value[name] = more.to_json()
        return value


def evaluate(
    asked: EvaluationRequest, counting: Counting | None = None, progress: Progress | None = None
) -> Evaluation:
    """Load, train, judge. Raises UsageError for what cannot be asked, and what loading and training raise."""
    asked.check()
    with tempfile.TemporaryDirectory(prefix="kith-evaluate-") as scratch:
        store = open_store(f"sqlite:///{scratch}/kith.db")
        try:
            return _evaluate(asked, store, Path(scratch), counting, progress)
        finally:
            store.close()


def _evaluate(
    asked: EvaluationRequest, store: GraphStore, scratch: Path, counting: Counting | None, progress: Progress | None
) -> Evaluation:
    loaded, snapshot = read_files(asked, store, scratch, counting)
    y = outcomes_as_labels(snapshot)
    published = _published(asked)
    drawn = _splits(asked, published, snapshot, y)
    chosen = [one.limited(asked.max_train_labels, y, asked.seed) for one in drawn]
    if asked.protected is not None:
        check_groups(groups_of(snapshot, asked.protected), y, chosen[0], asked.mitigate)
    crossing = None if asked.contexts is None else _crossing(asked, asked.contexts, store, scratch, y, chosen)
    report = evaluate_risk(snapshot, y, chosen, asked.seed, loaded.source, asked.baselines, progress)
    first = report.judged[0]
    fairness = None
    if asked.protected is not None:
        fairness = audit(snapshot, y, first, asked.protected, asked.seed, asked.mitigate)
    carried = None if crossing is None else evaluate_context_transfer(crossing, y, asked.seed)
    later = _later(asked, store, snapshot, y, scratch, report)
    not_later = "" if later is not None else why_not(snapshot)
    lineage = _lineage(asked, loaded, snapshot, y)
    leaks = leaks_of(asked, snapshot, y)
    left_out = tuple(about_strangers(splits.unknown_ids(published.values(), snapshot)))
    return Evaluation(report, lineage, fairness, later, carried, loaded.reasons, leaks, left_out, not_later)


def read_files(
    asked: EvaluationRequest, store: GraphStore, scratch: Path, counting: Counting | None = None
) -> tuple[LoadResult, Snapshot]:
    """What was loaded, and its snapshot; no feature may read the column by which groups are to be compared."""
    loaded = load_files(asked.paths, store, asked.mapping, rejects_dir=scratch / "rejects", progress=counting)
    if asked.protected is not None:
        store.add_protected([plain(column_of(asked.protected))])
    return loaded, build_snapshot(store, scratch / "snapshot")


def leaks_of(asked: EvaluationRequest, snapshot: Snapshot, y: Floats) -> tuple[Leak, ...]:
    """What tells the outcome alone: columns, ids, and the order of rows in the files that were read."""
    order = row_order(asked.paths, asked.mapping)
    return find_leakage(snapshot, y, {f"the order of {table} in the file": ids for table, ids in order.items()})


def _crossing(
    asked: EvaluationRequest,
    contexts: tuple[str, str],
    store: GraphStore,
    scratch: Path,
    y: Floats,
    chosen: Sequence[Split],
) -> ContextPair:
    """The networks of two contexts, with enough parties on both sides."""
    here, there = (snapshot_of_context(store, one, scratch / f"{i}-{one}") for i, one in enumerate(contexts))
    judging = splits.folds(y, FOLDS, asked.seed) if len(chosen[0].test) < FEW else chosen[:1]
    crossing = ContextPair(here, there, contexts, judging)
    crossing.check(y)
    return crossing


def _published(asked: EvaluationRequest) -> dict[str, dict[str, str]]:
    """The published splits to be judged on, by name: those asked for, or the first; none where others are drawn.

    Raises UsageError for one that is not there.
    """
    if asked.folds is not None:
        return {}
    there = next((found for path in asked.paths if path.is_dir() and (found := read_splits(path))), {})
    if asked.split is None:
        return dict(list(there.items())[:1])
    wanted = list(there) if asked.split == "all" else [asked.split]
    if not wanted or wanted[0] not in there:
        raise UsageError(f"there is no split {asked.split!r}; there are {', '.join(there) or 'none'}")
    return {one: there[one] for one in wanted}


def _splits(
    asked: EvaluationRequest, published: Mapping[str, Mapping[str, str]], snapshot: Snapshot, y: Floats
) -> list[Split]:
    """The published splits; else K folds, or 50/25/25 by the seed."""
    if asked.folds is not None:
        return splits.folds(y, asked.folds, asked.seed)
    if not published:
        return [splits.stratified(y, asked.seed)]
    return [splits.published(name, roles, snapshot, y, asked.seed) for name, roles in published.items()]


def _later(
    asked: EvaluationRequest, store: GraphStore, snapshot: Snapshot, y: Floats, scratch: Path, report: Report
) -> TemporalSplit | None:
    """The split by time, where the outcomes have dates."""
    cut = temporal_cut(snapshot)
    if cut is None:
        return None
    then = build_snapshot(store, scratch / "then", cut)
    known = outcomes_as_labels(then)
    ids = [then.id_of(row) for row in range(then.n_parties)]
    became = y[snapshot.rows_of(ids)]
    first = report.judged[0]
    judged = first.probability["model"], first.y
    return evaluate_temporal_split(then, known, became, cut, judged, asked.seed, asked.max_train_labels)


def _lineage(asked: EvaluationRequest, loaded: LoadResult, snapshot: Snapshot, y: Floats) -> Lineage:
    named = [path for one in asked.paths for path in (sorted(one.iterdir()) if one.is_dir() else [one])]
    files = [path for path in named if path.is_file() and not path.name.startswith(".") and path.suffix != ".md"]
    kinds = np.bincount(snapshot.party_kind, minlength=len(snapshot.party_kinds))
    return Lineage(
        tuple(SourceFile(path.name, path.stat().st_size, _sha256(path)) for path in files),
        loaded.read,
        loaded.rejected,
        loaded.warnings,
        snapshot.id,
        {name: int(n) for name, n in zip(snapshot.party_kinds, kinds, strict=True) if n},
        {name: kind.links for name, kind in snapshot.kinds.items()},
        int((~np.isnan(y)).sum()),
        tuple(sorted(snapshot.protected)),
        asked.seed,
        asked.max_train_labels,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

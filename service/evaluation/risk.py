"""`kith evaluate`: a network of files or of a snapshot, splits, and every evaluation that was asked for."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnn.arrays import F32
from gnn.evaluation.context_transfer import ContextPair, ContextTransfer, evaluate_context_transfer
from gnn.evaluation.evaluate_risk import BASELINES, Report, evaluate_risk, evaluate_trial
from gnn.evaluation.fairness.audit import FairnessAudit, audit, check_groups
from gnn.evaluation.fairness.groups import column_of, groups_of
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.leakage import Leak, find_leakage
from gnn.evaluation.ranking import TOP_PARTIES
from gnn.evaluation.selection_findings import selection_findings
from gnn.evaluation.temporal import LaterOutcomes, TemporalSplit, later_outcomes, why_no_temporal_split
from gnn.features.targets import BadOutcome, LateParties, late_parties, outcomes_as_labels
from gnn.training import splits
from gnn.training.observations import HORIZON_DAYS
from gnn.training.splits import Split
from gnn.training.train import TrainingConfig
from gnn.training.trees import Progress
from graph.column_names import plain
from graph.errors import UsageError
from graph.schema import CONTEXTS
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader, GraphStore
from graph.stores.open import open_store
from loaders.ingest import Progress as LoadProgress
from loaders.reading.splits import read_splits
from loaders.row_order import row_order
from service.evaluation.contexts import snapshot_of_context
from service.evaluation.networks import EvaluatedNetwork, network_of_files, network_of_snapshot
from service.evaluation.sentences import findings_json
from service.history import history_at, last_horizon

MIN_CONTEXT_TEST: Final = 2000  # test parties, below which transfer between contexts is tested in folds, on all parties
CONTEXT_FOLDS: Final = 4


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate and how; see `kith evaluate --help`. `store_url` is that of the store of `snapshot`.

    horizon_days: the longest that the horizon of a model of dated outcomes may be.
    """

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
    snapshot: Path | None = None
    store_url: str | None = None
    train_alone: bool = False
    fractions: tuple[int, int, int] | None = None
    top: int = TOP_PARTIES
    horizon_days: int = HORIZON_DAYS
    late_from: int | None = None
    base_rate: float | None = None

    @property
    def draws_nothing(self) -> bool:
        """Whether nobody asked for a split of its own, so that outcomes with dates are split by time."""
        return self.folds is None and self.fractions is None and self.split is None and not self.train_alone

    @property
    def config(self) -> TrainingConfig:
        """What a model is to answer."""
        return TrainingConfig(bad=BadOutcome(self.late_from), population_rate=self.base_rate)

    def check(self) -> None:
        """Raises UsageError where options do not go together."""
        if bool(self.paths) == (self.snapshot is not None):
            raise UsageError("name files or folders to test on, or a snapshot with --snapshot: one of the two")
        if self.snapshot is not None and self.mapping is not None:
            raise UsageError("--mapping reads files; a snapshot needs none")
        if self.folds is not None and self.split is not None:
            raise UsageError("--folds and --split exclude each other")
        if self.fractions is not None and not (self.folds is None and self.split is None):
            raise UsageError("--fractions draws its own split: leave out --folds and --split")
        if self.train_alone and self.contexts is not None:
            raise UsageError("--learn-from train cannot be combined with --train-context and --test-context")
        if self.mitigate and self.protected is None:
            raise UsageError("--mitigate needs --protected COLUMN, which says between which groups to mitigate")
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
    """Where the figures come from; protected: the columns that no feature reads."""

    files: tuple[SourceFile, ...]
    rows: int
    rejected: int
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
    """A report and what was evaluated beside it.

    report is by time where outcomes have dates and nobody asked for another split. random_split: the report on a random
    split, where that of later outcomes is the headline; fairness and context_transfer are of this one.
    reject_reasons: rejected rows by reason. unknown_split_ids: ids of splits that are no party. no_temporal_split: why
    there is none, where there is none.
    """

    report: Report
    lineage: Lineage
    fairness: FairnessAudit | None
    random_split: Report | None
    temporal_split: TemporalSplit | None
    no_temporal_split: Finding | None
    context_transfer: ContextTransfer | None
    leakage: tuple[Leak, ...]
    reject_reasons: Mapping[str, int]
    unknown_split_ids: tuple[str, ...]
    late: LateParties
    selection: tuple[Finding, ...]
    late_from: int | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the report, followed by those of everything beside it."""
        return (*self.report.findings, *self.further_findings)

    @property
    def further_findings(self) -> tuple[Finding, ...]:
        """All findings but those of the report."""
        findings = []
        if self.unknown_split_ids:
            findings.append(Finding(Code.UNKNOWN_SPLIT_IDS, {"ids": list(self.unknown_split_ids)}))
        if self.late.as_good:
            figures = {"parties": self.late.as_good, "late_from": self.late_from}
            findings.append(Finding(Code.LATE_COUNTS_AS_GOOD, figures))
        if self.late.left_out:
            findings.append(Finding(Code.LATE_LEFT_OUT, {"parties": self.late.left_out}))
        findings += self.selection
        if self.no_temporal_split is not None:
            findings.append(self.no_temporal_split)
        if self.temporal_split is not None:
            findings.append(self.temporal_split.finding())
        if self.fairness is not None:
            findings += self.fairness.findings()
        if self.context_transfer is not None:
            findings.append(self.context_transfer.finding())
        return (*findings, *(leak.finding() for leak in self.leakage))

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        """The JSON object of `kith evaluate`."""
        value = self.report.to_json(peak_mb)
        value["findings"] = findings_json(self.findings)
        value["warnings"] = list(self.lineage.warnings)
        value["late_from"] = self.late_from
        value["horizon_days"] = self.report.predictions[0].model.horizon_days
        value["leakage"] = [leak.to_json() for leak in self.leakage]
        if self.fairness is not None:
            value["fairness"] = self.fairness.to_json()
        if self.random_split is not None:
            value["random_split"] = {"split": self.random_split.splits[0], **self.random_split.model}
        if self.temporal_split is not None:
            value["temporal_split"] = self.temporal_split.to_json()
        if self.context_transfer is not None:
            value["context_transfer"] = self.context_transfer.to_json()
        return value


def evaluate(
    request: EvaluationRequest, load_progress: LoadProgress | None = None, progress: Progress | None = None
) -> Evaluation:
    """Load, train and test. Raises UsageError for what cannot be asked, and what loading and training raise."""
    request.check()
    with tempfile.TemporaryDirectory(prefix="kith-evaluate-") as scratch:
        store = open_store(request.store_url or f"sqlite:///{scratch}/kith.db")
        try:
            return _evaluate(request, network_of(request, store, Path(scratch), load_progress), Path(scratch), progress)
        finally:
            store.close()


def _evaluate(
    request: EvaluationRequest, network: EvaluatedNetwork, scratch: Path, progress: Progress | None
) -> Evaluation:
    snapshot = network.snapshot
    bad, seed = request.config.bad, request.seed
    y = outcomes_as_labels(snapshot, bad)
    published = _published(request)
    drawn = _splits(request, published, snapshot, y)
    limited = [split.limited(request.max_train_labels, y, seed) for split in drawn]
    if request.protected is not None:
        check_groups(groups_of(snapshot, request.protected), y, limited[0], request.mitigate)
    pair = None
    if request.contexts is not None:
        pair = _context_pair(request.contexts, network, scratch, y, limited, seed)
    folder, limit, config = scratch / "history", request.max_train_labels, request.config
    later = later_outcomes_of(snapshot, network.facts, request.horizon_days, folder, seed, limit, config)
    by_time = later is not None and not published and request.draws_nothing
    of_random = () if by_time else request.baselines
    report = evaluate_risk(snapshot, y, limited, seed, network.name, of_random, progress, request.top, config)
    random_report, temporal_split = report, None
    if later is not None:
        of_later = request.baselines if by_time else ()
        started = time.perf_counter()
        of_time = evaluate_trial(later.trial, [later.split], network.name, started, of_later, progress, request.top)
        temporal_split = later.beside(of_time.predictions[0], report.predictions[0])
        report = of_time if by_time else report
    first = random_report.predictions[0]
    fairness = None
    if request.protected is not None:
        fairness = audit(snapshot, y, first, request.protected, seed, request.mitigate)
    transfer = None if pair is None else evaluate_context_transfer(pair, y, seed)
    return Evaluation(
        report=report,
        random_split=random_report if by_time else None,
        lineage=_lineage(request, network, y),
        fairness=fairness,
        temporal_split=temporal_split,
        no_temporal_split=why_no_temporal_split(snapshot) if temporal_split is None else None,
        context_transfer=transfer,
        leakage=leakage(request, snapshot, y),
        reject_reasons=network.reasons,
        unknown_split_ids=tuple(splits.unknown_ids(published.values(), snapshot)),
        late=late_parties(snapshot, bad),
        selection=_selection(report, y, request.base_rate),
        late_from=request.late_from,
    )


def _selection(report: Report, y: F32, base_rate: float | None) -> tuple[Finding, ...]:
    """What the outcomes show of how they were selected, by the parties trained on in the first split."""
    support = report.predictions[0].model.support
    good, bad = (int((y == outcome).sum()) for outcome in (0, 1))
    return () if support is None else selection_findings(support, good, bad, base_rate)


def network_of(
    request: EvaluationRequest, store: GraphStore, scratch: Path, load_progress: LoadProgress | None = None
) -> EvaluatedNetwork:
    """What is evaluated, the column of the groups to compare protected in it."""
    protected = [] if request.protected is None else [plain(column_of(request.protected))]
    if request.snapshot is not None:
        return network_of_snapshot(request.snapshot, store, scratch, protected)
    return network_of_files(request.paths, request.mapping, store, scratch, protected, load_progress)


def leakage(request: EvaluationRequest, snapshot: Snapshot, y: F32) -> tuple[Leak, ...]:
    """What predicts the outcome alone: columns, ids, and the order of rows in the files that were read."""
    return find_leakage(snapshot, y, row_order(request.paths, request.mapping) if request.paths else {})


def _context_pair(
    contexts: tuple[str, str], network: EvaluatedNetwork, scratch: Path, y: F32, chosen: Sequence[Split], seed: int
) -> ContextPair:
    """The snapshots of two contexts. Raises TrainingError where too few parties have links of them."""
    facts, as_of = network.facts, network.snapshot.as_of
    train, test = (snapshot_of_context(facts, name, scratch / f"{i}-{name}", as_of) for i, name in enumerate(contexts))
    enough = len(chosen[0].test) >= MIN_CONTEXT_TEST
    pair = ContextPair(train, test, contexts, chosen[:1] if enough else splits.folds(y, CONTEXT_FOLDS, seed))
    pair.check(y)
    return pair


def _published(request: EvaluationRequest) -> dict[str, dict[str, str]]:
    """The published splits to test on, by name: those asked for, or the first; none where others are drawn.

    Raises UsageError for one that is not there.
    """
    if request.folds is not None or request.fractions is not None:
        return {}
    published = next((found for path in request.paths if path.is_dir() and (found := read_splits(path))), {})
    if request.split is None:
        return dict(list(published.items())[:1])
    wanted = list(published) if request.split == "all" else [request.split]
    if not wanted or wanted[0] not in published:
        raise UsageError(f"there is no split {request.split!r}; there are {', '.join(published) or 'none'}")
    return {name: published[name] for name in wanted}


def _splits(
    request: EvaluationRequest, published: Mapping[str, Mapping[str, str]], snapshot: Snapshot, y: F32
) -> list[Split]:
    """The published splits; else K folds, or one by class and seed; each trained on train alone where that is asked."""
    if request.folds is not None:
        found = splits.folds(y, request.folds, request.seed)
    elif not published:
        found = [splits.stratified(y, request.seed, request.fractions or splits.HALF_A_QUARTER_A_QUARTER)]
    else:
        found = [splits.published(name, roles, snapshot, y, request.seed) for name, roles in published.items()]
    return [split.train_alone(y) for split in found] if request.train_alone else found


def later_outcomes_of(
    snapshot: Snapshot,
    facts: FactReader,
    horizon_days: int,
    scratch: Path,
    seed: int,
    max_train_labels: int | None = None,
    config: TrainingConfig | None = None,
) -> LaterOutcomes | None:
    """The test on later outcomes of a snapshot that was built from `facts`; None where too few outcomes have dates."""
    last = last_horizon(snapshot, horizon_days)
    if last is None:
        return None
    cut, horizon = last
    past, history = history_at(snapshot, facts, horizon, cut, scratch)
    times = None if history is None else (history.times, history.snapshots)
    return later_outcomes(past, snapshot, horizon, times, seed, max_train_labels, config)


def _lineage(request: EvaluationRequest, network: EvaluatedNetwork, y: F32) -> Lineage:
    snapshot = network.snapshot
    paths = [file for path in request.paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    files = [path for path in paths if path.is_file() and not path.name.startswith(".") and path.suffix != ".md"]
    kinds = np.bincount(snapshot.party_kind, minlength=len(snapshot.party_kinds))
    return Lineage(
        files=tuple(SourceFile(path.name, path.stat().st_size, _sha256(path)) for path in files),
        rows=network.rows,
        rejected=network.rejected,
        warnings=network.warnings,
        snapshot=snapshot.id,
        parties={name: int(n) for name, n in zip(snapshot.party_kinds, kinds, strict=True) if n},
        relationships={name: kind.links for name, kind in snapshot.kinds.items()},
        outcomes=int((~np.isnan(y)).sum()),
        protected=tuple(sorted(snapshot.protected)),
        seed=request.seed,
        max_train_labels=request.max_train_labels,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

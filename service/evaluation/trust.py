"""`kith evaluate --task trust-sign|trust-weight`: files into a store of its own, a snapshot, and the evaluation."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnn.evaluation.evaluate_trust import TrustReport, evaluate_trust
from gnn.evaluation.findings import Finding
from gnn.evaluation.leakage import Leak, find_rating_leakage
from gnn.features.ratings import ratings_of
from gnn.training.trees import Progress
from graph.snapshots.build import build_snapshot
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from loaders.ingest import Progress as LoadProgress
from service.evaluation.sentences import findings_json


@dataclass(frozen=True, slots=True)
class TrustEvaluationRequest:
    """What to evaluate and how; see `kith evaluate --help`."""

    paths: Sequence[Path]
    task: str
    mapping: str | None = None
    folds: int | None = None
    leave_one_out: bool = False
    seed: int = 0
    baselines: bool = True


@dataclass(frozen=True)
class TrustEvaluation:
    """A report, what was loaded for it, and the leakage that was found."""

    report: TrustReport
    loaded: LoadResult
    leakage: tuple[Leak, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the report, followed by those of leakage."""
        return (*self.report.findings, *(leak.finding() for leak in self.leakage))

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        """The JSON object of `kith evaluate`."""
        return self.report.to_json(peak_mb) | {
            "findings": findings_json(self.findings),
            "leakage": [leak.to_json() for leak in self.leakage],
        }


def evaluate_ratings(
    request: TrustEvaluationRequest, load_progress: LoadProgress | None = None, progress: Progress | None = None
) -> TrustEvaluation:
    """Load, train and test. Raises what loading, splitting and training raise."""
    with tempfile.TemporaryDirectory(prefix="kith-evaluate-") as scratch:
        store = open_store(f"sqlite:///{scratch}/kith.db")
        try:
            rejects = Path(scratch) / "rejects"
            loaded = load(request.paths, store, request.mapping, rejects_dir=rejects, progress=load_progress)
            snapshot = build_snapshot(store, Path(scratch) / "snapshot")
            ratings = ratings_of(snapshot)
            leakage = find_rating_leakage(snapshot, ratings)
        finally:
            store.close()
        report = evaluate_trust(
            ratings,
            request.task,
            request.seed,
            loaded.source,
            request.folds,
            request.leave_one_out,
            request.baselines,
            progress,
        )
        return TrustEvaluation(report, loaded, leakage)

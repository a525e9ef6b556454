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
from gnn.features.statements.ratings import ratings_of
from gnn.training.trees import Progress
from graph.errors import UsageError
from graph.stores.open import open_store
from loaders.ingest import Progress as LoadProgress
from service.evaluation.networks import EvaluatedNetwork, network_of_files, network_of_snapshot
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
    snapshot: Path | None = None
    store_url: str | None = None


@dataclass(frozen=True)
class TrustEvaluation:
    """A report, the network that it is of, and the leakage that was found."""

    report: TrustReport
    network: EvaluatedNetwork
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
    """Load, train and test. Raises UsageError for what cannot be asked, and what loading and training raise."""
    if bool(request.paths) == (request.snapshot is not None):
        raise UsageError("name files or folders to test on, or a snapshot with --snapshot: one of the two")
    with tempfile.TemporaryDirectory(prefix="kith-evaluate-") as folder:
        scratch = Path(folder)
        store = open_store(request.store_url or f"sqlite:///{scratch}/kith.db")
        try:
            network = (
                network_of_files(request.paths, request.mapping, store, scratch, progress=load_progress)
                if request.snapshot is None
                else network_of_snapshot(request.snapshot, store, scratch)
            )
            ratings = ratings_of(network.snapshot)
            leakage = find_rating_leakage(network.snapshot, ratings)
        finally:
            store.close()
        report = evaluate_trust(
            ratings,
            request.task,
            request.seed,
            network.name,
            request.folds,
            request.leave_one_out,
            request.baselines,
            progress,
        )
        return TrustEvaluation(report, network, leakage)

"""What `kith evaluate --task trust-sign|trust-weight` does: files into a store of its own, a snapshot, a judgement."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gnn.evaluation.evaluate_trust import TrustReport, evaluate_trust
from gnn.evaluation.leakage import find_rating_leakage
from gnn.features.ratings import ratings_of
from gnn.training.trees import Progress
from graph.snapshots.build import build_snapshot
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from loaders.ingest import Progress as Counting


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


def evaluate_ratings(
    asked: TrustEvaluationRequest, counting: Counting | None = None, progress: Progress | None = None
) -> tuple[TrustReport, LoadResult]:
    """The report, and what was loaded. Raises what loading, splitting and training raise."""
    with tempfile.TemporaryDirectory(prefix="kith-evaluate-") as scratch:
        store = open_store(f"sqlite:///{scratch}/kith.db")
        try:
            rejects = Path(scratch) / "rejects"
            loaded = load(asked.paths, store, asked.mapping, rejects_dir=rejects, progress=counting)
            snapshot = build_snapshot(store, Path(scratch) / "snapshot")
            ratings = ratings_of(snapshot)
            leaks = find_rating_leakage(snapshot, ratings)
        finally:
            store.close()
        how = asked.folds, asked.leave_one_out, asked.baselines
        report = evaluate_trust(ratings, asked.task, asked.seed, loaded.source, *how, progress)
        return replace(report, words=(*report.words, *(leak.words for leak in leaks))), loaded

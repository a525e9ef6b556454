"""Later outcomes foretold by a model that was trained point in time, and by one trained on one snapshot.

    python -m benchmarks.point_in_time [PARTIES SEEDS]

Built-in towns of PARTIES parties, with the seeds 0 to SEEDS - 1. Both trainers know what was known at a cut, one
horizon before the last outcome, and are tested on the outcomes that open after it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64, I64
from gnn.features.link_features import DAY
from gnn.features.targets import outcomes_as_labels
from gnn.metrics import metrics
from gnn.training.observations import (
    features_at,
    horizon_of,
    known_labels,
    observation_times,
    outcome_dates,
    targets_at,
)
from gnn.training.point_in_time import train_point_in_time
from gnn.training.splits import labelled
from gnn.training.train import TrainingResult, train
from graph.snapshots.build import build_snapshot
from graph.snapshots.series import build_series
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.synthetic.town import write_town

SHOWN: Final = ("auroc", "ap", "brier", "ece", "ece_chance_p95")


def measured(folder: Path, parties: int, seed: int) -> dict[str, Any]:
    """The figures of both trainers on one town."""
    write_town(folder / "town", parties, seed)
    store = open_store(f"sqlite:///{folder / 'town.db'}")
    load([folder / "town"], store, rejects_dir=folder / "rejects")
    try:
        return compared(store, folder, seed)
    finally:
        store.close()


def compared(store: FactReader, folder: Path, seed: int) -> dict[str, Any]:
    """The figures of both trainers on the outcomes of the last horizon."""
    everything = build_snapshot(store, folder / "everything")
    horizon = horizon_of(outcome_dates(everything))
    assert horizon is not None
    cut = float(np.nanmax(outcome_dates(everything))) - horizon * DAY
    past = build_snapshot(store, folder / "past", cut)
    y = targets_at(past, everything, horizon * DAY)
    rows = np.flatnonzero(~np.isnan(y))
    found: dict[str, Any] = {"horizon_days": horizon, "tested_on": len(rows), "bad": int(y[rows].sum())}
    for name, trainer in (("static", _static), ("point_in_time", _point_in_time)):
        begun = time.perf_counter()
        trained = trainer(store, past, horizon, folder, seed)
        seconds = time.perf_counter() - begun
        figures = metrics(_predicted(trained, past, rows), np.asarray(y[rows], np.float64), seed)
        p = _predicted(trained, past, rows)
        found[name] = {key: round(figures[key], 4) for key in SHOWN} | {
            "mean_p": round(float(p.mean()), 4),
            "weights": dict(trained.model.ensemble_weights),
            "seconds": round(seconds, 1),
        }
    return found


def _static(store: FactReader, past: Snapshot, horizon: int, folder: Path, seed: int) -> TrainingResult:
    y = outcomes_as_labels(past)
    return train(past, y, labelled(y), seed)


def _point_in_time(store: FactReader, past: Snapshot, horizon: int, folder: Path, seed: int) -> TrainingResult:
    times = observation_times(outcome_dates(past), horizon)
    assert times is not None
    return train_point_in_time(past, times, build_series(store, folder / "series", times.times), seed)


def _predicted(trained: TrainingResult, past: Snapshot, rows: I64) -> F64:
    model = trained.model
    values: F32 = features_at(model.spec, past, known_labels(past), rows)
    return model.calibration.probability(model.log_odds(values))


def run(parties: int = 5000, seeds: int = 5) -> dict[str, Any]:
    """Measure every town in a temporary folder."""
    towns = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
            towns.append(measured(Path(folder), parties, seed))
            print(json.dumps(towns[-1]), file=sys.stderr, flush=True)
    means = {
        name: {key: round(float(np.mean([town[name][key] for town in towns])), 4) for key in (*SHOWN, "mean_p")}
        for name in ("static", "point_in_time")
    }
    return {"name": "point_in_time", "parties": parties, "towns": towns, "means": means}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:3])), indent=2))

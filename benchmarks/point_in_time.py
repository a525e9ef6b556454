"""Later outcomes foretold by a model that was trained point in time, and by one trained on one snapshot.

    python -m benchmarks.point_in_time [--parties N] [--seeds K] [--payments-stop]

Built-in towns of N parties, with the seeds 0 to K - 1; with --payments-stop towns in which a party that failed neither
pays nor orders from then on. Both trainers know what was known at a cut, one horizon before the last outcome, and are
tested on the outcomes that open after it. `cross_fitted` is the AUROC that a trainer gives its own model.
"""

from __future__ import annotations

import argparse
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
    dated_span,
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


def measured(folder: Path, parties: int, seed: int, payments_stop: bool) -> dict[str, Any]:
    """The figures of both trainers on one town."""
    write_town(folder / "town", parties, seed, payments_stop=payments_stop)
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
    cut = dated_span(outcome_dates(everything))[1] - horizon * DAY
    past = build_snapshot(store, folder / "past", cut)
    y = targets_at(past, everything, horizon * DAY)
    rows = np.flatnonzero(~np.isnan(y))
    found: dict[str, Any] = {"horizon_days": horizon, "tested_on": len(rows), "bad": int(y[rows].sum())}
    for name, trainer in (("static", _static), ("point_in_time", _point_in_time)):
        begun = time.perf_counter()
        trained = trainer(store, past, horizon, folder, seed)
        seconds = time.perf_counter() - begun
        p = _predicted(trained, past, rows)
        figures = metrics(p, np.asarray(y[rows], np.float64), seed)
        found[name] = {key: round(figures[key], 4) for key in SHOWN} | {
            "mean_p": round(float(p.mean()), 4),
            "cross_fitted": round(trained.model.metrics["auroc"], 4),
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


def run(parties: int = 5000, seeds: int = 5, payments_stop: bool = False) -> dict[str, Any]:
    """Measure every town in a temporary folder."""
    towns = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
            towns.append(measured(Path(folder), parties, seed, payments_stop))
            print(json.dumps(towns[-1]), file=sys.stderr, flush=True)
    means = {
        name: {
            key: round(float(np.mean([town[name][key] for town in towns])), 4)
            for key in (*SHOWN, "mean_p", "cross_fitted")
        }
        for name in ("static", "point_in_time")
    }
    rows = [_row(f"town {seed}", town) for seed, town in enumerate(towns)] + [_row("mean", means)]
    return {
        "name": "point_in_time",
        "parties": parties,
        "payments_stop": payments_stop,
        "rows": rows,
        "towns": towns,
        "means": means,
    }


def _row(case: str, figures: dict[str, Any]) -> dict[str, Any]:
    """AUROC on later outcomes; a ratio above 1 where point-in-time training is ahead."""
    ours, peer = figures["point_in_time"]["auroc"], figures["static"]["auroc"]
    described = {"case": case, "ours": ours, "peer": "trained on one snapshot", "peer_value": peer, "unit": "AUROC"}
    return described | {"ratio": round(ours / peer, 3)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Later outcomes, foretold by two trainers.")
    parser.add_argument("--parties", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--payments-stop", action="store_true")
    print(json.dumps(run(**vars(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()

"""What a model that reads at most 512 columns foretells, beside one that reads all of them.

    python -m benchmarks.accuracy.columns [--parties N] [--seeds K] [--data FOLDER]

Built-in towns of N parties with the seeds 0 to K - 1, split by class; and a folder with a published split.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnn.evaluation.predictions import predict
from gnn.features.columns.neighbour import MOST_COLUMNS
from gnn.features.featurizer import compute_label_free, with_positions
from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from gnn.metrics import metrics
from gnn.training.splits import Split, published, stratified
from gnn.training.train import train
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.reading.splits import read_splits
from loaders.synthetic.town import write_town

ALL: Final = 10**9


def measured(folder: Path, scratch: Path, seed: int) -> dict[str, Any]:
    """Columns and AUROC of both models on the files of a folder."""
    store = open_store(f"sqlite:///{scratch / 'kith.db'}")
    load([folder], store, rejects_dir=scratch / "rejects")
    snapshot = build_snapshot(store, scratch / "snapshot")
    store.close()
    y = outcomes_as_labels(snapshot)
    splits = read_splits(folder)
    first = next(iter(splits.items()), None)
    split = stratified(y, seed) if first is None else published(*first, snapshot, y, seed)
    found: dict[str, Any] = {}
    for name, most in (("all", ALL), ("budget", MOST_COLUMNS)):
        found[name] = _auroc(snapshot, y, split, most, seed)
    return found


def _auroc(snapshot: Snapshot, y: Any, split: Split, most: int, seed: int) -> dict[str, Any]:
    spec = with_positions(fit_spec(snapshot, most), snapshot)
    features = compute_label_free(spec, snapshot, np.flatnonzero(~np.isnan(y)))
    trained = train(snapshot, y, split.fit_rows, seed, label_free=features, spec=spec)
    of_test = predict(trained, snapshot, y, split, features)
    return {"columns": spec.width, "auroc": round(metrics(of_test.probability["model"], of_test.y, seed)["auroc"], 4)}


def run(parties: int = 5000, seeds: int = 5, data: Path | None = None) -> list[dict[str, Any]]:
    """One row for each town, and one for the folder."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        for seed in range(seeds):
            scratch = Path(name) / f"{seed}"
            write_town(scratch / "town", parties, seed)
            rows.append({"case": f"town {seed}"} | measured(scratch / "town", scratch, seed))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
        if data is not None:
            (Path(name) / "data").mkdir()
            rows.append({"case": data.name} | measured(data, Path(name) / "data", 0))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="At most 512 columns beside all of them.")
    parser.add_argument("--parties", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=None)
    print(json.dumps(run(**vars(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()

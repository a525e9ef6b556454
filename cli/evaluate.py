"""`kith evaluate`: how good the recipe is on outcomes it has not seen."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.data import Json
from cli.output import advancing, console, counting, table, write_json
from graph.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gnn.evaluation import Report
    from gnn.splits import Split
    from graph.snapshot import Snapshot

SHOWN_METRICS = ("auroc", "ap", "brier", "ece")


def add_to(app: typer.Typer) -> None:
    app.command()(evaluate)


def evaluate(
    paths: Annotated[list[Path], typer.Argument(help="An exchange folder, or files with a mapping.")],
    mapping: Annotated[str | None, typer.Option(help="A built-in mapping's name or a TOML file.")] = None,
    task: Annotated[str, typer.Option(help="risk; trust-sign and trust-weight come later.")] = "risk",
    split: Annotated[str | None, typer.Option(help="A split of splits.csv by name, or all.")] = None,
    folds: Annotated[int | None, typer.Option(help="K stratified folds instead of a split.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the training and of splits that are drawn.")] = 0,
    max_train_labels: Annotated[int | None, typer.Option(help="Teach with at most so many outcomes.")] = None,
    baselines: Annotated[str, typer.Option(help="all or none.")] = "all",
    json_file: Json = None,
) -> None:
    """Train and judge on files, beside no graph, label spread and GraphSAGE."""
    from gnn.evaluation import evaluate_risk, outcomes_as_labels
    from graph.snapshot_build import build_snapshot
    from graph.store import open_store
    from loaders.ingest import load as load_files

    if task != "risk":
        raise UsageError(f"the task {task!r} is not in this version; it evaluates risk")
    if baselines not in {"all", "none"}:
        raise UsageError(f"--baselines is all or none, not {baselines!r}")
    with tempfile.TemporaryDirectory(prefix="kith-evaluate-") as scratch:
        store = open_store(f"sqlite:///{scratch}/kith.db")
        with counting("reading") as reading:
            loaded = load_files(paths, store, mapping, rejects_dir=Path(scratch) / "rejects", progress=reading)
        opened = build_snapshot(store, Path(scratch) / "snapshot")
        store.close()
        y = outcomes_as_labels(opened)
        chosen = [one.limited(max_train_labels, y, seed) for one in _splits(paths, opened, y, split, folds, seed)]
        with advancing() as progress:
            report = evaluate_risk(opened, y, chosen, seed, loaded.source, baselines == "all", progress)
    if loaded.rejected:
        console.print(f"{loaded.rejected:,} of {loaded.read:,} rows were refused: {loaded.reasons}", markup=False)
    show(report)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(
        f"model {report.seconds:.1f} s, baselines {report.seconds_baselines:.1f} s, peak memory {peak_mb:,.0f} MB"
    )
    write_json(json_file, report.to_json(peak_mb))


def show(report: Report) -> None:
    """Print a report's table and its words."""
    rows: list[list[Any]] = [_row("kith", report.model)]
    rows += [_row(name, values) for name, values in report.baselines.items()]
    splits = report.splits[0] if len(report.splits) == 1 else f"mean of {len(report.splits)} splits"
    title = f"{report.task} on {report.dataset}: {splits}, {report.n_train:,} taught, {report.n_test:,} judged"
    table(title, ["model", *SHOWN_METRICS, *(["auroc std"] if "std" in report.model else [])], rows)
    for words in report.words:
        console.print(words, markup=False)


def _row(name: str, values: Any) -> list[Any]:
    spread = [float(values["std"]["auroc"])] if "std" in values else []
    return [name, *(float(values[metric]) for metric in SHOWN_METRICS), *spread]


def _splits(
    paths: list[Path], snapshot: Snapshot, y: npt.NDArray[np.float32], name: str | None, k: int | None, seed: int
) -> list[Split]:
    """The splits asked for: by name, all, K folds; else the first published one, else 50/25/25 by the seed."""
    from gnn import splits
    from loaders.readers import read_splits

    if k is not None:
        if name is not None:
            raise UsageError("--folds and --split exclude each other")
        return splits.folds(y, k, seed)
    published = next((found for path in paths if path.is_dir() and (found := read_splits(path))), {})
    if name is None and not published:
        return [splits.stratified(y, seed)]
    wanted = list(published) if name == "all" else [name or next(iter(published))]
    missing = [one for one in wanted if one not in published]
    if missing or not wanted:
        raise UsageError(f"there is no split {name!r}; there are {', '.join(published) or 'none'}")
    return [splits.published(one, published[one], snapshot, y) for one in wanted]

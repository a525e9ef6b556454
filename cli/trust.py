"""`kith evaluate --task trust-sign|trust-weight`: how well ratings are told that the model has not seen."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output import advancing, counting, say, say_warnings, table, write_json

if TYPE_CHECKING:
    from gnn.evaluation.evaluate_trust import TrustReport
    from service.evaluation.trust import TrustEvaluationRequest

TASKS = ("trust-sign", "trust-weight")


def evaluate_trust(asked: TrustEvaluationRequest, json_file: Path | None) -> None:
    """Judge the pair model on the ratings of some files, with progress; print the report and write its JSON."""
    from service.evaluation.trust import evaluate_ratings

    with counting("reading") as reading, advancing() as progress:
        report, loaded = evaluate_ratings(asked, reading, progress)
    if loaded.rejected:
        say(f"{loaded.rejected:,} of {loaded.read:,} rows were refused: {loaded.reasons}")
    say_warnings(loaded.warnings)
    show(report)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"model {report.seconds:.1f} s, baselines {report.seconds_baselines:.1f} s, peak memory {peak_mb:,.0f} MB")
    write_json(json_file, report.to_json(peak_mb))


def show(report: TrustReport) -> None:
    """Print a report's table and its words."""
    metrics = [name for name in report.model if name != "std"]
    answers: list[tuple[str, Mapping[str, Any]]] = [("kith", report.model), *report.baselines.items()]
    rows = [[name, *(_told(values.get(metric)) for metric in metrics)] for name, values in answers]
    title = f"{report.task} on {report.dataset}: {report.split}, {report.n_train:,} taught, {report.n_test:,} judged"
    table(title, ["model", *metrics], rows)
    for words in report.words:
        say(words)


def _told(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"

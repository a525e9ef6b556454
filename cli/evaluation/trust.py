"""`kith evaluate --task trust-sign|trust-weight`: how accurately held-out ratings are predicted."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output import advancing, counting, say, say_warnings, table, write_json

if TYPE_CHECKING:
    from service.evaluation.trust import TrustEvaluation, TrustEvaluationRequest

TASKS = ("trust-sign", "trust-weight")


def evaluate_trust(request: TrustEvaluationRequest, json_file: Path | None) -> None:
    """Evaluate the trust model on the ratings of some files, with progress; print the report and write its JSON."""
    from service.evaluation.trust import evaluate_ratings

    with counting("reading") as reading, advancing() as progress:
        evaluation = evaluate_ratings(request, reading, progress)
    loaded, report = evaluation.network, evaluation.report
    if loaded.rejected:
        say(f"{loaded.rejected:,} of {loaded.rows:,} rows were rejected: {dict(loaded.reasons)}")
    say_warnings(loaded.warnings)
    show(evaluation)
    write_json(json_file, evaluation.to_json(say_cost(report.seconds, report.seconds_baselines)))


def show(evaluation: TrustEvaluation) -> None:
    """Print the table of a report and its findings."""
    from service.evaluation.sentences import texts

    report = evaluation.report
    columns = [name for name in report.model if name != "std"]
    models: list[tuple[str, Mapping[str, Any]]] = [("kith", report.model), *report.baselines.items()]
    rows = [[name, *(_cell(metrics.get(column)) for column in columns)] for name, metrics in models]
    split = f"{report.split}, {report.n_train:,} trained on, {report.n_test:,} tested on"
    table(f"{report.task} on {report.dataset}: {split}", ["model", *columns], rows)
    say(*texts(evaluation.findings))


def say_cost(seconds: float, seconds_baselines: float) -> float:
    """Print what an evaluation took; returns the peak memory of this process in MB."""
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"model {seconds:.1f} s, baselines {seconds_baselines:.1f} s, peak memory {peak_mb:,.0f} MB")
    return peak_mb


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"

"""`kith evaluate`: how accurate, calibrated and fair the model is on held-out outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import installation
from cli.data import Json, Store
from cli.evaluation.trust import TASKS, evaluate_trust, say_cost
from cli.model import BaseRate, LateFrom, checked_rate
from cli.output import advancing, counting, say, say_warnings, table, write_json, write_text
from graph.errors import UsageError
from graph.stores.open import not_made

if TYPE_CHECKING:
    from gnn.evaluation.evaluate_risk import Report

LEARN_FROM = ("train+val", "train")
SHOWN_METRICS = {"auroc": "auroc", "ap": "ap", "brier": "brier", "ece": "ece", "ece_chance_p95": "by chance"}


def add_to(app: typer.Typer) -> None:
    app.command()(evaluate)


def evaluate(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="An exchange folder, or files with a mapping.", show_default=False)
    ] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="A snapshot's folder in place of files: test on its store as it was loaded.")
    ] = None,
    store: Store = None,
    mapping: Annotated[str | None, typer.Option(help="A built-in mapping's name or a TOML file.")] = None,
    task: Annotated[str, typer.Option(help="risk, trust-sign or trust-weight.")] = "risk",
    split: Annotated[str | None, typer.Option(help="A split of splits.csv by name, or all.")] = None,
    folds: Annotated[int | None, typer.Option(help="K stratified folds instead of a split.")] = None,
    fractions: Annotated[
        str | None, typer.Option(help="Draw a split by class: per cent of train/val/test, such as 10/10/80.")
    ] = None,
    learn_from: Annotated[
        str, typer.Option(help="train+val, or train: val then only stops, weighs and calibrates.")
    ] = "train+val",
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Trust tasks: predict a rating with every other one known.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the training and of splits that are drawn.")] = 0,
    max_train_labels: Annotated[int | None, typer.Option(min=2, help="Train on at most so many outcomes.")] = None,
    baselines: Annotated[str, typer.Option(help="all or none.")] = "all",
    top: Annotated[
        int | None, typer.Option(min=1, help="Precision and recall of so many of the riskiest parties; else 100.")
    ] = None,
    horizon: Annotated[
        int, typer.Option(min=1, help="Days, at most; of outcomes with dates those that open within them are foretold.")
    ] = 365,
    late_from: LateFrom = None,
    base_rate: BaseRate = None,
    protected: Annotated[str | None, typer.Option(help="Compare groups by this column, or by COLUMN<=NUMBER.")] = None,
    mitigate: Annotated[
        bool, typer.Option("--mitigate", help="Also test the model with a mitigation of unequal opportunity.")
    ] = False,
    train_context: Annotated[str | None, typer.Option(help="Train on links that are online, or offline ...")] = None,
    test_context: Annotated[str | None, typer.Option(help="... and test on links of the other.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report, with a model card, as one HTML page.")] = None,
    json_file: Json = None,
) -> None:
    """Train and test on files, beside baselines: accuracy, calibration, fairness and transfer."""
    if baselines not in {"all", "none"}:
        raise UsageError(f"--baselines is all or none, not {baselines!r}")
    if store is not None and snapshot is None:
        raise UsageError("--store is that of --snapshot; files are loaded into a store of their own")
    store_url = None if snapshot is None else store or installation.workspace().store_url
    if store_url is not None and not_made(store_url):
        raise UsageError(f"{store_url} is no store; name that of the snapshot with --store")
    if learn_from not in LEARN_FROM:
        raise UsageError(f"--learn-from is train+val or train, not {learn_from!r}")
    train_alone = learn_from != LEARN_FROM[0]
    if task in TASKS:
        from service.evaluation.trust import TrustEvaluationRequest

        of_risk = (split, max_train_labels, protected, mitigate, train_context, test_context, report, fractions, top)
        of_target = late_from is not None or base_rate is not None
        if any((*of_risk, train_alone, of_target)):
            raise UsageError(f"{task} takes --folds, --leave-one-out, --seed and --baselines, nothing else of risk")
        chosen_trust = (task, mapping, folds, leave_one_out, seed, baselines == "all", snapshot, store_url)
        evaluate_trust(TrustEvaluationRequest(paths or (), *chosen_trust), json_file)
        return
    if task != "risk" or leave_one_out:
        raise UsageError("--task is risk, trust-sign or trust-weight; --leave-one-out goes with the trust tasks")
    if (train_context is None) != (test_context is None):
        raise UsageError("--train-context and --test-context go together")
    from gnn.evaluation.evaluate_risk import BASELINES
    from gnn.evaluation.ranking import TOP_PARTIES
    from gnn.training.splits import parse_fractions
    from service.evaluation.risk import EvaluationRequest
    from service.evaluation.risk import evaluate as run
    from service.evaluation.sentences import beside_random, texts

    contexts = None if train_context is None or test_context is None else (train_context, test_context)
    chosen = BASELINES if baselines == "all" else ()
    drawn = None if fractions is None else parse_fractions(fractions)
    request = EvaluationRequest(
        paths or (),
        mapping,
        split,
        folds,
        seed,
        max_train_labels,
        chosen,
        protected,
        mitigate,
        contexts,
        snapshot,
        store_url,
        train_alone=train_alone,
        fractions=drawn,
        top=top or TOP_PARTIES,
        horizon_days=horizon,
        late_from=late_from,
        base_rate=checked_rate(base_rate),
    )
    with counting("reading") as reading, advancing() as progress:
        evaluation = run(request, reading, progress)
    lineage = evaluation.lineage
    if lineage.rejected:
        say(f"{lineage.rejected:,} of {lineage.rows:,} rows were rejected: {dict(evaluation.reject_reasons)}")
    say_warnings(lineage.warnings)
    show(evaluation.report)
    if evaluation.random_split is not None:
        say(beside_random(evaluation.random_split.splits[0], evaluation.random_split.model))
    say(*texts(evaluation.further_findings))
    peak_mb = say_cost(evaluation.report.seconds, evaluation.report.seconds_baselines)
    write_json(json_file, evaluation.to_json(peak_mb))
    if report is not None:
        from service.evaluation.report.page import page

        write_text(report, page(evaluation))
        say(f"the report is in {report}")


def show(report: Report) -> None:
    """Print a report's table and its findings."""
    from service.evaluation.sentences import texts

    rows = [_row("kith", report.model), *(_row(name, metrics) for name, metrics in report.baselines.items())]
    splits = report.splits[0] if len(report.splits) == 1 else f"mean of {len(report.splits)} splits"
    title = f"{report.task} on {report.dataset}: {splits}, {report.n_train:,} trained on, {report.n_test:,} tested on"
    table(title, ["model", *SHOWN_METRICS.values(), *(["auroc std"] if "std" in report.model else [])], rows)
    say(*texts(report.findings))


def _row(name: str, metrics: Mapping[str, Any]) -> list[Any]:
    std = [float(metrics["std"]["auroc"])] if "std" in metrics else []
    return [name, *(float(metrics[metric]) for metric in SHOWN_METRICS), *std]

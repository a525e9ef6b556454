"""The report as one HTML page that needs nothing else: no script, no request, no font; light or dark as preferred."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from gnn.evaluation.fairness.audit import FairnessAudit
from gnn.evaluation.ranking import GAIN_SHARES
from gnn.metrics import Estimate
from service.evaluation.report import card, charts
from service.evaluation.report.charts import Figure, name_of
from service.evaluation.report.parts import anchor, document, facts, figures, items, table
from service.evaluation.risk import Evaluation
from service.evaluation.sentences import beside_random, percent, text, texts

AUDITED_MODELS: Final = {"model": "Kith", "no_graph": "no graph", "mitigated": "Kith, mitigated"}


def page(evaluation: Evaluation) -> str:
    """The whole page as HTML."""
    report = evaluation.report
    title = f"Kith on {report.dataset}"
    split = report.splits[0] if len(report.splits) == 1 else f"mean of {len(report.splits)} splits"
    sections = [
        ("Findings", items(texts(evaluation.findings), "findings")),
        *_loading(evaluation),
        ("Models compared", _models(evaluation)),
        ("Ranking", _ranking_figures(evaluation) + figures(_ranking(evaluation))),
        ("Calibration", _calibration(evaluation)),
        ("Levels and deciles", figures(_bands(evaluation))),
        ("Ablation and network reliance", figures(_ablation(evaluation)) + _network_reliance(evaluation)),
        *_fairness(evaluation),
        *_context_transfer(evaluation),
        *_temporal_split(evaluation),
        ("Model card", _card(evaluation)),
    ]
    contents = "".join(f'<li><a href="#{anchor(name)}">{escape(name)}</a></li>' for name, _ in sections)
    header = (
        f'<p class="kind">Evaluation report and model card</p><h1>{escape(title)}</h1>'
        f"<p>{escape(split)}; {report.n_train:,} parties trained on, {report.n_test:,} tested on; "
        f"seed {report.seed}.</p>"
        f'{_headline(evaluation)}<nav aria-label="Contents"><ul>{contents}</ul></nav>'
    )
    return document(title, header, sections)


def _headline(evaluation: Evaluation) -> str:
    metrics, bad_rate = evaluation.report.model, evaluation.report.predictions[0].y.mean()
    tiles = [
        ("AUROC", f"{metrics['auroc']:.3f}", "1 is perfect, 0.5 is chance"),
        ("Average precision", f"{metrics['ap']:.3f}", f"at random {bad_rate:.3f}"),
        ("Brier", f"{metrics['brier']:.4f}", "0 is perfect"),
        ("ECE", f"{metrics['ece']:.4f}", f"chance explains up to {metrics['ece_chance_p95']:.4f}"),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd><dd>{note}</dd></div>" for name, value, note in tiles)
    return f'<dl class="tiles">{cells}</dl>'


def _loading(evaluation: Evaluation) -> list[tuple[str, str]]:
    reasons = evaluation.reject_reasons.items()
    warnings = [f"{n:,} rows were rejected: {reason.replace('_', ' ')}." for reason, n in reasons]
    warnings += evaluation.lineage.warnings
    return [("Warnings of the load", items(warnings))] if warnings else []


def _models(evaluation: Evaluation) -> str:
    report = evaluation.report
    names = ("auroc", "ap", "brier", "ece", "ece_chance_p95")
    header = ("model", "AUROC", "AP", "Brier", "ECE", "ECE by chance, 95th", "AUROC of Kith less this, 95 % interval")
    rows = []
    for name, metrics in (("model", report.model), *report.baselines.items()):
        std = f" ± {metrics['std']['auroc']:.4f}" if "std" in metrics else ""
        values = [f"{metrics[metric]:.4f}" + (std if metric == "auroc" else "") for metric in names]
        difference = report.differences.get(name)
        rows.append((name_of(name), *values, "" if difference is None else _signed(difference)))
    chart = ""
    if report.differences:
        chart = figures(
            [
                charts.differences(
                    "Gain over other models",
                    "AUROC of Kith less that of each other model, with 95 % intervals.",
                    "To the right of the line Kith is better.",
                    {name_of(name): difference for name, difference in report.differences.items()},
                    "AUROC of Kith less the other's",
                )
            ]
        )
    return table(header, rows) + chart


def _ranking(evaluation: Evaluation) -> list[Figure]:
    first = evaluation.report.predictions[0]
    return [charts.roc(first), charts.precision_recall(first), charts.distribution(first), charts.gains(first)]


def _ranking_figures(evaluation: Evaluation) -> str:
    found = evaluation.report.ranking
    measured = [
        ("Gini", f"{found.gini:.4f}"),
        ("KS", f"{found.ks:.4f}"),
        ("Population stability index, train to test", f"{found.psi:.4f} (chance explains {found.psi_chance_p95:.4f})"),
    ]
    top = [(one.name, f"{one.parties:,}", f"{one.precision:.3f}", f"{one.recall:.3f}") for one in found.top]
    gains = [(percent(share), percent(part, 1)) for share, part in zip(GAIN_SHARES, found.gains, strict=True)]
    return (
        facts(measured)
        + table(("riskiest", "parties", "precision: share of them bad", "recall: share of all bad"), top)
        + table(("riskiest", "share of all bad among them"), gains)
    )


def _calibration(evaluation: Evaluation) -> str:
    coverage = evaluation.report.coverage
    paragraph = (
        f"<p>Each probability has a {percent(coverage.nominal)} interval, {coverage.mean_width:.3f} wide on average. "
        f"In {percent(coverage.observed)} of {coverage.bins} bins of equal size the observed bad rate lies between the "
        "mean ends of the intervals. An observed rate is itself a sample: were every probability exactly right, "
        f"{percent(coverage.chance_mean)} of the bins would be covered on average, and at least "
        f"{percent(coverage.chance_p5)} in 95 samples of 100.</p>"
    )
    return figures([charts.reliability(evaluation.report.predictions[0])]) + paragraph


def _bands(evaluation: Evaluation) -> list[Figure]:
    first = evaluation.report.predictions[0]
    return [charts.by_level(first), charts.by_decile(first)]


def _ablation(evaluation: Evaluation) -> list[Figure]:
    if not evaluation.report.ablation:
        return []
    return [
        charts.differences(
            "Ablation",
            "AUROC of the model less that of the same model with one category masked, with 95 % intervals.",
            "The same model, without the links of one category.",
            evaluation.report.ablation,
            "AUROC lost without it",
        )
    ]


def _network_reliance(evaluation: Evaluation) -> str:
    reliance = evaluation.report.network_reliance
    rows = [(name, f"{points:.1f}") for name, points in reliance.points.items()]
    return (
        f"<p>{percent(reliance.network_share)} of the points that move a score come from relationships; known outcomes "
        f"of other parties move it by {reliance.outcome_points:.1f} points on average (over {reliance.parties:,} test "
        "parties).</p>" + table(("part", "points, up or down, on average"), rows)
    )


def _fairness(evaluation: Evaluation) -> list[tuple[str, str]]:
    audit = evaluation.fairness
    if audit is None:
        return []
    rows = [
        (
            AUDITED_MODELS[name], group.name, f"{group.parties:,}", f"{group.rate:.3f}", f"{group.predicted:.3f}",
            f"{group.approved:.3f}", _known(group.approved_good), _known(group.auroc),
            f"{group.ece:.3f} ({group.ece_chance_p95:.3f})",
        )
        for name, metrics in audit.models.items()
        for group in metrics.groups
    ]  # fmt: skip
    header = (
        "model", "group", "parties", "bad rate", "predicted", "approved", "approved of the good", "AUROC",
        "ECE (chance, 95th)",
    )  # fmt: skip
    content = items(texts(audit.findings())) + table(header, rows) + figures(_group_differences(audit))
    return [(f"Fairness by {audit.column}", content)]


def _group_differences(audit: FairnessAudit) -> list[Figure]:
    def chart(title: str, parties: str, estimates: Mapping[str, Estimate]) -> Figure:
        about = f"Difference between groups in the share of {parties} that are approved."
        return charts.differences(title, about, about, estimates, "largest less smallest share approved")

    opportunity = {
        AUDITED_MODELS[name]: metrics.equal_opportunity
        for name, metrics in audit.models.items()
        if metrics.equal_opportunity is not None
    }
    parity = {AUDITED_MODELS[name]: metrics.demographic_parity for name, metrics in audit.models.items()}
    figures = (("Equal opportunity", "good parties", opportunity), ("Demographic parity", "parties", parity))
    return [chart(title, parties, estimates) for title, parties, estimates in figures if estimates]


def _known(value: float | None) -> str:
    return "too few" if value is None else f"{value:.3f}"


def _context_transfer(evaluation: Evaluation) -> list[tuple[str, str]]:
    transfer = evaluation.context_transfer
    if transfer is None:
        return []
    train, test = transfer.train_context, transfer.test_context
    rows = [
        (f"trained {train}, tested {test}", f"{transfer.transferred_auroc:.4f}", _signed(transfer.transferred_gain)),
        (f"trained and tested {test}", f"{transfer.in_context_auroc:.4f}", _signed(transfer.in_context_gain)),
        ("own record alone", f"{transfer.own_record_auroc:.4f}", ""),
    ]
    compared = table(("model", "AUROC", "gain over the own record, 95 % interval"), rows)
    return [("Transfer between contexts", items([text(transfer.finding())]) + compared)]


def _temporal_split(evaluation: Evaluation) -> list[tuple[str, str]]:
    temporal = evaluation.temporal_split
    if temporal is None:
        return []
    rows = [
        (
            f"tested on {temporal.split}",
            f"{temporal.split_auroc:.4f} ± {temporal.split_standard_error:.4f}",
            "",
        ),
        (
            "tested on later outcomes",
            f"{temporal.auroc:.4f} ± {temporal.standard_error:.4f}",
            f"{temporal.test_rate:.3f}",
        ),
        ("trained on earlier outcomes", "", f"{temporal.train_rate:.3f}"),
    ]
    compared = table(("", "AUROC ± standard error", "bad rate"), rows)
    said = [text(temporal.finding())]
    if evaluation.random_split is not None:
        said.append(beside_random(temporal.split, evaluation.random_split.model))
    return [("Temporal split", items(said) + compared)]


def _card(evaluation: Evaluation) -> str:
    parts = [
        "<h3>The model</h3>" + facts(card.identity(evaluation)),
        "<h3>Data and lineage</h3>" + facts(card.data(evaluation)),
        "<h3>Intended uses</h3>" + items(card.intended_uses()),
        "<h3>Barred uses</h3>" + items(card.BARRED_USES),
        "<h3>Limits</h3>" + items(card.limits(evaluation)),
    ]
    return "".join(parts)


def _signed(estimate: Estimate) -> str:
    return "{:+.4f} ({:+.4f} to {:+.4f})".format(*estimate)

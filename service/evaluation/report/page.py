"""The report as one page that needs nothing else: no script, no request, no font; light or dark as the reader is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from gnn.evaluation.fairness.audit import Fairness
from gnn.evaluation.fairness.group_metrics import Interval
from service.evaluation.report import card, charts
from service.evaluation.report.charts import Figure, name_of
from service.evaluation.risk import Evaluation

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(told: Evaluation) -> str:
    """The whole page as HTML."""
    report = told.report
    style = (files("service.evaluation.report") / "page.css").read_text("utf-8")
    title = f"Kith on {report.dataset}"
    split = report.splits[0] if len(report.splits) == 1 else f"mean of {len(report.splits)} splits"
    sections = [
        ("What it says", _list(told.words, "findings")),
        *_loading(told),
        ("Models compared", _models(told)),
        ("Telling parties apart", _figures(_ranking(told))),
        ("Does a probability mean what it says", _calibration(told)),
        ("Bands", _figures(_bands(told))),
        ("What the score rests on", _figures(_rests_on(told)) + _others(told)),
        *_fairness(told),
        *_transfer(told),
        *_later(told),
        ("Model card", _card(told)),
    ]
    contents = "".join(f'<li><a href="#{_anchor(name)}">{escape(name)}</a></li>' for name, _ in sections)
    body = "".join(
        f'<section id="{_anchor(name)}"><h2>{escape(name)}</h2>{content}</section>' for name, content in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{style}</style></head>'
        f'<body><header><p class="kind">Evaluation report and model card</p><h1>{escape(title)}</h1>'
        f"<p>{escape(split)}; {report.n_train:,} parties taught, {report.n_test:,} were judged; seed {report.seed}.</p>"
        f'{_headline(told)}<nav aria-label="Contents"><ul>{contents}</ul></nav></header>'
        f"<main>{body}</main></body></html>\n"
    )


def _headline(told: Evaluation) -> str:
    figures = told.report.model
    tiles = [
        ("AUROC", f"{figures['auroc']:.3f}", "1 tells all apart, 0.5 is chance"),
        ("Average precision", f"{figures['ap']:.3f}", f"at random {told.report.judged[0].y.mean():.3f}"),
        ("Brier", f"{figures['brier']:.4f}", "0 is perfect"),
        ("ECE", f"{figures['ece']:.4f}", f"chance explains up to {figures['ece_chance_p95']:.4f}"),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd><dd>{note}</dd></div>" for name, value, note in tiles)
    return f'<dl class="tiles">{cells}</dl>'


def _loading(told: Evaluation) -> list[tuple[str, str]]:
    lineage = told.lineage
    said = [f"{n:,} rows were refused: {reason.replace('_', ' ')}." for reason, n in told.refused.items()]
    said += lineage.warnings
    return [("What loading warned of", _list(said))] if said else []


def _models(told: Evaluation) -> str:
    report = told.report
    names = ("auroc", "ap", "brier", "ece", "ece_chance_p95")
    header = ("model", "AUROC", "AP", "Brier", "ECE", "ECE by chance, 95th", "AUROC of Kith less this, 95 % interval")
    rows = []
    for name, values in (("model", report.model), *report.baselines.items()):
        spread = f" ± {values['std']['auroc']:.4f}" if "std" in values else ""
        found = report.differences.get(name)
        apart = "" if found is None else "{:+.4f} ({:+.4f} to {:+.4f})".format(*found)
        figures = [f"{values[one]:.4f}" + (spread if one == "auroc" else "") for one in names]
        rows.append((name_of(name), *figures, apart))
    drawn = ""
    if report.differences:
        drawn = _figures(
            [
                charts.differences(
                    "What Kith adds to others",
                    "AUROC of Kith less that of each other model, with 95 % intervals.",
                    "To the right of the line Kith is better.",
                    {name_of(name): found for name, found in report.differences.items()},
                    "AUROC of Kith less the other's",
                )
            ]
        )
    return _table(header, rows) + drawn


def _ranking(told: Evaluation) -> list[Figure]:
    one = told.report.judged[0]
    return [charts.roc(one), charts.precision_recall(one), charts.distribution(one), charts.gains(one)]


def _calibration(told: Evaluation) -> str:
    covered = told.report.coverage
    measured = (
        f"<p>Each probability carries a {100 * covered.nominal:.0f} % interval, {covered.width:.3f} wide on average. "
        f"Of {covered.bins} groups of equal size, the observed bad rate of {100 * covered.held:.0f} % lies between "
        "the mean ends of the group's intervals. An observed rate is itself a sample: were every probability exactly "
        f"right, {100 * covered.chance_mean:.0f} % would lie there on average, and at least "
        f"{100 * covered.chance_p5:.0f} % in 95 samples of 100.</p>"
    )
    return _figures([charts.reliability(told.report.judged[0])]) + measured


def _bands(told: Evaluation) -> list[Figure]:
    one = told.report.judged[0]
    return [charts.by_level(one), charts.by_tenth(one)]


def _rests_on(told: Evaluation) -> list[Figure]:
    if not told.report.ablation:
        return []
    return [
        charts.differences(
            "What each category adds",
            "AUROC of the model less that of the same model with one category barred, with 95 % intervals.",
            "The same model, asked without the links of one category.",
            told.report.ablation,
            "AUROC lost without it",
        )
    ]


def _others(told: Evaluation) -> str:
    found = told.report.network_reliance
    rows = [(name, f"{points:.1f}") for name, points in found.points.items()]
    return (
        f"<p>{100 * found.others:.0f} % of the points that move a score come from relationships; what became of others "
        f"moves it by {found.outcomes:.1f} points on average (over {found.parties:,} judged parties).</p>"
        + _table(("part", "points, up or down, on average"), rows)
    )


def _fairness(told: Evaluation) -> list[tuple[str, str]]:
    found = told.fairness
    if found is None:
        return []
    names = {"model": "Kith", "no_graph": "no graph", "mitigated": "Kith, mitigated"}
    rows = [
        (
            names[name], group.name, f"{group.parties:,}", f"{group.rate:.3f}", f"{group.said:.3f}",
            f"{group.approved:.3f}", _known(group.approved_good), _known(group.auroc),
            f"{group.ece:.3f} ({group.ece_chance_p95:.3f})",
        )
        for name, treatment in found.models.items()
        for group in treatment.groups
    ]  # fmt: skip
    header = (
        "model", "group", "parties", "bad rate", "told", "approved", "approved of the good", "AUROC",
        "ECE (chance, 95th)",
    )  # fmt: skip
    return [
        (
            f"Fairness by {found.column}",
            _list(found.words) + _table(header, rows) + _figures(_gaps(found, names)),
        )
    ]


def _gaps(found: Fairness, names: dict[str, str]) -> list[Figure]:
    def drawn(title: str, of: str, gaps: dict[str, Interval]) -> Figure:
        about = f"Difference between groups in the share of {of} that are approved."
        return charts.differences(title, about, about, gaps, "largest less smallest share approved")

    good = {names[name]: gap for name, one in found.models.items() if (gap := one.equal_opportunity) is not None}
    everybody = {names[name]: one.demographic_parity for name, one in found.models.items()}
    pictures = (("Equal opportunity", "good parties", good), ("Demographic parity", "parties", everybody))
    return [drawn(title, of, gaps) for title, of, gaps in pictures if gaps]


def _known(value: float | None) -> str:
    return "too few" if value is None else f"{value:.3f}"


def _transfer(told: Evaluation) -> list[tuple[str, str]]:
    found = told.context_transfer
    if found is None:
        return []
    rows = [
        (f"learnt {found.train_context}, asked {found.test_context}", f"{found.across:.4f}", _signed(found.carried)),
        (f"learnt and asked {found.test_context}", f"{found.within:.4f}", _signed(found.possible)),
        ("own record alone", f"{found.alone:.4f}", ""),
    ]
    table = _table(("model", "AUROC", "beyond the own record, 95 % interval"), rows)
    return [("Does conduct carry over", _list(found.words) + table)]


def _later(told: Evaluation) -> list[tuple[str, str]]:
    found, split = told.later, told.report.splits[0]
    if found is None:
        return []
    rows = [
        (f"judged on {split}", f"{found.split_auroc:.4f} ± {found.split_error:.4f}", ""),
        ("judged on later outcomes", f"{found.auroc:.4f} ± {found.error:.4f}", f"{found.test_rate:.3f}"),
        ("taught by earlier outcomes", "", f"{found.train_rate:.3f}"),
    ]
    return [("A split by time", _list(found.words) + _table(("", "AUROC ± standard error", "bad rate"), rows))]


def _card(told: Evaluation) -> str:
    parts = [
        "<h3>The model</h3>" + _facts(card.identity(told)),
        "<h3>Data and lineage</h3>" + _facts(card.data(told)),
        "<h3>Intended uses</h3>" + _list(card.intended()),
        "<h3>Barred uses</h3>" + _list(card.BARRED),
        "<h3>Limits</h3>" + _list(card.limits(told)),
    ]
    return "".join(parts)


def _figures(figures: Iterable[Figure]) -> str:
    return f'<div class="figures">{"".join(map(_figure, figures))}</div>'


def _figure(figure: Figure) -> str:
    numbers = ""
    if figure.rows:
        numbers = f"<details><summary>The numbers</summary>{_table(figure.header, figure.rows)}</details>"
    return (
        f"<figure><h3>{escape(figure.title)}</h3>{figure.svg}<figcaption>{escape(figure.caption)}</figcaption>"
        f"{numbers}</figure>"
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<dl class="facts">{cells}</dl>'


def _list(said: Iterable[str], style: str = "plain") -> str:
    return f'<ul class="{style}">{"".join(f"<li>{escape(one)}</li>" for one in said)}</ul>'


def _signed(found: Interval) -> str:
    return "{:+.4f} ({:+.4f} to {:+.4f})".format(*found)


def _anchor(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())

"""The charts of a report, each from the predictions for the test parties of one split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy.typing as npt

from gnn.arrays import F64
from gnn.evaluation import curves
from gnn.evaluation.curves import Bin, Curve
from gnn.evaluation.predictions import TestPredictions
from gnn.metrics import Estimate
from service.evaluation.report.svg import HEIGHT, Frame, round_ticks, shares
from service.evaluation.sentences import percent

MODEL_NAMES: Final = {
    "model": "Kith", "no_graph": "no graph", "link_counts": "link counts", "label_propagation": "label propagation",
    "graph_sage": "GraphSAGE", "gpr": "GPR-GNN",
}  # fmt: skip
BAR_NAMES_ABOVE_EDGE: Final = 29  # from the lower edge of the chart to the names of bars
COMPARED: Final = "no_graph"  # the one model that is drawn beside Kith's


@dataclass(frozen=True)
class Figure:
    """A chart, its caption, and its numbers as a table for those who do not see it."""

    title: str
    caption: str
    svg: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def name_of(model: str) -> str:
    """A model's name in the report."""
    return MODEL_NAMES.get(model, model.replace("_", " "))


_CurveOf = Callable[[F64, npt.NDArray[Any]], Curve]


def _lines(frame: Frame, predictions: TestPredictions, curve: _CurveOf) -> None:
    """The curve of Kith's model, and dashed that of the model without the graph."""
    for model, style in ((COMPARED, "line second"), ("model", "line first")):
        if model in predictions.probability:
            line = curve(predictions.probability[model], predictions.y)
            frame.line(list(zip(line.x.tolist(), line.y.tolist(), strict=True)), style)


def _legend(frame: Frame, predictions: TestPredictions, x: float, y: float, at_random: str) -> None:
    """Names beside samples of their lines, from a position on paper downwards."""
    entries = [("line first", "Kith")]
    entries += [("line second", name_of(COMPARED))] if COMPARED in predictions.probability else []
    entries.append(("line chance", at_random))
    for i, (style, name) in enumerate(entries):
        down = y + 18 * i
        frame.parts.append(f'<path class="{style}" d="M{x} {down - 4}h26"/>')
        frame.text(x + 33, down, name, "note")


def _of_shares(title: str, about: str, x: str, y: str) -> Frame:
    """A chart of one share against another, both from none to all."""
    frame = Frame(title, about, (0, 1), (0, 1), x, y)
    frame.x_ticks(shares())
    frame.y_ticks(shares())
    return frame


def _lines_above_diagonal(frame: Frame, predictions: TestPredictions, curve: _CurveOf) -> None:
    """The lines of a curve that is the diagonal where scores are drawn at random, and their names."""
    frame.line([(0, 0), (1, 1)], "line chance")
    _lines(frame, predictions, curve)
    _legend(frame, predictions, 260, HEIGHT - 110, "at random")


def roc(predictions: TestPredictions) -> Figure:
    frame = _of_shares(
        "ROC curve", "Share of bad parties flagged against share of good parties flagged, for every threshold.",
        "false positive rate", "true positive rate",
    )  # fmt: skip
    _lines_above_diagonal(frame, predictions, curves.roc)
    return Figure(frame.title, "The further up and left, the better bad and good parties are separated.", frame.svg())


def precision_recall(predictions: TestPredictions) -> Figure:
    rate = float(predictions.y.mean())
    frame = _of_shares(
        "Precision and recall", "Share of bad among the parties flagged against share of all bad parties flagged.",
        "recall (bad parties flagged)", "precision (bad among those flagged)",
    )  # fmt: skip
    frame.line([(0, rate), (1, rate)], "line chance")
    _lines(frame, predictions, curves.precision_recall)
    _legend(frame, predictions, 290, 34, f"at random, {percent(rate, 1)}")
    return Figure(frame.title, "How many of the riskiest parties are bad, by how many are flagged.", frame.svg())


def reliability(predictions: TestPredictions) -> Figure:
    bins = curves.reliability(predictions.probability["model"], predictions.y)
    top = min(1.0, 1.08 * max(*(b.predicted for b in bins), *(b.rate for b in bins), *(b.high for b in bins)))
    frame = Frame(
        "Reliability", "Observed bad rate against mean predicted probability in fifteen bins of equal size.",
        (0, top), (0, top), "predicted probability", "observed bad rate",
    )  # fmt: skip
    ticks = [(value, percent(value)) for value, _ in round_ticks(0, top)]
    frame.x_ticks(ticks)
    frame.y_ticks(ticks)
    frame.band([(b.predicted, b.low) for b in bins], [(b.predicted, b.high) for b in bins])
    frame.line([(0, 0), (top, top)], "line chance")
    for b in bins:
        inside = b.low <= b.rate <= b.high
        frame.mark(b.predicted, b.rate, "mark" if inside else "mark off", "circle" if inside else "diamond")
    return Figure(
        frame.title,
        "Each mark is a fifteenth of the parties. The band is where 90 % of marks would lie if every probability were "
        "exactly right; a diamond lies outside it.",
        frame.svg(),
        ("bin", "parties", "predicted", "observed", "chance from", "to"),
        tuple((b.name, f"{b.parties:,}", *(percent(x, 1) for x in (b.predicted, b.rate, b.low, b.high))) for b in bins),
    )


def distribution(predictions: TestPredictions) -> Figure:
    edges, good, bad = curves.score_distribution(predictions.probability["model"], predictions.y)
    top = 1.3 * max(good.max(), bad.max())  # room for the legend
    frame = Frame(
        "Scores by outcome", "Distribution of the scores of good and of bad parties.",
        (float(edges[0]), float(edges[-1])), (0, top), "score (higher is better)", "share of the good or the bad",
    )  # fmt: skip
    frame.x_ticks([(value, f"{value:.0f}") for value in (350, 500, 600, 700, 800, 950)])
    frame.y_ticks([(value, percent(value)) for value, _ in round_ticks(0, top)])
    for i in range(len(good)):
        left, middle, right = edges[i], (edges[i] + edges[i + 1]) / 2, edges[i + 1]
        frame.bar((left + 1.5, middle), (0, float(good[i])), "bar good")
        frame.bar((middle, right - 1.5), (0, float(bad[i])), "bar bad")
    for i, (style, name) in enumerate((("bar good", "good outcome"), ("bar bad", "bad outcome"))):
        frame.parts.append(f'<rect class="{style}" x="{frame.left + 12}" y="{18 + 19 * i}" width="16" height="12"/>')
        frame.text(frame.left + 35, 29 + 19 * i, name)
    rows = zip(edges.tolist(), good.tolist(), bad.tolist(), strict=False)
    return Figure(
        frame.title,
        "The less the two overlap, the better bad and good parties are separated.",
        frame.svg(),
        ("score from", "of the good", "of the bad"),
        tuple((f"{edge:.0f}", percent(of_good, 1), percent(of_bad, 1)) for edge, of_good, of_bad in rows),
    )


def bands(title: str, about: str, bins: Sequence[Bin], caption: str) -> Figure:
    """Observed bad rates of bins in order, with their bounds, and predicted ones as diamonds."""
    top = min(1.0, 1.05 * max(max(b.high, b.predicted) for b in bins))
    frame = Frame(title, about, (0, len(bins)), (0, top), "", "observed bad rate")
    frame.y_ticks([(value, percent(value)) for value, _ in round_ticks(0, top)])
    for i, b in enumerate(bins):
        frame.bar((i + 0.16, i + 0.84), (0, b.rate), "bar good")
        frame.whisker((i + 0.5, b.low), (i + 0.5, b.high))
        frame.mark(i + 0.5, b.predicted, "mark predicted", "diamond")
        x, _ = frame.at(i + 0.5, 0)
        short = b.name.replace("decile ", "").replace("_", " ")
        frame.text(x, frame.height - BAR_NAMES_ABOVE_EDGE, short, "tick", "middle")
    frame.x_label = "bar: observed rate, with 90 % bounds; diamond: predicted"
    return Figure(
        title,
        caption,
        frame.svg(),
        ("bin", "parties", "bad", "observed", "predicted", "from", "to"),
        tuple(
            (
                b.name.replace("_", " "), f"{b.parties:,}", f"{b.bad:,}",
                *(percent(x, 1) for x in (b.rate, b.predicted, b.low, b.high)),
            )
            for b in bins
        ),
    )  # fmt: skip


def by_level(predictions: TestPredictions) -> Figure:
    levels = curves.by_level(predictions.probability["model"], predictions.y)
    caption = f"From low risk to very high. {_rise(levels)}"
    return bands("Bad rate by level", "Observed bad rate of each level of risk.", levels, caption)


def _rise(bins: Sequence[Bin]) -> str:
    if curves.monotone(bins):
        return "Observed bad rates rise throughout."
    fallen = curves.falls_beyond_chance(bins)
    return f"Observed bad rates fall in {', '.join(fallen)}." if fallen else "Where they fall it could be chance."


def by_decile(predictions: TestPredictions) -> Figure:
    deciles = curves.by_decile(predictions.probability["model"], predictions.y)
    return bands(
        "Bad rate by decile", "Observed bad rate of each decile of the score, best scores first.",
        deciles, f"Deciles of the parties, from the best scores (1) to the worst (10). {_rise(deciles)}",
    )  # fmt: skip


def gains(predictions: TestPredictions) -> Figure:
    frame = _of_shares(
        "Cumulative gains", "Share of all bad parties found among the riskiest share of parties.",
        "parties, riskiest first", "bad parties among them",
    )  # fmt: skip
    _lines_above_diagonal(frame, predictions, curves.gains)
    worst = curves.by_decile(predictions.probability["model"], predictions.y)[-1]
    lift = worst.rate / float(predictions.y.mean())
    share = percent(worst.bad / predictions.y.sum(), 1)
    caption = f"The riskiest decile holds {share} of the bad parties: {lift:.1f} times as many as at random."
    return Figure(frame.title, caption, frame.svg())


def differences(title: str, about: str, caption: str, estimates: Mapping[str, Estimate], x_label: str) -> Figure:
    """Differences with their intervals, one under the other, around zero."""
    low = min(0.0, *(d.low for d in estimates.values()), *(d.value for d in estimates.values()))
    high = max(0.0, *(d.high for d in estimates.values()), *(d.value for d in estimates.values()))
    room = 0.08 * ((high - low) or 0.01)
    frame = Frame(
        title, about, (low - room, high + room), (0, len(estimates)), x_label, "",
        height=78 + 34 * len(estimates), left=132,
    )  # fmt: skip
    frame.x_ticks(round_ticks(low - room, high + room))
    frame.line([(0, 0), (0, len(estimates))], "line chance")
    for i, (name, estimate) in enumerate(estimates.items()):
        y = len(estimates) - i - 0.5
        frame.whisker((estimate.low, y), (estimate.high, y))
        significant = estimate.low > 0 or estimate.high < 0
        frame.mark(estimate.value, y, "mark" if significant else "mark open", "circle" if significant else "diamond")
        _, down = frame.at(0, y)
        frame.text(frame.left - 8, down + 4, name, "note", "end")
    return Figure(
        title,
        caption + " The interval of a circle excludes zero; an open diamond could be chance.",
        frame.svg(),
        ("", "difference", "from", "to"),
        tuple((name, *(f"{value:+.4f}" for value in estimate)) for name, estimate in estimates.items()),
    )

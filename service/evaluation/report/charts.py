"""The pictures of a report, each from what models said of judged parties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gnn.evaluation import curves
from gnn.evaluation.curves import Curve, Group
from gnn.evaluation.predictions import Difference, TestPredictions
from service.evaluation.report.svg import HEIGHT, Frame, round_ticks, shares

TOLD: Final = {
    "model": "Kith", "no_graph": "no graph", "link_counts": "link counts", "label_propagation": "label spread",
    "graph_sage": "GraphSAGE", "gpr": "GPR-GNN",
}  # fmt: skip
BELOW: Final = 29  # from the lower edge of the picture to the names of bars
BESIDE: Final = "no_graph"  # the one model that is drawn beside Kith's


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows in a sentence, and its numbers as a table for those who do not see it."""

    title: str
    caption: str
    svg: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def name_of(model: str) -> str:
    """A model's name in the report."""
    return TOLD.get(model, model.replace("_", " "))


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %"


def _lines(frame: Frame, one: TestPredictions, curve: object) -> None:
    """The curve of Kith's model, and dashed that of the model without the graph."""
    for model, style in ((BESIDE, "line second"), ("model", "line first")):
        if model in one.probability:
            found: Curve = curve(one.probability[model], one.y)  # type: ignore[operator]
            frame.line(list(zip(found.x.tolist(), found.y.tolist(), strict=True)), style)


def _legend(frame: Frame, one: TestPredictions, x: float, y: float, third: str = "") -> None:
    """Names beside samples of their lines, from a position on paper downwards."""
    told = [("line first", "Kith")]
    told += [("line second", name_of(BESIDE))] if BESIDE in one.probability else []
    told += [("line chance", third)] if third else []
    for i, (style, name) in enumerate(told):
        down = y + 18 * i
        frame.parts.append(f'<path class="{style}" d="M{x} {down - 4}h26"/>')
        frame.text(x + 33, down, name, "note")


def _of_shares(title: str, about: str, x: str, y: str) -> Frame:
    """A picture of one share against another, both from none to all."""
    frame = Frame(title, about, (0, 1), (0, 1), x, y)
    frame.x_ticks(shares())
    frame.y_ticks(shares())
    return frame


def roc(one: TestPredictions) -> Figure:
    frame = _of_shares(
        "ROC curve", "Share of bad parties found against share of good parties refused, for every threshold.",
        "good parties refused", "bad parties found",
    )  # fmt: skip
    frame.line([(0, 0), (1, 1)], "line chance")
    _lines(frame, one, curves.roc)
    _legend(frame, one, 260, HEIGHT - 110, "at random")
    return Figure(frame.title, "The further up and left, the better parties are told apart.", frame.svg())


def precision_recall(one: TestPredictions) -> Figure:
    rate = float(one.y.mean())
    frame = _of_shares(
        "Precision and recall", "Share of bad among the parties named against share of all bad parties found.",
        "bad parties found (recall)", "bad among those named (precision)",
    )  # fmt: skip
    frame.line([(0, rate), (1, rate)], "line chance")
    _lines(frame, one, curves.precision_recall)
    _legend(frame, one, 290, 34, f"at random, {_percent(rate)}")
    return Figure(frame.title, "What naming the riskiest yields: how many of them are bad.", frame.svg())


def reliability(one: TestPredictions) -> Figure:
    bins = curves.reliability(one.probability["model"], one.y)
    top = min(1.0, 1.08 * max(*(b.said for b in bins), *(b.rate for b in bins), *(b.high for b in bins)))
    frame = Frame(
        "Reliability", "Observed bad rate against mean probability in fifteen groups of equal size, beside chance.",
        (0, top), (0, top), "probability that was told", "observed bad rate",
    )  # fmt: skip
    ticks = [(value, _percent(value, 0)) for value, _ in round_ticks(0, top)]
    frame.x_ticks(ticks)
    frame.y_ticks(ticks)
    frame.band([(b.said, b.low) for b in bins], [(b.said, b.high) for b in bins])
    frame.line([(0, 0), (top, top)], "line chance")
    for b in bins:
        inside = b.low <= b.rate <= b.high
        frame.mark(b.said, b.rate, "mark" if inside else "mark off", "circle" if inside else "diamond")
    return Figure(
        frame.title,
        "Each mark is a fifteenth of the parties. The band is where 90 % of marks would lie if every probability were "
        "exactly right; a diamond lies outside it.",
        frame.svg(),
        ("group", "parties", "told", "observed", "chance from", "to"),
        tuple(
            (b.name, f"{b.parties:,}", _percent(b.said), _percent(b.rate), _percent(b.low), _percent(b.high))
            for b in bins
        ),
    )


def distribution(one: TestPredictions) -> Figure:
    edges, good, bad = curves.score_distribution(one.probability["model"], one.y)
    top = 1.3 * max(good.max(), bad.max())  # room for the legend
    frame = Frame(
        "Scores by outcome", "Distribution of scores of parties that turned out good and of those that turned out bad.",
        (float(edges[0]), float(edges[-1])), (0, top), "score (higher is better)", "share of the group",
    )  # fmt: skip
    frame.x_ticks([(value, f"{value:.0f}") for value in (350, 500, 600, 700, 800, 950)])
    frame.y_ticks([(value, _percent(value, 0)) for value, _ in round_ticks(0, top)])
    for i in range(len(good)):
        left, middle, right = edges[i], (edges[i] + edges[i + 1]) / 2, edges[i + 1]
        frame.bar((left + 1.5, middle), (0, float(good[i])), "bar good")
        frame.bar((middle, right - 1.5), (0, float(bad[i])), "bar bad")
    for i, (style, name) in enumerate((("bar good", "turned out good"), ("bar bad", "turned out bad"))):
        frame.parts.append(f'<rect class="{style}" x="{frame.left + 12}" y="{18 + 19 * i}" width="16" height="12"/>')
        frame.text(frame.left + 35, 29 + 19 * i, name)
    rows = zip(edges.tolist(), good.tolist(), bad.tolist(), strict=False)
    return Figure(
        frame.title,
        "The less the two overlap, the better parties are told apart.",
        frame.svg(),
        ("score from", "of the good", "of the bad"),
        tuple((f"{edge:.0f}", _percent(g), _percent(b)) for edge, g, b in rows),
    )


def bands(title: str, about: str, groups: Sequence[Group], caption: str) -> Figure:
    """Observed bad rates of groups in order, with their bounds, and what was told as a diamond."""
    top = min(1.0, 1.05 * max(max(group.high, group.said) for group in groups))
    frame = Frame(title, about, (0, len(groups)), (0, top), "", "observed bad rate")
    frame.y_ticks([(value, _percent(value, 0)) for value, _ in round_ticks(0, top)])
    for i, group in enumerate(groups):
        frame.bar((i + 0.16, i + 0.84), (0, group.rate), "bar good")
        frame.whisker((i + 0.5, group.low), (i + 0.5, group.high))
        frame.mark(i + 0.5, group.said, "mark told", "diamond")
        x, _ = frame.at(i + 0.5, 0)
        short = group.name.replace("tenth ", "").replace("_", " ")
        frame.text(x, frame.height - BELOW, short, "tick", "middle")
    frame.x_label = "bar: what happened, with 90 % bounds; diamond: what was told"
    return Figure(
        title,
        caption,
        frame.svg(),
        ("group", "parties", "bad", "observed", "told", "from", "to"),
        tuple(
            (
                group.name.replace("_", " "), f"{group.parties:,}", f"{group.bad:,}", _percent(group.rate),
                _percent(group.said), _percent(group.low), _percent(group.high),
            )
            for group in groups
        ),
    )  # fmt: skip


def by_level(one: TestPredictions) -> Figure:
    groups = curves.by_level(one.probability["model"], one.y)
    caption = f"From low risk to very high. {_rise(groups)}"
    return bands("Bad rate by level", "Observed bad rate of each level of risk.", groups, caption)


def _rise(groups: Sequence[Group]) -> str:
    if curves.monotone(groups):
        return "Observed bad rates rise all the way."
    fallen = curves.falls_beyond_chance(groups)
    return f"Observed bad rates fall in {', '.join(fallen)}." if fallen else "Where they fall it could be chance."


def by_tenth(one: TestPredictions) -> Figure:
    groups = curves.by_decile(one.probability["model"], one.y)
    return bands(
        "Bad rate by tenth of the score", "Observed bad rate of each tenth of the parties, best score first.",
        groups, f"Tenths of the parties, from the best score (1) to the worst (10). {_rise(groups)}",
    )  # fmt: skip


def gains(one: TestPredictions) -> Figure:
    frame = _of_shares(
        "Gains", "Share of all bad parties found among the riskiest share of parties.",
        "parties, riskiest first", "bad parties among them",
    )  # fmt: skip
    frame.line([(0, 0), (1, 1)], "line chance")
    _lines(frame, one, curves.gains)
    _legend(frame, one, 260, HEIGHT - 110, "at random")
    worst = curves.by_decile(one.probability["model"], one.y)[-1]
    lift = worst.rate / float(one.y.mean())
    held = _percent(worst.bad / one.y.sum())
    caption = f"The riskiest tenth holds {held} of the bad: {lift:.1f} times as many as at random."
    return Figure(frame.title, caption, frame.svg())


def differences(title: str, about: str, caption: str, found: Mapping[str, Difference], x_label: str) -> Figure:
    """Differences with their intervals, one under the other, around zero."""
    low = min(0.0, *(d[1] for d in found.values()), *(d[0] for d in found.values()))
    high = max(0.0, *(d[2] for d in found.values()), *(d[0] for d in found.values()))
    room = 0.08 * ((high - low) or 0.01)
    frame = Frame(
        title, about, (low - room, high + room), (0, len(found)), x_label, "",
        height=78 + 34 * len(found), left=118,
    )  # fmt: skip
    frame.x_ticks(round_ticks(low - room, high + room))
    frame.line([(0, 0), (0, len(found))], "line chance")
    for i, (name, (value, start, end)) in enumerate(found.items()):
        y = len(found) - i - 0.5
        frame.whisker((start, y), (end, y))
        sure = start > 0 or end < 0
        frame.mark(value, y, "mark" if sure else "mark open", "circle" if sure else "diamond")
        _, down = frame.at(0, y)
        frame.text(frame.left - 8, down + 4, name, "note", "end")
    return Figure(
        title,
        caption + " A circle is clear of zero, an open diamond could be chance.",
        frame.svg(),
        ("", "difference", "from", "to"),
        tuple((name, *(f"{value:+.4f}" for value in one)) for name, one in found.items()),
    )

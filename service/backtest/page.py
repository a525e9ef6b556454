"""A backtest as one HTML page that needs nothing else: the answer, what to know about it, charts with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from gnn.metrics import Estimate
from service.backtest.backtest import Backtest
from service.backtest.rates import Rates
from service.backtest.verdict import between, percent
from service.evaluation.report.charts import Figure
from service.evaluation.report.parts import document, facts, figures, items, table
from service.evaluation.report.svg import Frame, round_ticks

Share = Callable[[Rates], Estimate | None]


def page(found: Backtest) -> str:
    """The whole page as HTML."""
    sections = [("What it shows", items([found.verdict.text], "findings")), ("What to know", items(found.sentences))]
    if found.file is not None:
        charts = [_chart(found, *one) for one in CHARTS if one[0] != "Loss" or found.orders.has_amounts]
        sections += [("Thresholds", figures(charts) + _thresholds(found))]
    sections.append(("How it was made", facts(_made(found))))
    header = (
        '<p class="kind">Backtest</p><h1>Would the score have replaced the deposit?</h1>'
        f"<p>{len(found.orders):,} orders; purpose {escape(found.request.purpose.name)}; seed {found.request.seed}.</p>"
    )
    return document("Backtest", header, sections)


CHARTS: Final[tuple[tuple[str, str, str, Share], ...]] = (
    (
        "What goes through",
        "Share of orders that go through with nothing asked, by threshold.",
        "share of orders",
        lambda one: one.approve,
    ),
    (
        "Bad rate",
        "Share of the orders that went through and are decided that defaulted, by threshold.",
        "share that defaulted",
        lambda one: one.bad,
    ),
    (
        "Loss",
        "Amount of the orders that defaulted as a share of the amount that went through, by threshold.",
        "share of the amount",
        lambda one: one.loss,
    ),
)


def _chart(found: Backtest, title: str, about: str, axis: str, share: Share) -> Figure:
    assert found.file is not None
    ours, without, file = list(map(share, found.rates)), list(map(share, found.without)), share(found.file)
    known = [one.high for one in ours if one is not None] + [one.value for one in without if one is not None]
    top = 1.08 * max([*known, file.value if file is not None else 0.0, 0.01])
    x = (float(found.thresholds[0]), float(found.thresholds[-1]))
    frame = Frame(title, about, x, (0.0, top), "threshold", axis)
    frame.x_ticks(round_ticks(*x))
    frame.y_ticks([(value, f"{100 * value:g} %") for value, _ in round_ticks(0.0, top)])
    for points in _runs(found.thresholds, ours):
        frame.band([(at, one.low) for at, one in points], [(at, one.high) for at, one in points])
    for estimates, look in ((without, "line second"), (ours, "line first")):
        for points in _runs(found.thresholds, estimates):
            frame.line([(at, one.value) for at, one in points], look)
    if file is not None:
        frame.line([(x[0], file.value), (x[1], file.value)], "line chance")
    for number, (look, name) in enumerate((("first", "Kith"), ("second", "no graph"), ("chance", "as it was"))):
        down = 32 + 18 * number
        frame.parts.append(f'<path class="line {look}" d="M300 {down - 4}h26"/>')
        frame.text(333, down, name)
    rows = [
        (str(threshold), between(one), between(other))
        for threshold, one, other in zip(found.thresholds, ours, without, strict=True)
    ]
    caption = f"{about} The band is the 95 % interval; dotted, the file's own policy: {between(file)}."
    return Figure(title, caption, frame.svg(), ("threshold", "Kith", "no graph"), tuple(rows))


def _runs(thresholds: Sequence[int], estimates: Sequence[Estimate | None]) -> list[list[tuple[float, Estimate]]]:
    """The estimates with their thresholds, parted where there is none; single points are left out."""
    runs: list[list[tuple[float, Estimate]]] = [[]]
    for threshold, one in zip(thresholds, estimates, strict=True):
        if one is None:
            runs.append([])
        else:
            runs[-1].append((float(threshold), one))
    return [run for run in runs if len(run) > 1]


def _thresholds(found: Backtest) -> str:
    assert found.file is not None
    header = ("rule", "went through", "share", "decided", "defaulted", "bad rate", "lost", "loss")
    rows = [_row("nothing asked, as it was", found.file)]
    rows += [_row(f"score from {threshold}", one) for threshold, one in zip(found.thresholds, found.rates, strict=True)]
    return table(header, rows)


def _row(name: str, one: Rates) -> tuple[str, ...]:
    counts = f"{one.approved:,}", percent(one.approve.value), f"{one.decided:,}", f"{one.defaulted:,}"
    return (name, *counts, between(one.bad), f"{one.lost:,.2f}", between(one.loss))


def _made(found: Backtest) -> list[tuple[str, str]]:
    blocks = [
        (
            f"orders {block.first + 1:,} to {block.until:,}",
            f"model of what was known before {datetime.fromtimestamp(block.cut, UTC):%Y-%m-%d %H:%M}, "
            f"{block.n_train:,} outcomes or observations",
        )
        for block in found.scored.blocks
    ]
    states = ", ".join(f"{count:,} {state}" for state, count in found.states.items())
    return [*blocks, ("orders", states), ("policy", found.request.purpose.policy())]

"""What a backtest shows, in sentences: whether the score would have replaced the deposit, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from gnn.metrics import Estimate
from loaders.orders import Orders
from service.backtest.rates import Evidence, Rates
from service.backtest.walk_forward import THIN, UNKNOWN, UNTRAINED, ScoredOrders

MIN_DEFAULTS: Final = 10  # among scored orders, below which nothing is recommended
DAY: Final = 86_400.0


class Code(StrEnum):
    """What is said of the question."""

    NOTHING_SCORED = "NOTHING_SCORED"
    THIN_EVIDENCE = "THIN_EVIDENCE"
    NO_REFERENCE = "NO_REFERENCE"
    REPLACES = "REPLACES"
    NOT_SHOWN = "NOT_SHOWN"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer; threshold: that is recommended, None where none is."""

    code: Code
    text: str
    threshold: int | None = None


def verdict(
    evidence: Evidence, file: Rates | None, thresholds: Sequence[int], rates: Sequence[Rates], most: float | None
) -> Verdict:
    """Whether some threshold would have let more orders through than the file's policy, and no more defaults.

    most: the largest bad rate that is accepted; None for that of the orders of which nothing was asked. A threshold
    passes where even the upper end of its interval is no higher. Of those that pass, that which lets most through.
    """
    if file is None:
        return Verdict(Code.NOTHING_SCORED, "No order could be scored, so nothing is known of the score.")
    decided, defaults = int(evidence.decided.sum()), int((evidence.defaulted & evidence.decided).sum())
    if defaults < MIN_DEFAULTS:
        return Verdict(Code.THIN_EVIDENCE, _thin(decided, defaults))
    accepted = most if most is not None else None if file.bad is None else file.bad.value
    if accepted is None:
        return Verdict(
            Code.NO_REFERENCE,
            "Something was asked for with every order that is decided, so nothing shows how many default without it. "
            "Say with --max-bad-rate which share of defaults you accept.",
        )
    passing = [
        (one.approved, threshold, one)
        for threshold, one in zip(thresholds, rates, strict=True)
        if one.approved > file.approved and one.bad is not None and one.bad.high <= accepted
    ]
    if not passing:
        return Verdict(Code.NOT_SHOWN, _not_shown(file, accepted))
    _, threshold, best = max(passing, key=lambda one: (one[0], -one[1]))
    return Verdict(Code.REPLACES, _replaces(threshold, best, file, accepted), threshold)


def _thin(decided: int, defaults: int) -> str:
    counted = {0: "none defaulted", 1: "one defaulted"}.get(defaults, f"{defaults} defaulted")
    return (
        f"The evidence is thin: of {decided:,} scored orders whose outcome is known, {counted}. Whether a rule lets "
        f"few defaults through cannot be told from so few; nothing is recommended below {MIN_DEFAULTS} defaults, "
        "however many orders were paid."
    )


def _not_shown(file: Rates, accepted: float) -> str:
    return (
        f"It is not shown that the score can replace what was asked for: no threshold lets through more than the "
        f"{file.approved:,} orders of which nothing was asked, with a bad rate that is surely no higher than "
        f"{percent(accepted)}."
    )


def _replaces(threshold: int, best: Rates, file: Rates, accepted: float) -> str:
    assert best.bad is not None
    return (
        f"From a score of {threshold} on, {best.approved:,} orders would have gone through with nothing asked "
        f"({percent(best.approve.value)}), against {file.approved:,} ({percent(file.approve.value)}) as it was. Of "
        f"those decided {between(best.bad)} defaulted; {percent(accepted)} was to be kept. The threshold was chosen on "
        "these very orders, so try it on later ones before you rely on it."
    )


def sentences(orders: Orders, scored: ScoredOrders, evidence: Evidence, gain: Estimate | None) -> list[str]:
    """What has to be known to read the figures. gain: AUROC of the model less that of the one without the graph."""
    found = []
    rejected = sum(orders.rejected.values())
    if rejected:
        reasons = ", ".join(f"{count:,} {code}" for code, count in orders.rejected.items())
        found.append(f"{rejected:,} rows of the file were not read: {reasons}.")
    for state, why in (
        (UNTRAINED, "came before enough outcomes were known to train a model, and are left out"),
        (UNKNOWN, "are of parties that the network did not have yet: the score lets none of them through"),
        (THIN, "are of parties of which too little was known for a score: it lets none of them through"),
    ):
        count = int(scored.are(state).sum())
        if count:
            found.append(f"{count:,} of {len(orders):,} orders {why}.")
    undecided = int((~evidence.decided).sum())
    if undecided:
        found.append(f"{undecided:,} scored orders are still open: they count in what goes through, not in bad rates.")
    behind = int((evidence.asked & evidence.decided).sum())
    if behind:
        found.append(
            f"The outcomes of {behind:,} orders were seen with something asked for; without it, more of them may "
            "default. Bad rates of rules that let these through are therefore too low, if anything."
        )
    if gain is not None:
        found.append(_graph(gain))
    if scored.undated:
        found.append(
            f"{scored.undated:,} links have no time and count as known at every order, which flatters the score if "
            "they came later."
        )
    found += [_block(block.cut, block.n_train, block.static_because) for block in scored.blocks if block.static_because]
    if scored.stalest >= DAY:
        found.append(
            f"An order is scored from what was known at most {scored.stalest / DAY:.0f} days before it; more "
            "--snapshots bring that nearer."
        )
    return found


def _graph(gain: Estimate) -> str:
    figure = f"{gain.value:+.3f} AUROC, 95 % interval {gain.low:+.3f} to {gain.high:+.3f}"
    if gain.low > 0:
        return f"Relationships help: {figure} over the same model without them."
    if gain.high < 0:
        return f"Relationships harm here: {figure} beside the same model without them."
    return f"It is not shown that relationships help: {figure} beside the same model without them."


def _block(cut: float, n_train: int, because: str) -> str:
    day = datetime.fromtimestamp(cut, UTC).date()
    if not n_train:
        return f"No model could be trained on what was known before {day}: {because}."
    return f"The model of what was known before {day} was trained on one snapshot: {because}."


def percent(share: float) -> str:
    """A share as percent, with one decimal."""
    return f"{100 * share:.1f} %"


def between(estimate: Estimate | None) -> str:
    """A share with its interval; a dash where there is none."""
    if estimate is None:
        return "–"
    return f"{percent(estimate.value)} ({percent(estimate.low)} to {percent(estimate.high)})"

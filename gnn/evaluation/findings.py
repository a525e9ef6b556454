"""What the figures of a report say, in words; each sentence from an interval or a bound, never from a bare number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.special import ndtri

from gnn.evaluation.curves import Group, by_decile, by_level, falls_beyond_chance, monotone
from gnn.evaluation.network_reliance import NetworkReliance
from gnn.evaluation.predictions import Coverage, Difference, TestPredictions

SURE: Final = 0.99  # two-sided, for rates that must not differ
CARRIES: Final = 0.05  # AUROC lost with one category barred, from which the report asks where it comes from
MOSTLY: Final = 0.5  # share of what all categories bring
NEARLY: Final = 0.75  # the same, of link counts alone
FEW: Final = 100  # judged parties, below which figures say little
FEW_OF_ONE: Final = 10  # the same, of the rarer outcome
NAMED: Final = 5  # of a list of names, those that are told
COLLECTED: Final = "may come from how the data was collected, and then it will not hold elsewhere"


def about_few(judged: Sequence[TestPredictions]) -> list[str]:
    """Whether too few parties are judged, over all splits, for their figures to say much."""
    _, place = np.unique(np.concatenate([one.split.test for one in judged]), return_index=True)
    y = np.concatenate([one.y for one in judged])[place]
    parties, bad = len(y), int(y.sum())
    if parties >= FEW and min(bad, parties - bad) >= FEW_OF_ONE:
        return []
    return [f"Only {parties:,} parties are judged, {bad:,} of them bad: figures from so few say little."]


def about_the_graph(differences: Mapping[str, Difference]) -> list[str]:
    """Whether the graph adds something, beside the same model without it."""
    if "no_graph" not in differences:
        return []
    gained, low, high = differences["no_graph"]
    interval = f"{gained:+.4f} AUROC, 95 % interval {low:+.4f} to {high:+.4f}"
    if low > 0:
        return [f"The graph adds {interval}, against the same model without it."]
    if high < 0:
        return [f"The graph harms here: {interval}; use the model without it."]
    return [f"The graph adds nothing here that could be told from chance: {interval}."]


def about_one_category(added: Mapping[str, Difference], differences: Mapping[str, Difference]) -> list[str]:
    """A category that carries most of what the graph adds may say how the data was collected."""
    if not added:
        return []
    name, (lost, low, _) = max(added.items(), key=lambda item: item[1][0])
    whole = differences.get("no_graph", (lost, 0.0, 0.0))[0]
    if lost < CARRIES or low <= 0 or lost < MOSTLY * whole:
        return []
    return [
        f"Links of the category {name} carry the score: without them it loses {lost:.3f} AUROC. Which of them a party "
        f"has {COLLECTED}."
    ]


def about_link_counts(figures: Mapping[str, Mapping[str, Any]], gained: Mapping[str, Difference]) -> list[str]:
    """Whether how many links of each kind a party has says nearly all that the graph says; `figures` by model."""
    if not {"no_graph", "link_counts"} <= gained.keys():
        return []
    whole, low, _ = gained["no_graph"]
    by_counts = figures["link_counts"]["auroc"] - figures["no_graph"]["auroc"]
    if whole < CARRIES or low <= 0 or by_counts < NEARLY * whole:
        return []
    return [
        f"How many links of each kind a party has carries the score: with the own record these counts alone reach "
        f"AUROC {figures['link_counts']['auroc']:.4f}. Which links a party has {COLLECTED}."
    ]


def about_calibration(figures: Mapping[str, Any], train_rate: float, test_rate: float, n: tuple[int, int]) -> list[str]:
    """Whether probabilities mean what they say; `n` are the parties behind the two rates."""
    said = []
    if differ(train_rate, test_rate, *n):
        said.append(
            f"Bad rate {train_rate:.3f} among those who taught and {test_rate:.3f} among those judged, more apart than "
            "chance explains: no calibration can hold across that."
        )
    value, bound = figures["ece"], figures["ece_chance_p95"]
    beside = f"ECE {value:.4f}; perfect calibration would show up to {bound:.4f} on this sample (95th percentile)"
    within = "stays within what chance explains" if value <= bound else "is off by more than chance explains"
    return [*said, f"Calibration {within}: {beside}."]


def differ(a: float, b: float, n_a: int, n_b: int) -> bool:
    """Whether two rates are further apart than two samples of one population, at SURE."""
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    return bool(abs(a - b) > ndtri(0.5 + SURE / 2) * error)


def about_bands(one: TestPredictions) -> list[str]:
    """Whether worse levels and worse tenths really went worse."""
    said = []
    for name, groups in (
        ("levels", by_level(one.probability["model"], one.y)),
        ("tenths", by_decile(one.probability["model"], one.y)),
    ):
        fallen = falls_beyond_chance(groups)
        if fallen:
            said.append(f"Observed bad rates fall where the score says they rise, in {', '.join(fallen)}.")
        elif name == "levels" and len(groups) > 1 and monotone(groups):
            said.append("Observed bad rates rise from level to level: " + ", ".join(map(_band, groups)) + ".")
    return said


def _band(group: Group) -> str:
    return f"{group.name} {100 * group.rate:.1f} % of {group.parties:,}"


def about_intervals(found: Coverage) -> list[str]:
    """Whether the intervals hold what they should."""
    kept = "hold" if found.held >= found.chance_p5 else "do not hold"
    return [
        f"The {100 * found.nominal:.0f} % intervals {kept}: the observed bad rate of {100 * found.held:.0f} % of "
        f"{found.bins} groups lies inside, where chance alone would leave {100 * found.chance_mean:.0f} % inside."
    ]


def about_association(found: NetworkReliance) -> list[str]:
    """How much others have to do with a score."""
    return [
        f"{100 * found.others:.0f} % of the points of a score come from relationships, the rest from the own record; "
        f"what became of others moves a score by {found.outcomes:.0f} points on average."
    ]


def apart_by_time(judged: tuple[float, float], later: tuple[float, float]) -> list[str]:
    """Whether a model does differently on later outcomes than on the split of the report: (AUROC, standard error)."""
    gap = later[0] - judged[0]
    bound = 1.96 * float(np.hypot(judged[1], later[1]))
    told = f"AUROC {later[0]:.4f} on later outcomes and {judged[0]:.4f} on the split it is judged by"
    if abs(gap) > bound:
        return [f"Time matters: {told}, {gap:+.4f}, more than chance explains. Trust the split by time."]
    return [f"A split by time agrees: {told}, within chance."]


def about_strangers(ids: Sequence[str]) -> list[str]:
    """Ids of splits that are no party: never loaded, or refused."""
    if not ids:
        return []
    are = "1 id is" if len(ids) == 1 else f"{len(ids):,} ids are"
    return [f"Left out: {are} in splits but no party of the network: {named(ids)}."]


def named(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def all_findings(
    judged: Sequence[TestPredictions],
    figures: Mapping[str, Mapping[str, Any]],
    differences: Mapping[str, Difference],
    added: Mapping[str, Difference],
    covered: Coverage,
    others: NetworkReliance,
    train_rate: float,
) -> tuple[str, ...]:
    """The sentences of a report, the most important first."""
    first = judged[0]
    test_rate = float(np.mean([one.y.mean() for one in judged]))
    taught = len(first.split.fit_rows)
    return (
        *about_few(judged),
        *about_the_graph(differences),
        *about_one_category(added, differences),
        *about_link_counts(figures, differences),
        *about_calibration(figures["model"], train_rate, test_rate, (taught, len(first.y))),
        *about_bands(first),
        *about_intervals(covered),
        *about_association(others),
    )

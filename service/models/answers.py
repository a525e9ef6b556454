"""The models of an installation as an answer, for those who run it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from service.closed import Closed
from service.models.registry import ModelRegistry, RegisteredModel
from service.records.shadow import ShadowBin


class ModelAnswer(Closed):
    """A model: whether it serves or runs in shadow, what it was trained on and how well it did there.

    horizon_days: None of a model without dates. fault: what is wrong with its files, None where they are whole.
    """

    id: str
    role: Literal["live", "shadow", "none"]
    snapshot: str | None
    horizon_days: int | None
    base_rate: float | None
    auroc: float | None
    ece: float | None
    fault: str | None


class ModelActAnswer(Closed):
    """Who did what with which model, and when, in seconds since 1970."""

    act: Literal["register", "shadow", "unshadow", "promote", "rollback"]
    model: str
    by: str
    at: float


class ShadowComparison(Closed):
    """How the scores of a model in shadow differ from those of the model that served, for one purpose.

    scores: compared. both, only_live, only_shadow, neither: by which of the two gave a score. mean_difference, median,
    low, high: of shadow less live in points where both did, with the 5th and the 95th percentile; None of none.
    levels_differ, decisions_differ: of how many scores the level, or the decision of the purpose, differs.
    """

    live: str
    shadow: str
    purpose: str
    scores: int
    both: int
    only_live: int
    only_shadow: int
    neither: int
    mean_difference: float | None
    median: int | None
    low: int | None
    high: int | None
    levels_differ: int
    decisions_differ: int
    first: float
    last: float


class ModelList(Closed):
    """Every model, what was done with them, and what was seen of those in shadow."""

    live: str | None
    shadow: str | None
    models: tuple[ModelAnswer, ...]
    acts: tuple[ModelActAnswer, ...]
    comparisons: tuple[ShadowComparison, ...]


def model_list(registry: ModelRegistry, bins: Iterable[ShadowBin]) -> ModelList:
    """The answer. bins: what is recorded of models in shadow. Raises ModelError."""
    state = registry.state()
    return ModelList(
        live=registry.live(),
        shadow=state.shadow,
        models=tuple(map(_model, registry.all())),
        acts=tuple(ModelActAnswer(act=one.act, model=one.model, by=one.by, at=one.at) for one in state.acts),
        comparisons=tuple(comparisons(bins)),
    )


def comparisons(bins: Iterable[ShadowBin]) -> list[ShadowComparison]:
    """What is recorded of models in shadow, by live model, shadow and purpose."""
    of_each: defaultdict[tuple[str, str, str], list[ShadowBin]] = defaultdict(list)
    for one in bins:
        of_each[one.live, one.shadow, one.purpose].append(one)
    return [_comparison(some) for _, some in sorted(of_each.items())]


def _comparison(bins: list[ShadowBin]) -> ShadowComparison:
    counts = {"both": 0, "live": 0, "shadow": 0, "neither": 0}
    for one in bins:
        counts[one.assessed] += one.n
    both = sorted((one.difference, one.n) for one in bins if one.assessed == "both")
    total = sum(one.total for one in bins if one.assessed == "both")
    first = bins[0]
    return ShadowComparison(
        live=first.live,
        shadow=first.shadow,
        purpose=first.purpose,
        scores=sum(counts.values()),
        both=counts["both"],
        only_live=counts["live"],
        only_shadow=counts["shadow"],
        neither=counts["neither"],
        mean_difference=total / counts["both"] if counts["both"] else None,
        median=_quantile(both, 0.5),
        low=_quantile(both, 0.05),
        high=_quantile(both, 0.95),
        levels_differ=sum(one.levels for one in bins),
        decisions_differ=sum(one.decisions for one in bins),
        first=min(one.first for one in bins),
        last=max(one.last for one in bins),
    )


def _quantile(counted: list[tuple[int, int]], share: float) -> int | None:
    """The smallest difference that at least this share does not exceed."""
    wanted, seen = share * sum(n for _, n in counted), 0
    for difference, n in counted:
        seen += n
        if seen >= wanted:
            return difference
    return None


def _model(one: RegisteredModel) -> ModelAnswer:
    described = one.described or {}
    metrics = described.get("metrics", {})
    return ModelAnswer(
        id=one.id,
        role=one.role or "none",
        snapshot=described.get("snapshot"),
        horizon_days=described.get("horizon_days"),
        base_rate=described.get("base_rate"),
        auroc=metrics.get("auroc"),
        ece=metrics.get("ece"),
        fault=one.fault,
    )

"""Predicted trust of one party in another, and the evidence it rests on.

The pair model predicts from everything but a's own ratings of b; those are then averaged in. Without a pair model the
mean of others' ratings of b takes its place. Ratings of b by parties that nobody else rates or deals with count for
nothing (`gnn.features.statements.backing`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from gnn.arrays import F32
from gnn.features.pair_features import NAMES, pair_features
from gnn.features.pair_links import CATEGORIES, link_features, masked
from gnn.features.pair_links import NAMES as LINKS
from gnn.features.statements.ratings import RatingIndex, Ratings, dealings_of, index_ratings, ratings_of
from gnn.models.trust_model import TrustModel
from graph.snapshots.snapshot import Snapshot

PREDICTION_WEIGHT: Final = 2.0  # of the prediction, in ratings of a

OWN_RATING: Final = "OWN_RATING"
RECIPROCAL: Final = "RECIPROCAL"
OTHERS_SAY: Final = "OTHERS_SAY"
UNBACKED: Final = "UNBACKED"
RATER_HABIT: Final = "RATER_HABIT"
ACQUAINTANCES: Final = "ACQUAINTANCES"
LINKED_BESIDE: Final = "LINKED_BESIDE"
NO_PAIR_MODEL: Final = "NO_PAIR_MODEL"
NOTHING_KNOWN: Final = "NOTHING_KNOWN"
TRUST_EVIDENCE_CODES: Final = (
    OWN_RATING,
    RECIPROCAL,
    OTHERS_SAY,
    UNBACKED,
    RATER_HABIT,
    ACQUAINTANCES,
    LINKED_BESIDE,
    NO_PAIR_MODEL,
    NOTHING_KNOWN,
)


@dataclass(frozen=True, slots=True)
class TrustEvidence:
    """Evidence behind a prediction: count of ratings or links, and the mean rating in -1..1 (None for plain links)."""

    code: str
    count: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class TrustPrediction:
    """trust in -1..1, None where nothing is known; positive: probability that a would rate b positively.

    `positive` is calibrated and reads everything but a's own ratings of b; None without a pair model.
    """

    trust: float | None
    positive: float | None
    evidence: tuple[TrustEvidence, ...]


class TrustScorer:
    """Trust predictions over one snapshot."""

    def __init__(self, snapshot: Snapshot, model: TrustModel | None) -> None:
        self.snapshot = snapshot
        self.model = model
        self._known: dict[frozenset[str], RatingIndex] = {}

    def known(self, categories: frozenset[str]) -> RatingIndex:
        """Every rating of the snapshot, undated, where dealings of these categories may count."""
        dealings = categories & frozenset(CATEGORIES)
        if dealings not in self._known:
            ratings = replace(self._ratings, dealings=dealings_of(self.snapshot, dealings))
            self._known[dealings] = index_ratings(ratings)
        return self._known[dealings]

    @cached_property
    def _ratings(self) -> Ratings:
        return ratings_of(self.snapshot).without_times()

    def predict(self, a: int, b: int, categories: frozenset[str]) -> TrustPrediction:
        """The predicted trust of row `a` in row `b`, from ratings and the links of `categories` beside them."""
        pair = np.array([a]), np.array([b])
        links = masked(link_features(self.snapshot, *pair), categories)
        known = self.known(categories)
        ratings = pair_features(known, *pair, np.array([np.nan]))
        own = _mean_rating(known, a, b)
        unbacked = _unbacked(known, a, b)
        evidence = _evidence(own, _mean_rating(known, b, a), ratings[0], links[0])
        if not evidence:
            return TrustPrediction(None, None, (TrustEvidence(NOTHING_KNOWN, 0, None), *unbacked))
        evidence = (*evidence, *unbacked)
        if self.model is None:
            without_model = (TrustEvidence(NO_PAIR_MODEL, 0, None), *evidence)
            if not {OWN_RATING, OTHERS_SAY} & {one.code for one in evidence}:
                return TrustPrediction(None, None, without_model)
            return TrustPrediction(_averaged(own, _mean(ratings[0], "b_gets")), None, without_model)
        values = np.concatenate([ratings, links], axis=1)
        weight = float(self.model.weight.weight(values)[0])
        return TrustPrediction(_averaged(own, weight), float(self.model.sign.probability(values)[0]), evidence)


def _mean_rating(known: RatingIndex, a: int, b: int) -> float | None:
    """The mean of a's ratings of b, None where there is none."""
    low, high = known.out_ptr[a], known.out_ptr[a + 1]
    at = low + np.searchsorted(known.out_other[low:high], b)
    return float(known.value[at]) if at < high and known.out_other[at] == b else None


def _unbacked(known: RatingIndex, a: int, b: int) -> tuple[TrustEvidence, ...]:
    """How many parties beside `a` rated b and count for nothing, if there are any."""
    backed = known.in_other[known.in_ptr[b] : known.in_ptr[b + 1]]
    by_a = _mean_rating(known, a, b) is not None and a not in backed
    count = int(known.unbacked[b]) - by_a
    return (TrustEvidence(UNBACKED, count, None),) if count else ()


def _averaged(own: float | None, predicted: float) -> float:
    return predicted if own is None else (own + PREDICTION_WEIGHT * predicted) / (1 + PREDICTION_WEIGHT)


_COLUMN: Final = {name: i for i, name in enumerate(NAMES)}
_TRIADS: Final = [name.removesuffix("_count") for name in NAMES if f"{name.removesuffix('_count')}_balance" in _COLUMN]


def _evidence(own: float | None, back: float | None, ratings: F32, links: F32) -> tuple[TrustEvidence, ...]:
    """Own and returned ratings, then what the features `ratings` F32[w] and `links` F32[l] of the pair count."""
    direct = ((OWN_RATING, own), (RECIPROCAL, back))
    found = [TrustEvidence(code, 1, value) for code, value in direct if value is not None]
    for code, side in ((OTHERS_SAY, "b_gets"), (RATER_HABIT, "a_gives")):
        if count := _count(ratings[_COLUMN[f"{side}_count"]]):
            found.append(TrustEvidence(code, count, round(_mean(ratings, side) * (count + 2) / count, 6)))
    counts = [_count(ratings[_COLUMN[f"{triad}_count"]]) for triad in _TRIADS]
    if any(counts):
        balance = sum(
            ratings[_COLUMN[f"{triad}_balance"]] * (count + 1)
            for triad, count in zip(_TRIADS, counts, strict=True)
            if count
        )
        found.append(TrustEvidence(ACQUAINTANCES, sum(counts), round(float(balance) / sum(counts), 6)))
    beside = sum(
        _count(links[LINKS.index(f"{category}_{end}")]) for category in CATEGORIES for end in ("there", "back")
    )
    if beside:
        found.append(TrustEvidence(LINKED_BESIDE, beside, None))
    return tuple(found)


def _count(log: np.float32) -> int:
    return 0 if np.isnan(log) else round(float(np.expm1(log)))


def _mean(ratings: F32, side: str) -> float:
    mean = float(ratings[_COLUMN[f"{side}_mean"]])
    return 0.0 if np.isnan(mean) else mean

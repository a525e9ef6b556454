"""What one party may think of another, and what that rests on.

The pair model answers from everything but a's own word on b; a's own statements are then weighed in. Without a pair
model the mean of what others say of b stands in for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from gnn.features.pair_features import NAMES, pair_features
from gnn.features.pair_links import CATEGORIES, link_features, masked
from gnn.features.pair_links import NAMES as LINKS
from gnn.features.ratings import RatingIndex, index_ratings, ratings_of
from gnn.models.trust_model import TrustModel
from graph.snapshots.snapshot import Snapshot

EXPECTATION: Final = 2.0  # what is expected of b counts like so many statements of a

OWN_RATING: Final = "OWN_RATING"
RECIPROCAL: Final = "RECIPROCAL"
OTHERS_SAY: Final = "OTHERS_SAY"
RATER_HABIT: Final = "RATER_HABIT"
ACQUAINTANCES: Final = "ACQUAINTANCES"
LINKED_BESIDE: Final = "LINKED_BESIDE"
NO_PAIR_MODEL: Final = "NO_PAIR_MODEL"
NOTHING_KNOWN: Final = "NOTHING_KNOWN"
TRUST_EVIDENCE_CODES: Final = (
    OWN_RATING,
    RECIPROCAL,
    OTHERS_SAY,
    RATER_HABIT,
    ACQUAINTANCES,
    LINKED_BESIDE,
    NO_PAIR_MODEL,
    NOTHING_KNOWN,
)


@dataclass(frozen=True, slots=True)
class TrustEvidence:
    """Something an opinion rests on: how many statements or links, and their mean in -1..1 (None for plain links)."""

    code: str
    count: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class TrustPrediction:
    """trust in -1..1, None where nothing is known; positive is the probability that a would rate b positively.

    `positive` is calibrated and comes from everything but a's own word; None without a pair model.
    """

    trust: float | None
    positive: float | None
    grounds: tuple[TrustEvidence, ...]


class TrustScorer:
    """TrustScorer over one snapshot. Ratings are read once; nothing changes after."""

    def __init__(self, snapshot: Snapshot, model: TrustModel | None) -> None:
        self.snapshot = snapshot
        self.model = model

    @cached_property
    def known(self) -> RatingIndex:
        return index_ratings(ratings_of(self.snapshot).without_times())

    def of(self, a: int, b: int, categories: frozenset[str]) -> TrustPrediction:
        """What row `a` may think of row `b` from ratings, and from the links of `categories` beside them."""
        pair = np.array([a]), np.array([b])
        beside = masked(link_features(self.snapshot, *pair), categories)
        said = pair_features(self.known, *pair, np.array([np.nan]))
        own = self._said(a, b)
        grounds = _grounds(own, self._said(b, a), said[0], beside[0])
        if not grounds:
            return TrustPrediction(None, None, (TrustEvidence(NOTHING_KNOWN, 0, None),))
        if self.model is None:
            if not {OWN_RATING, OTHERS_SAY} & {ground.code for ground in grounds}:
                return TrustPrediction(None, None, (TrustEvidence(NO_PAIR_MODEL, 0, None), *grounds))
            others = _mean(said[0], "b_gets")
            return TrustPrediction(_weighed(own, others), None, (TrustEvidence(NO_PAIR_MODEL, 0, None), *grounds))
        values = np.concatenate([said, beside], axis=1)
        expected = float(self.model.weight.weight(values)[0])
        return TrustPrediction(_weighed(own, expected), float(self.model.sign.probability(values)[0]), grounds)

    def _said(self, a: int, b: int) -> float | None:
        """The mean of a's statements on b."""
        low, high = self.known.out_ptr[a], self.known.out_ptr[a + 1]
        at = low + np.searchsorted(self.known.out_other[low:high], b)
        return float(self.known.value[at]) if at < high and self.known.out_other[at] == b else None


def _weighed(own: float | None, expected: float) -> float:
    return expected if own is None else (own + EXPECTATION * expected) / (1 + EXPECTATION)


_AT: Final = {name: i for i, name in enumerate(NAMES)}
_TRIADS: Final = [name.removesuffix("_count") for name in NAMES if f"{name.removesuffix('_count')}_balance" in _AT]


def _grounds(own: float | None, back: float | None, said: Any, beside: Any) -> tuple[TrustEvidence, ...]:
    found = [
        TrustEvidence(code, 1, value) for code, value in ((OWN_RATING, own), (RECIPROCAL, back)) if value is not None
    ]
    for code, side in ((OTHERS_SAY, "b_gets"), (RATER_HABIT, "a_gives")):
        if count := _count(said[_AT[f"{side}_count"]]):
            found.append(TrustEvidence(code, count, round(_mean(said, side) * (count + 2) / count, 6)))
    counts = [_count(said[_AT[f"{triad}_count"]]) for triad in _TRIADS]
    if any(counts):
        balance = sum(
            said[_AT[f"{triad}_balance"]] * (count + 1) for triad, count in zip(_TRIADS, counts, strict=True) if count
        )
        found.append(TrustEvidence(ACQUAINTANCES, sum(counts), round(float(balance) / sum(counts), 6)))
    links = sum(
        _count(beside[LINKS.index(f"{category}_{end}")]) for category in CATEGORIES for end in ("there", "back")
    )
    if links:
        found.append(TrustEvidence(LINKED_BESIDE, links, None))
    return tuple(found)


def _count(log: float) -> int:
    return 0 if np.isnan(log) else round(float(np.expm1(log)))


def _mean(said: Any, side: str) -> float:
    mean = float(said[_AT[f"{side}_mean"]])
    return 0.0 if np.isnan(mean) else mean

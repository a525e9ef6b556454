"""What the figures of an evaluation show: conclusions as stable codes, each with the figures behind it.

A conclusion comes from an interval, a bound or a test, never from a bare number. `service.evaluation.sentences` puts
findings into sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any


class Code(StrEnum):
    """Every conclusion that an evaluation can come to."""

    FEW_TEST_PARTIES = auto()
    GRAPH_HELPS = auto()
    GRAPH_HURTS = auto()
    GRAPH_INCONCLUSIVE = auto()
    DEPENDS_ON_CATEGORY = auto()
    DEPENDS_ON_LINK_COUNTS = auto()
    BASE_RATE_SHIFT = auto()
    CALIBRATED = auto()
    MISCALIBRATED = auto()
    LEVELS_RISE = auto()
    RATES_FALL = auto()
    INTERVALS_COVER = auto()
    INTERVALS_MISS = auto()
    NETWORK_RELIANCE = auto()
    UNKNOWN_SPLIT_IDS = auto()
    LATE_COUNTS_AS_GOOD = auto()
    LATE_LEFT_OUT = auto()
    BASE_RATE_CORRECTED = auto()
    OUTCOMES_OF_SOME_KINDS = auto()
    OUTCOMES_ELSEWHERE = auto()
    OUTCOMES_ONE_SIDED = auto()
    OUTCOMES_DRAWN = auto()

    TEMPORAL_SPLIT_AGREES = auto()
    TEMPORAL_SPLIT_DIFFERS = auto()
    OUTCOMES_UNDATED = auto()
    OUTCOMES_PARTLY_DATED = auto()
    OUTCOMES_TOO_FEW_BY_TIME = auto()

    GROUP_DIFFERENCE = auto()
    GROUP_DIFFERENCE_WITHOUT_GRAPH = auto()
    GROUP_DIFFERENCE_MITIGATED = auto()
    GROUP_PROXY = auto()
    GROUPS_TOO_SMALL = auto()
    GROUPS_WITH_FEW_GOOD = auto()
    GROUPS_UNCOMMON = auto()

    TRANSFER_HELPS = auto()
    TRANSFER_HURTS = auto()
    TRANSFER_INCONCLUSIVE = auto()

    LEAKAGE = auto()
    LEAKAGE_OUTSIDE_FEATURES = auto()

    RATINGS = auto()
    RATINGS_UNSIGNED = auto()
    RATINGS_UNDATED = auto()
    RATINGS_OF_ONESELF = auto()
    RATING_TIMES = auto()
    BEST_BASELINE = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """A conclusion, and the figures that its sentence names."""

    code: Code
    figures: Mapping[str, Any] = field(default_factory=dict)

"""How far scores rest on other parties: on relationships at all, and on what is known of other parties' outcomes.

The shares are those of an explanation (`gnn.explain.shapley`), over a sample of test parties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from gnn.arrays import F32, F64
from gnn.explain.shapley import OWN, shapley
from gnn.features.spec import FeatureSpec, masked
from gnn.models.model import Model
from gnn.models.score_scale import POINTS_PER_LOG_ODDS

MAX_PARTIES: Final = 200
MAX_ROWS: Final = 20_000  # coalitions times parties
MAX_ABS_LOG_ODDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class NetworkReliance:
    """Means over `parties` test parties.

    network_share: share 0..1 of the absolute points that comes from relationships and not from the own record.
    points: the absolute points of the own record (`own`) and of each category.
    outcome_points: the absolute points by which scores move when no outcome of any other party is known.
    """

    parties: int
    network_share: float
    points: dict[str, float]
    outcome_points: float


def network_reliance(model: Model, values: F32, values_without_outcomes: F32, seed: int) -> NetworkReliance:
    """The reliance of a model on the network, from features float32[k, w] of test parties with and without labels."""
    players = (OWN, *model.spec.categories)
    sample_size = max(1, min(MAX_PARTIES, MAX_ROWS >> len(players)))
    rows = np.sort(np.random.default_rng(seed).permutation(len(values))[:sample_size])
    games = np.stack([_log_odds(model, values[rows], players, bits) for bits in range(1 << len(players))], axis=1)
    contributions = np.abs([shapley(game) for game in games])
    total = contributions.sum(axis=1)
    moved = total > 0
    network_share = float(np.mean(1 - contributions[moved, 0] / total[moved])) if moved.any() else 0.0
    shift = np.abs(_calibrated(model, values) - _calibrated(model, values_without_outcomes))
    points = dict(zip(players, (POINTS_PER_LOG_ODDS * contributions.mean(axis=0)).tolist(), strict=True))
    return NetworkReliance(len(rows), network_share, points, float(POINTS_PER_LOG_ODDS * shift.mean()))


def _log_odds(model: Model, values: F32, players: tuple[str, ...], bits: int) -> F64:
    """Log-odds of each row with only the players present whose bits are set; without any, those of the base rate."""
    if not bits:
        return np.full(len(values), np.clip(logit(model.base_rate), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS))
    present = frozenset(name for i, name in enumerate(players) if bits >> i & 1)
    visible = masked(values, model.spec, present - {OWN})
    if OWN not in present:
        visible[:, own_columns(model.spec)] = np.nan
    return _calibrated(model, visible)


def own_columns(spec: FeatureSpec) -> npt.NDArray[np.int64]:
    """Positions of the feature columns of the own record, int64[w']."""
    positions = np.arange(spec.width)
    return np.concatenate([positions[spec.slice(block.name)] for block in spec.blocks if not block.needs])


def _calibrated(model: Model, values: npt.NDArray[Any]) -> F64:
    return np.clip(model.calibration.log_odds(model.log_odds(values)), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS)

"""Guilt by association: how much of the scores comes from others, and how much from what became of them.

The same shares as an explanation gives (`gnn.explain.shapley`), over a sample of parties: of all the points that moved
a score away from the base rate, up or down, the part that the own record did not move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from gnn.arrays import F32 as Floats
from gnn.explain.shapley import OWN, shapley
from gnn.features.spec import FeatureSpec, masked
from gnn.models.model import Model
from gnn.models.score_scale import POINTS_PER_LOG_ODDS

MOST_PARTIES: Final = 200
MOST_ROWS: Final = 20_000  # coalitions times parties
MAX_ABS_LOG_ODDS: Final = 20.0

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NetworkReliance:
    """Means over `parties` judged parties.

    others: share 0..1 of the absolute points that comes from relationships; `points` are those of each part.
    outcomes: absolute points by which scores move when no outcome of anybody else is known.
    """

    parties: int
    others: float
    points: dict[str, float]
    outcomes: float


def network_reliance(model: Model, values: Floats, without_outcomes: Floats, seed: int) -> NetworkReliance:
    """From features float32[k, w] of judged parties, and the same ones with no outcome known to anybody."""
    players = (OWN, *model.spec.categories)
    most = max(1, min(MOST_PARTIES, MOST_ROWS >> len(players)))
    rows = np.sort(np.random.default_rng(seed).permutation(len(values))[:most])
    games = np.stack([_log_odds(model, values[rows], players, bits) for bits in range(1 << len(players))], axis=1)
    share = np.abs([shapley(game) for game in games])
    total = share.sum(axis=1)
    moved = total > 0
    others = float(np.mean(1 - share[moved, 0] / total[moved])) if moved.any() else 0.0
    apart = np.abs(_calibrated(model, values) - _calibrated(model, without_outcomes))
    points = dict(zip(players, (POINTS_PER_LOG_ODDS * share.mean(axis=0)).tolist(), strict=True))
    return NetworkReliance(len(rows), others, points, float(POINTS_PER_LOG_ODDS * apart.mean()))


def _log_odds(model: Model, values: Floats, players: tuple[str, ...], bits: int) -> Doubles:
    """Log-odds of each row with the parts whose bits are set; with none of them those of the base rate."""
    if not bits:
        return np.full(len(values), np.clip(logit(model.base_rate), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS))
    present = frozenset(name for i, name in enumerate(players) if bits >> i & 1)
    kept = masked(values, model.spec, present - {OWN})
    if OWN not in present:
        kept[:, own_columns(model.spec)] = np.nan
    return _calibrated(model, kept)


def own_columns(spec: FeatureSpec) -> npt.NDArray[np.int64]:
    """Positions of the columns of the own record."""
    at = np.arange(spec.width)
    return np.concatenate([at[spec.slice(block.name)] for block in spec.blocks if not block.needs])


def _calibrated(model: Model, values: npt.NDArray[Any]) -> Doubles:
    return np.clip(model.calibration.log_odds(model.log_odds(values)), -MAX_ABS_LOG_ODDS, MAX_ABS_LOG_ODDS)

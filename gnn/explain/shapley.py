"""Exact Shapley values of a score over a party's own record and the categories of its links.

v(S) is the calibrated log-odds with only the blocks present whose needs lie inside S; v of nothing is the log-odds of
the model's base rate. A category that may not be used is no player. Where others' share is capped, the cap is part of
the value function, u(S) = v(own part of S) + clamp(v(S) - v(own part of S), -cap, cap), so that base + sum of
contributions is always the log-odds that was answered.

A category that changes no input of this party (none of its links, nor of its neighbours' on a path that counts) is a
dummy: its contribution is 0 exactly, and it is left out of the enumeration. With the nine built-in categories that
is at most 2 ** 10 evaluations for one answer, and usually far fewer; they run as one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gnn.scoring.cap import capped

OWN: Final = "own"
MOST_PLAYERS: Final = 10

# Coalitions of categories, each with the party's own record or without it, -> log-odds float64[k].
Value = Callable[[Sequence[tuple[bool, frozenset[str]]]], npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Attribution:
    """base + sum(contributions.values()) is the log-odds of the answer; all in natural log-odds, plus is riskier.

    `contributions` has `own` and every category that was allowed. `uncapped` is the log-odds had there been no cap.
    """

    base: float
    contributions: Mapping[str, float]
    logit: float
    uncapped: float

    @property
    def capped(self) -> bool:
        """Whether the cap on others' share changed the answer."""
        return self.logit != self.uncapped


def shapley(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Exact Shapley values F64[k] of a game given as F64[2 ** k], indexed by the bits of the coalition.

    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0])).tolist()  # alone 1 and 2, together 5: the 2 more are shared equally
    [2.0, 3.0]
    """
    k = len(values).bit_length() - 1
    if len(values) != 1 << k:
        raise ValueError(f"{len(values)} values are not those of a whole game")
    coalitions = np.arange(1 << k)
    size = np.array([int(c).bit_count() for c in coalitions])
    share = np.zeros(k)
    weight = np.ones(k)  # weight[s] = s! (k - 1 - s)! / k!
    for s in range(k):
        weight[s] = 1.0 / k if s == 0 else weight[s - 1] * s / (k - s)
    for player in range(k):
        without = coalitions[(coalitions >> player) & 1 == 0]
        share[player] = np.sum(weight[size[without]] * (values[without | 1 << player] - values[without]))
    return share


def attribute(value: Value, allowed: Sequence[str], active: frozenset[str], cap: float | None = None) -> Attribution:
    """The attribution of an answer to `own` and the `allowed` categories; those not `active` are dummies.

    `value` must give the base rate for (False, nothing).
    """
    players = [OWN, *sorted(active & set(allowed))]
    if len(players) > MOST_PLAYERS:
        raise ValueError(f"{len(players)} players: at most {MOST_PLAYERS} can be shared out exactly")
    coalitions = [_coalition(players, bits) for bits in range(1 << len(players))]
    v = value(coalitions)
    own_part = v[np.arange(len(v)) & 1]  # player 0 is the own record: coalition 0 or 1
    u = capped(own_part, v, cap)
    share = dict(zip(players, shapley(u).tolist(), strict=True))
    contributions = {name: share.get(name, 0.0) for name in (OWN, *sorted(allowed))}
    return Attribution(float(u[0]), contributions, float(u[-1]), float(v[-1]))


def _coalition(players: Sequence[str], bits: int) -> tuple[bool, frozenset[str]]:
    inside = [name for i, name in enumerate(players) if bits >> i & 1]
    return OWN in inside, frozenset(inside) - {OWN}

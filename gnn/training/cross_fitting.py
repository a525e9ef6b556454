"""The rows that teach: in the order of their content, cut into folds, with copies in which parts are missing.

Every head is fitted MEMBERS times, each time without one fold. The fold that a member has not seen stops its training,
and what it says of that fold is an honest answer about outcomes it does not know. So every outcome teaches, stops,
chooses and calibrates, and none does two of these for the same member (cross-fitting, Chernozhukov et al. 2018,
definition 3.1; bagging over folds, Breiman 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.arrays import F32, I64, Bools
from gnn.features.spec import FeatureSpec

N_FOLDS: Final = 5  # folds, and members of each head
MASKED_WEIGHT: Final = 0.5
DROP_RATE: Final = (0.15, 0.8)


@dataclass(frozen=True)
class TrainingSet:
    """values float32[m, w], y and weight float32[m], fold int64[m]; the first `whole` rows are the parties themselves.

    The others are copies in which the own record or categories are missing, in the fold of the party they copy.
    """

    values: F32
    y: F32
    weight: F32
    fold: I64
    whole: int

    def fit_mask(self, member: int) -> Bools:
        """bool[m]: the rows that teach this member."""
        return np.asarray(self.fold != member)

    def held_out_mask(self, member: int) -> Bools:
        """bool[whole]: the parties that this member has not seen, not even as a copy."""
        return np.asarray(self.fold[: self.whole] == member)


def canonical_order(values: F32, y: F32) -> I64:
    """The order of rows by outcome and content, so that no result depends on ids or on the order of a file."""
    content = np.ascontiguousarray(np.nan_to_num(values, nan=-99.0) + np.float32(0))  # -0 and 0 are the same content
    rows = np.arange(len(y))
    if content.shape[1]:
        rows = np.argsort(content.view(np.dtype((np.void, content.strides[0]))).ravel(), kind="stable")
    return np.asarray(rows[np.argsort(y[rows], kind="stable")], np.int64)


def training_set(spec: FeatureSpec, values: F32, y: F32, seed: int) -> TrainingSet:
    """I64 in the order of `by_content` as what teaches: every MEMBERS-th is in the same fold, so folds are alike.

    Each row has a copy in which categories are dropped at random: a score with a category barred is then one that the
    model has learnt to give.
    """
    fold = np.arange(len(y), dtype=np.int64) % N_FOLDS
    weight = np.ones(len(y), np.float32)
    if not spec.categories:
        return TrainingSet(values, y, weight, fold, len(y))
    both = np.concatenate([values, values])
    _mask(spec, both[len(y) :], seed)
    weights = np.concatenate([weight, MASKED_WEIGHT * weight])
    return TrainingSet(both, np.tile(y, 2), weights, np.tile(fold, 2), len(y))


def _mask(spec: FeatureSpec, copy: F32, seed: int) -> None:
    """Set blocks of the rows to missing at random."""
    random = np.random.default_rng(seed)
    players = ["own", *spec.categories]
    rate = random.uniform(*DROP_RATE, (len(copy), 1))
    absent = random.random((len(copy), len(players))) < rate
    for block in spec.blocks:
        needed = [players.index(name) for name in sorted(block.needs)] or [0]
        copy[np.ix_(absent[:, needed].any(axis=1), np.arange(spec.width)[spec.slice(block.name)])] = np.nan

"""Cross-fitting: the rows that a model is trained on, in folds, with copies in which parts are missing.

Every base learner is fitted N_FOLDS times, each time without one fold. The held-out fold stops the training, and the
predictions for it are made without its outcomes. So every outcome fits, stops, selects and calibrates, and none does
two of these for the same fit.

Where a fixed set of parties selects, every fit is on all the others, and that set is held out of each.

Source: cross-fitting, Chernozhukov et al. 2018, definition 3.1; bagging over folds, Breiman 1996.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.arrays import F32, I64, Bools
from gnn.features.spec import SELF, FeatureSpec

N_FOLDS: Final = 5  # and as many fits of each base learner
COPY_EVERY: Final = 2  # parties; a copy for each would cost a third more time and bring nothing
DROP_RATE: Final = (0.15, 0.8)
NEVER_HELD_OUT: Final = -1  # in place of a fold: of parties that are fitted on every time
ALWAYS_HELD_OUT: Final = N_FOLDS  # and of those that are never fitted on


@dataclass(frozen=True)
class TrainingSet:
    """values F32[m, w], y F32[m], fold I64[m]; the first n_parties rows are the parties themselves.

    The others are copies in which the own record or categories are missing, in the fold of the party they copy.
    fits Bools[m]: rows that may be fitted on; selects Bools[n_parties]: parties whose predictions select, of those that
    are held out; None for all.
    """

    values: F32
    y: F32
    fold: I64
    n_parties: int
    fits: Bools | None = None
    selects: Bools | None = None

    def fit_mask(self, fold: int) -> Bools:
        """Bools[m]: the rows outside this fold, which are fitted on."""
        return np.asarray((self.fold != fold) & self.fitted_mask)

    def held_out_mask(self, fold: int) -> Bools:
        """Bools[n_parties]: the parties of this fold, held out even as copies."""
        of_parties = self.fold[: self.n_parties]
        return np.asarray((of_parties == fold) | (of_parties == ALWAYS_HELD_OUT))

    @property
    def fitted_mask(self) -> Bools:
        """Bools[m]: the rows that are fitted on at least once."""
        once = self.fold != ALWAYS_HELD_OUT
        return np.asarray(once if self.fits is None else once & self.fits)

    @property
    def selection_mask(self) -> Bools:
        """Bools[n_parties]: the parties whose predictions select; each is held out at least once."""
        once = self.fold[: self.n_parties] != NEVER_HELD_OUT
        return np.asarray(once if self.selects is None else once & self.selects)


def canonical_order(values: F32, y: F32) -> I64:
    """The order of rows by outcome and content, so that no result depends on ids or on the order of a file."""
    content = np.ascontiguousarray(np.nan_to_num(values, nan=-99.0) + np.float32(0))  # -0 and 0 are the same content
    rows = np.arange(len(y))
    if content.shape[1]:
        rows = np.argsort(content.view(np.dtype((np.void, content.strides[0]))).ravel(), kind="stable")
    return np.asarray(rows[np.argsort(y[rows], kind="stable")], np.int64)


def folds(n: int, n_selection: int = 0) -> I64:
    """The fold I64[n + n_selection] of n parties in canonical order, and after them of those that only select.

    Every N_FOLDS-th party is in the same fold, so that folds are alike.

    >>> folds(6).tolist(), folds(3, 2).tolist()
    ([0, 1, 2, 3, 4, 0], [-1, -1, -1, 5, 5])
    """
    if not n_selection:
        return np.arange(n, dtype=np.int64) % N_FOLDS
    return np.repeat(np.array([NEVER_HELD_OUT, ALWAYS_HELD_OUT], np.int64), [n, n_selection])


def training_set(
    spec: FeatureSpec,
    values: F32,
    y: F32,
    fold: I64,
    seed: int,
    fits: Bools | None = None,
    selects: Bools | None = None,
) -> TrainingSet:
    """The training set of parties with these folds. fits Bools[k]: those that may be fitted on, None for all.

    Every COPY_EVERY-th party has a copy in which categories are dropped at random, so that the model is trained for
    questions in which a category is barred.
    """
    if not spec.categories:
        return TrainingSet(values, y, fold, len(y), fits, selects)
    rows = np.concatenate([np.arange(len(y)), np.arange(0, len(y), COPY_EVERY)])
    with_copies = values[rows]
    _drop_blocks(spec, with_copies[len(y) :], seed)
    return TrainingSet(with_copies, y[rows], fold[rows], len(y), None if fits is None else fits[rows], selects)


def _drop_blocks(spec: FeatureSpec, copy: F32, seed: int) -> None:
    """Set blocks of the rows to missing at random."""
    random = np.random.default_rng(seed)
    parts = [SELF, *spec.categories]
    rate = random.uniform(*DROP_RATE, (len(copy), 1))
    absent = random.random((len(copy), len(parts))) < rate
    for block in spec.blocks:
        needed = [parts.index(name) for name in sorted(block.needs)] or [0]
        copy[np.ix_(absent[:, needed].any(axis=1), np.arange(spec.width)[spec.slice(block.name)])] = np.nan

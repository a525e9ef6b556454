"""Splits of the parties with a known outcome into train, val and test rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold, train_test_split

from gnn.arrays import I64
from gnn.training.cross_fitting import N_FOLDS
from graph.errors import TrainingError, UsageError
from graph.snapshots.snapshot import Snapshot

VAL_SHARE: Final = 0.2  # of the rows to fit on, where a split has no val
HALF_A_QUARTER_A_QUARTER: Final = (50, 25, 25)  # per cent of train, val and test


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of train, val and test, ascending and disjoint.

    Kith's models are trained on train and val together and select by cross-fitting; where `val_fits` is False they are
    trained on train alone, and val selects. Baselines that stop by a fixed set are trained on train and stopped by val.
    """

    name: str
    train: I64
    val: I64
    test: I64
    val_fits: bool = True

    @property
    def fit_rows(self) -> I64:
        """The rows that are fitted on and whose outcomes others may read, ascending."""
        return np.sort(np.concatenate([self.train, self.val])) if self.val_fits else self.train

    @property
    def selection_rows(self) -> I64:
        """The rows by which learners stop, are weighted and are calibrated, and nothing else; none where val fits."""
        return self.val[:0] if self.val_fits else self.val

    def train_alone(self, y: npt.NDArray[Any]) -> Split:
        """This split with val for selection only. Raises UsageError where either part has too few outcomes for that."""
        alone = replace(self, name=f"{self.name}, trained on train alone", val_fits=False)
        alone.check(y)
        return alone

    def limited(self, most: int | None, y: npt.NDArray[Any], seed: int) -> Split:
        """A split with at most `most` rows to fit on, drawn by class, and the test rows of this one."""
        rows = self.fit_rows
        if most is not None and most < 2 * N_FOLDS:
            raise UsageError(f"{most} outcomes are too few to train on: at least {2 * N_FOLDS} are needed")
        if most is None or len(rows) <= most:
            return self
        kept = rows[:most]  # one alone cannot be left out by class
        if len(rows) > most + 1:
            kept, _ = train_test_split(rows, train_size=most, random_state=seed, stratify=y[rows])
        if not self.val_fits:
            return replace(self, train=np.sort(kept))
        few = replace(self, train=np.intersect1d(self.train, kept), val=np.intersect1d(self.val, kept))
        return few.with_val(y, seed)

    def check(self, y: npt.NDArray[Any]) -> None:
        """Raises UsageError where it has too few outcomes to train on or to test on."""
        enough = (
            minority_count(self.fit_rows, y) >= N_FOLDS
            and min(minority_count(self.train, y), minority_count(self.test, y)) > 0
            and (self.val_fits or minority_count(self.val, y) >= N_FOLDS)
        )
        if not enough:
            holds = ", ".join(f"{part} {_counts(getattr(self, part), y)}" for part in ("train", "val", "test"))
            needed = "train and val together" if self.val_fits else "train and in val"
            raise UsageError(
                f"{self.name} cannot be used. Known outcomes: {holds}. Good and bad ones are needed in train and "
                f"in test, and at least {N_FOLDS} of each in {needed}"
            )

    def with_val(self, y: npt.NDArray[Any], seed: int) -> Split:
        """This split, with a fifth of train as val where it has none, so that baselines have a set to stop by."""
        if len(self.val) or minority_count(self.train, y) < N_FOLDS:
            return self
        train, val = _parted(self.train, y, seed)
        return replace(self, train=train, val=val)


def published(name: str, roles: Mapping[str, str], snapshot: Snapshot, y: npt.NDArray[Any], seed: int) -> Split:
    """A split that came with the data; `roles` maps ids to train, val, test or empty.

    Ids without an outcome and ids that are no party are left out; see `with_val` for a split without val. Raises
    UsageError for another part, for ids of one party in two parts, and where too few are left to train on or test on.
    """
    rows: dict[str, list[int]] = {"train": [], "val": [], "test": []}
    part_of: dict[int, str] = {}
    for id, role in roles.items():
        if role:
            if role not in rows:
                raise UsageError(f"{name}: {role!r} is no part of a split; use train, val, test or leave it empty")
            if snapshot.has(id):
                row = snapshot.row_of(id)
                if part_of.setdefault(row, role) != role:
                    raise UsageError(f"{name}: {', '.join(snapshot.ids_of(row))} are one party in two parts; keep one")
                rows[role].append(row)
    parts = {role: np.unique(np.array(found, np.int64)) for role, found in rows.items()}
    split = Split(name, *(part[~np.isnan(y[part])] for part in parts.values()))
    split.check(y)
    return split.with_val(y, seed)


def unknown_ids(roles: Iterable[Mapping[str, str]], snapshot: Snapshot) -> list[str]:
    """Ids of published splits that are no party, in their order, each once; `published` leaves them out."""
    return [id for id in dict.fromkeys(id for one in roles for id in one) if not snapshot.has(id)]


def stratified(y: npt.NDArray[Any], seed: int, fractions: tuple[int, int, int] = HALF_A_QUARTER_A_QUARTER) -> Split:
    """A split by class into train, val and test, by `fractions` in per cent.

    Raises UsageError where a part is too small for both outcomes.
    """
    known, (of_train, of_val, of_test) = labelled(y), fractions
    name = f"stratified {of_train}/{of_val}/{of_test}, seed {seed}"
    try:
        train, rest = train_test_split(known, train_size=of_train / 100, random_state=seed, stratify=y[known])
        share = of_val / (of_val + of_test)
        val, test = train_test_split(rest, train_size=share, random_state=seed, stratify=y[rest])
    except ValueError as error:  # scikit-learn's word for a part without one of the classes
        raise UsageError(f"{name} cannot be drawn from {len(known):,} outcomes: {error}") from error
    split = Split(name, np.sort(train), np.sort(val), np.sort(test))
    split.check(y)
    return split


def parse_fractions(text: str) -> tuple[int, int, int]:
    """The per cent of train, val and test. Raises UsageError for anything but three whole numbers that make 100.

    >>> parse_fractions("10/10/80")
    (10, 10, 80)
    """
    parts = [int(part) for part in text.split("/") if part.isascii() and part.isdigit()]
    if text.count("/") != 2 or len(parts) != 3 or min(parts) < 1 or sum(parts) != 100:
        raise UsageError(f"{text!r} are no fractions: give per cent of train, val and test, such as 10/10/80")
    return parts[0], parts[1], parts[2]


def folds(y: npt.NDArray[Any], k: int, seed: int) -> list[Split]:
    """K splits by class: each fold is test once, and a fifth of the rest is val. Raises UsageError."""
    known = labelled(y)
    if k < 2 or k > minority_count(known, y):
        raise UsageError(f"{k} folds are not possible: use 2 to the number of parties in the smaller class")
    found = []
    folds_by_class = StratifiedKFold(k, shuffle=True, random_state=seed)
    for i, (rest, test) in enumerate(folds_by_class.split(known, y[known])):
        found.append(Split(f"fold {i + 1} of {k}, seed {seed}", *_parted(known[rest], y, seed), known[test]))
    return found


def _parted(rows: I64, y: npt.NDArray[Any], seed: int) -> tuple[I64, I64]:
    """(train, val) by class, ascending."""
    train, val = train_test_split(rows, train_size=1 - VAL_SHARE, random_state=seed, stratify=y[rows])
    return np.sort(train), np.sort(val)


def _counts(rows: I64, y: npt.NDArray[Any]) -> str:
    bad = int(y[rows].sum())
    return f"{len(rows):,} ({bad:,} bad)" if len(rows) else "none"


def minority_count(rows: I64, y: npt.NDArray[Any]) -> int:
    """The number of rows with the rarer outcome."""
    return int(np.bincount(y[rows].astype(np.int64), minlength=2).min())


def labelled(y: npt.NDArray[Any]) -> I64:
    """Rows with an outcome, ascending. Raises TrainingError where they are too few to train on."""
    rows = np.flatnonzero(~np.isnan(y))
    classes = np.bincount(y[rows].astype(np.int64), minlength=2)
    if classes.min() < 8:
        raise TrainingError(
            f"{classes[1]} bad and {classes[0]} good outcomes are too few to train on: at least 8 of each are needed"
        )
    return rows

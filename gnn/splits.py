"""Which labelled parties teach, which choose and which judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold, train_test_split

from graph.errors import TrainingError, UsageError
from graph.snapshot import Snapshot

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Rows that train, choose (val) and judge (test), ascending and disjoint."""

    name: str
    train: Rows
    val: Rows
    test: Rows

    def limited(self, most: int | None, y: npt.NDArray[Any], seed: int) -> Split:
        """The same split with at most so many training labels, drawn by class."""
        if most is None or len(self.train) <= most:
            return self
        kept, _ = train_test_split(self.train, train_size=most, random_state=seed, stratify=y[self.train])
        return replace(self, train=np.sort(kept))


def published(name: str, roles: Mapping[str, str], snapshot: Snapshot, y: npt.NDArray[Any]) -> Split:
    """A split that came with the data; `roles` maps ids to train, val, test or empty. Unlabelled ids are left out."""
    rows: dict[str, list[int]] = {"train": [], "val": [], "test": []}
    for id, role in roles.items():
        if role:
            if role not in rows:
                raise UsageError(f"{name}: {role!r} is no part of a split; use train, val, test or leave it empty")
            rows[role].append(snapshot.row_of(id))
    parts = {role: np.sort(np.array(found, np.int64)) for role, found in rows.items()}
    return Split(name, *(part[~np.isnan(y[part])] for part in parts.values()))


def stratified(y: npt.NDArray[Any], seed: int) -> Split:
    """50/25/25 by class."""
    labelled = _labelled(y)
    train, rest = train_test_split(labelled, train_size=0.5, random_state=seed, stratify=y[labelled])
    val, test = train_test_split(rest, train_size=0.5, random_state=seed, stratify=y[rest])
    return Split(f"stratified 50/25/25, seed {seed}", np.sort(train), np.sort(val), np.sort(test))


def folds(y: npt.NDArray[Any], k: int, seed: int) -> list[Split]:
    """K folds by class; each judges once, and a fifth of the rest chooses."""
    labelled = _labelled(y)
    if k < 2 or k > np.bincount(y[labelled].astype(np.int64)).min():
        raise UsageError(f"{k} folds are not possible: use 2 to the number of parties in the smaller class")
    found = []
    judge = StratifiedKFold(k, shuffle=True, random_state=seed)
    for i, (rest, test) in enumerate(judge.split(labelled, y[labelled])):
        rest_rows = labelled[rest]
        train, val = train_test_split(rest_rows, train_size=0.8, random_state=seed, stratify=y[rest_rows])
        found.append(Split(f"fold {i + 1} of {k}, seed {seed}", np.sort(train), np.sort(val), labelled[test]))
    return found


def for_serving(snapshot: Snapshot, y: npt.NDArray[Any], seed: int) -> tuple[Rows, Rows]:
    """75/25 of all labelled rows: what teaches, and what chooses and calibrates.

    Drawn from the rows in the order of what is known of them and not of their ids, so that renaming changes nothing.
    """
    labelled = _labelled(y)
    degree = sum(
        np.diff(snapshot.links(kind).out_indptr) + np.diff(snapshot.links(kind).in_indptr) for kind in snapshot.kinds
    )
    columns = [snapshot.numeric[name] for name in sorted(snapshot.numeric.keys() - snapshot.protected)]
    keys = [y, np.broadcast_to(np.asarray(degree), y.shape), *columns]
    ordered = labelled[np.lexsort([np.nan_to_num(key[labelled], nan=-1.0) for key in keys])]
    train, val = train_test_split(ordered, train_size=0.75, random_state=seed, stratify=y[ordered])
    return np.sort(train), np.sort(val)


def _labelled(y: npt.NDArray[Any]) -> Rows:
    rows = np.flatnonzero(~np.isnan(y))
    classes = np.bincount(y[rows].astype(np.int64), minlength=2)
    if classes.min() < 8:
        raise TrainingError(
            f"{classes[1]} bad and {classes[0]} good outcomes are too few to learn from: at least 8 of each are needed"
        )
    return rows

"""Groups of parties by a protected column, for comparing them; never for scoring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32
from graph.errors import UsageError
from graph.snapshots.snapshot import Snapshot

MAX_GROUPS: Final = 5


@dataclass(frozen=True)
class Groups:
    """Groups by a protected column: code int64[n] into names, -1 where it is not known.

    uncommon: values of the column that are no group, because MAX_GROUPS others are more common; their code is -1 too.
    """

    column: str
    names: tuple[str, ...]
    code: npt.NDArray[np.int64]
    uncommon: tuple[str, ...] = ()


def column_of(grouping: str) -> str:
    """The column of a grouping, `COLUMN` or `COLUMN<=X`.

    >>> column_of("sex"), column_of("age<=25"), column_of("age <= -2.5")
    ('sex', 'age', 'age')
    """
    return _parsed(grouping)[0]


def protected_groups(snapshot: Snapshot, grouping: str) -> Groups:
    """Groups by a protected column (`groups_of`).

    Raises UsageError where `groups_of` does, and for a column that features may read.
    """
    groups = groups_of(snapshot, grouping)
    if groups.column not in snapshot.protected:
        raise UsageError(
            f"the column {groups.column!r} is not protected, so the model may read it; load the files again with a "
            f'mapping that says protected = ["{groups.column}"], and make a snapshot'
        )
    return groups


def groups_of(snapshot: Snapshot, grouping: str) -> Groups:
    """Groups by the values of a column, by quartiles where it has many numbers, or two groups by `COLUMN<=X`.

    Raises UsageError where there is no such column, or it does not make at least two groups.
    """
    column, threshold = _parsed(grouping)
    if column in snapshot.categorical and threshold is None:
        return _checked(_by_value(snapshot, column))
    if column not in snapshot.numeric:
        columns = ", ".join(sorted([*snapshot.numeric, *snapshot.categorical])) or "none"
        raise UsageError(f"there is no column {column!r} to compare groups by; there are {columns}")
    values = snapshot.numeric[column]
    known = ~np.isnan(values)
    if threshold is not None:
        names = [f"{column} <= {threshold:g}", f"{column} > {threshold:g}"]
        code = (values > threshold).astype(np.int64)
    else:
        names, code = _by_number(column, values, known)
    return _checked(Groups(column, tuple(names), np.where(known, code, -1)))


def _parsed(grouping: str) -> tuple[str, float | None]:
    """(column, X) of `COLUMN<=X`; (column, None) of `COLUMN`."""
    match = re.fullmatch(r"(.*?)\s*<=\s*(-?[0-9.]+)", grouping)
    return (match[1], float(match[2])) if match else (grouping, None)


def _by_value(snapshot: Snapshot, column: str) -> Groups:
    """The MAX_GROUPS most common values of a column of words."""
    codes, values = snapshot.categorical[column]
    order = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(values)), kind="stable")
    common, uncommon = order[:MAX_GROUPS], order[MAX_GROUPS:]
    position = np.full(len(values) + 1, -1, np.int64)
    position[common] = np.arange(len(common))
    return Groups(column, tuple(values[i] for i in common), position[codes], tuple(values[i] for i in uncommon))


def _by_number(column: str, values: F32, known: npt.NDArray[np.bool_]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """(names, code) of each number where they are few, else of quartiles."""
    distinct = np.unique(values[known])
    if len(distinct) <= MAX_GROUPS:
        return [f"{column} = {value:g}" for value in distinct], np.searchsorted(distinct, values)
    edges = np.unique(np.quantile(values[known], [0.25, 0.5, 0.75]))
    ranges = [f"<= {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges)), f"> {edges[-1]:g}"]
    return [f"{column} {of_range}" for of_range in ranges], np.searchsorted(edges, values)


def _checked(groups: Groups) -> Groups:
    if len(np.unique(groups.code[groups.code >= 0])) < 2:
        raise UsageError(f"the column {groups.column!r} does not make two groups")
    return groups

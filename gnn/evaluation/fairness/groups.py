"""Groups of parties by a protected column, for comparing how they fare; never for scoring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32 as Floats
from graph.errors import UsageError
from graph.snapshots.snapshot import Snapshot

MOST_GROUPS: Final = 5


@dataclass(frozen=True)
class Groups:
    """Groups by a protected column: code int64[n] into names, -1 where it is not known.

    beyond: words of the column that are no group, because MOST_GROUPS are more common; their code is -1 too.
    """

    column: str
    names: tuple[str, ...]
    code: npt.NDArray[np.int64]
    beyond: tuple[str, ...] = ()


def column_of(asked: str) -> str:
    """The column in `COLUMN` or `COLUMN<=X`."""
    return _parsed(asked)[0]


def protected_groups(snapshot: Snapshot, asked: str) -> Groups:
    """The same as `groups_of`. Raises UsageError also for a column that features may read."""
    groups = groups_of(snapshot, asked)
    if groups.column not in snapshot.protected:
        raise UsageError(
            f"the column {groups.column!r} is not protected, so the model may read it; load the files again with a "
            f'mapping that says protected = ["{groups.column}"], and make a snapshot'
        )
    return groups


def groups_of(snapshot: Snapshot, asked: str) -> Groups:
    """Groups by a column: its words or few numbers, else quarters; `COLUMN<=X` makes two.

    Raises UsageError where there is no such column, or it does not make at least two groups.
    """
    column, edge = _parsed(asked)
    if column in snapshot.categorical and edge is None:
        codes, words = snapshot.categorical[column]
        order = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(words)), kind="stable")
        common, rare = order[:MOST_GROUPS], order[MOST_GROUPS:]
        position = np.full(len(words) + 1, -1, np.int64)
        position[common] = np.arange(len(common))
        first, beyond = (tuple(words[i] for i in places) for places in (common, rare))
        return _checked(Groups(column, first, position[codes], beyond))
    if column not in snapshot.numeric:
        there = ", ".join(sorted([*snapshot.numeric, *snapshot.categorical])) or "none"
        raise UsageError(f"there is no column {column!r} to compare groups by; there are {there}")
    values = snapshot.numeric[column]
    known = ~np.isnan(values)
    if edge is not None:
        names, code = [f"{column} <= {edge:g}", f"{column} > {edge:g}"], (values > edge).astype(np.int64)
    else:
        names, code = _parted(column, values, known)
    return _checked(Groups(column, tuple(names), np.where(known, code, -1)))


def _parsed(asked: str) -> tuple[str, float | None]:
    """(column, X) of `COLUMN<=X`; None where there is no X."""
    told = re.fullmatch(r"(.*?)\s*<=\s*(-?[0-9.]+)", asked)
    return (told[1], float(told[2])) if told else (asked, None)


def _parted(column: str, values: Floats, known: npt.NDArray[np.bool_]) -> tuple[list[str], npt.NDArray[np.int64]]:
    distinct = np.unique(values[known])
    if len(distinct) <= MOST_GROUPS:
        return [f"{column} = {value:g}" for value in distinct], np.searchsorted(distinct, values)
    edges = np.unique(np.quantile(values[known], [0.25, 0.5, 0.75]))
    ends = [f"<= {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges)), f"> {edges[-1]:g}"]
    return [f"{column} {end}" for end in ends], np.searchsorted(edges, values)


def _checked(groups: Groups) -> Groups:
    if len(np.unique(groups.code[groups.code >= 0])) < 2:
        raise UsageError(f"the column {groups.column!r} does not make two groups")
    return groups

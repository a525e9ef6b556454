"""Features of a party's own links of one kind: how many, how much, how often, how long ago.

Directions are kept apart, except where a kind is symmetric. Sums are of values on a binary grid, so that
no order shows. A link that is carried to several holders counts once for each party.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64, I64, round_to_grid
from graph.snapshots.links import KindInfo, Links, LinksOfRows
from graph.snapshots.snapshot import Snapshot

LARGEST: Final = 2.0**20  # so that sums of 2^12 values and more stay exact
DAY: Final = 86_400.0
TOTALS: Final = frozenset({"count", "amount", "recency"})  # statistics that an aggregate has at its end alone


@dataclass(frozen=True, slots=True)
class LinkColumns:
    """The columns of a kind's links: `statistics` in order, once for each direction (once, where symmetric).

    `newest` is the kind's newest link (seconds since 1970), from which recency counts where a snapshot has no time.
    """

    kind: str
    symmetric: bool
    statistics: tuple[str, ...]
    newest: float

    @property
    def sides(self) -> tuple[str, ...]:
        """The kind by direction."""
        return (self.kind,) if self.symmetric else (f"{self.kind}.out", f"{self.kind}.in")

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(family, name) of each column."""
        return tuple((name, f"{side}.{name}") for side in self.sides for name in self.statistics)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for _, name in self.columns)


def fit_link_columns(snapshot: Snapshot, info: KindInfo) -> LinkColumns:
    """The columns of this kind: counts, weights, amounts and times only where the network has them."""
    links = snapshot.links(info.name)
    weight, amount, last = (np.asarray(values) for values in (links.weight, links.amount, links.last))
    known = weight[~np.isnan(weight)]
    has = {
        "links": True,
        "count": bool((np.asarray(links.count) != 1).any()),
        "weight": len(np.unique(known)) > 1,
        "negative": len(np.unique(known)) > 1 and bool((known < 0).any()),
        "amount": not np.isnan(amount).all(),
        "recency": not np.isnan(last).all(),
    }
    statistics = tuple(name for name, there in has.items() if there)
    return LinkColumns(info.name, info.symmetric, statistics, newest(snapshot, info.name))


def without_aggregates(columns: LinkColumns, snapshot: Snapshot) -> LinkColumns:
    """The columns without TOTALS, unless every link of the kind is one dated event.

    A link that sums up a time is cut at an earlier one, and that its totals are missing then tells that it went on.
    """
    links = snapshot.links(columns.kind)
    if bool((np.asarray(links.first) == np.asarray(links.last)).all()):
        return columns
    return replace(columns, statistics=tuple(name for name in columns.statistics if name not in TOTALS))


def newest(snapshot: Snapshot, kind: str) -> float:
    """Time of the kind's newest link, 0 where none has one."""
    last = snapshot.links(kind).last
    known = last[~np.isnan(last)]
    return float(known.max()) if len(known) else 0.0


def compute(columns: LinkColumns, snapshot: Snapshot, rows: I64) -> F32:
    """float32[k, len(columns.names)] of these parties; without any link of the kind: no links, and nothing known."""
    now = columns.newest if snapshot.as_of is None else snapshot.as_of
    if columns.kind not in snapshot.kinds:
        out = np.full((len(rows), len(columns.names)), np.nan, np.float32)
        out[:, [name.endswith((".links", ".count")) for name in columns.names]] = 0.0
        return out
    links = snapshot.links(columns.kind)
    leaving, into = links.leaving(rows), links.reaching(rows)
    into = into.where(into.party != rows[into.position])  # a self-link counts once, going out
    if not links.once:
        leaving = leaving.where(links.values("counts_for_source", leaving))
        into = into.where(links.values("counts_for_target", into))
    sides = [leaving.and_also(into)] if columns.symmetric else [leaving, into]
    parts = [_side(columns.statistics, links, side, len(rows), now) for side in sides]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _side(statistics: Sequence[str], links: Links, side: LinksOfRows, k: int, now: float) -> F64:
    row, found = side.position, list[F64]()
    for name in statistics:
        if name == "links":
            found.append(np.log1p(np.bincount(row, minlength=k)))
        elif name == "count":
            found.append(np.log1p(np.bincount(row, links.values("count", side).astype(np.float64), k)))
        elif name == "weight":
            found.append(_mean(row, links.values("weight", side), k))
        elif name == "negative":
            weight = links.values("weight", side)
            found.append(_mean(row, np.where(np.isnan(weight), np.nan, weight < 0), k))
        elif name == "amount":
            found.append(_mean(row, np.log1p(np.abs(links.values("amount", side).astype(np.float32))), k))
        else:
            found.append(_recency(row, links.values("last", side), k, now))
    return np.stack(found, axis=1)


def _recency(row: Any, last: Any, k: int, now: float) -> F64:
    """Log days from the newest known link to `now`, NaN where none is known."""
    newest = np.full(k, -np.inf)
    np.fmax.at(newest, row, np.nan_to_num(last, nan=-np.inf))
    with np.errstate(invalid="ignore"):
        days = np.log1p(np.maximum(now - newest, 0) / DAY)
    return np.where(np.isfinite(newest), days, np.nan)


def _mean(row: Any, values: Any, k: int) -> F64:
    """Mean of known entries by row; values are first put on a binary grid so that their sum is exact."""
    known = ~np.isnan(values)
    exact = round_to_grid(np.clip(values[known], -LARGEST, LARGEST))
    count = np.bincount(row[known], minlength=k)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.bincount(row[known], exact, k) / np.where(count > 0, count, np.nan), np.float64)

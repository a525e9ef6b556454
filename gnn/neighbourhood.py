"""What a party's neighbours in one category look like: link columns, means, deviations, quantiles.

Sums run over values on the exact grid of `gnn.propagation`, and quantiles over sorted values, so that nothing here
depends on the order of parties or links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from gnn.propagation import Adjacency, Plan, neighbour_sum, on_grid, prepare
from graph.snapshot import KindInfo, Links, Snapshot

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

QUANTILES: Final = (0.1, 0.5, 0.9)
SQUARE_SCALE: Final = 1 / 8  # squares of values in -8..8 fit the grid again


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Distinct neighbours of each party in one category, both directions together, without itself.

    degree float64[n]; `adjacency` has one entry for each (party, neighbour) and so both ways, `plan` is the same made
    ready for sums.
    """

    adjacency: Adjacency
    plan: Plan
    degree: Doubles


def neighbourhood(snapshot: Snapshot, category: str) -> Neighbourhood:
    """The distinct neighbours in a category."""
    n = snapshot.n_parties
    pairs = [np.empty(0, np.int64)]
    for kind, info in snapshot.kinds.items():
        if info.category == category:
            source, target = ends(snapshot.links(kind))
            pairs += [source * n + target, target * n + source]
    both = np.unique(np.concatenate(pairs))
    rows, columns = both // n, both % n
    rows, columns = rows[rows != columns], columns[rows != columns]
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=indptr[1:])
    adjacency = Adjacency(indptr, columns.astype(np.int32))
    return Neighbourhood(adjacency, prepare(adjacency), np.diff(indptr).astype(np.float64))


def ends(links: Links) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Source and target row of every entry, int64[m] each."""
    source = np.repeat(np.arange(len(links.out_indptr) - 1), np.diff(links.out_indptr))
    return source, np.asarray(links.out_target, np.int64)


def means(near: Neighbourhood, x: Floats) -> Doubles:
    """Mean over neighbours where the value is known, float64[n, w]; NaN where it is of none. x: float32[n, w]."""
    total, known = _sums(near, x)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known > 0, total / known, np.nan)


def deviations(near: Neighbourhood, x: Floats) -> Doubles:
    """Standard deviation over neighbours where the value is known, float64[n, w]; NaN where it is of none."""
    mean = means(near, x)
    square = means(near, (x * x * np.float32(SQUARE_SCALE)).astype(np.float32)) / SQUARE_SCALE
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0.0)), np.float64)


def rarity_weighted_means(near: Neighbourhood, x: Floats) -> Doubles:
    """Means in which a neighbour weighs 1/degree, so that hubs say less, float64[n, w]."""
    weight = (1.0 / np.maximum(near.degree, 1.0)).astype(np.float32)[:, None]
    total, known = _sums(near, x, weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known > 0, total / known, np.nan)


def _sums(near: Neighbourhood, x: Floats, weight: Floats | None = None) -> tuple[Doubles, Doubles]:
    """Sum over neighbours of (weighted) known values, and of the weights of the known, float64[n, w] each."""
    if not x.shape[1]:
        return np.empty(x.shape), np.empty(x.shape)
    known = ~np.isnan(x)
    scale = np.float32(1.0) if weight is None else weight
    filled = np.where(known, x * scale, np.float32(0.0)).astype(np.float32)
    total = neighbour_sum(near.plan, on_grid(filled))
    if known.all():
        one = np.broadcast_to(scale, (len(x), 1)).astype(np.float32) if weight is not None else None
        counted = near.degree[:, None] if one is None else neighbour_sum(near.plan, on_grid(one))
        return total, np.broadcast_to(counted, total.shape)
    return total, neighbour_sum(near.plan, on_grid((known * scale).astype(np.float32)))


def quantiles(near: Neighbourhood, x: Floats) -> Floats:
    """QUANTILES over neighbours of each column where known: float32[n, w * len(QUANTILES)], NaN where it is of none."""
    columns = np.ascontiguousarray(x.T) + np.float32(0.0)  # one zero, not two
    ascending = np.argsort(columns, axis=1)
    found = _quantiles(near.adjacency.indptr, near.adjacency.indices, columns, ascending, np.array(QUANTILES))
    return np.asarray(found.reshape(len(x), -1), np.float32)


@numba.njit(cache=True, nogil=True)
def _quantiles(indptr: Any, indices: Any, columns: Any, ascending: Any, at: Any) -> Any:
    """Parties tell their neighbours their value in ascending order, so that nobody has to sort what is heard."""
    n, w = len(indptr) - 1, len(columns)
    out = np.full((n, w, len(at)), np.nan, np.float32)
    below, between = np.empty((n, len(at)), np.int64), np.empty((n, len(at)), np.float32)
    for c in range(w):
        known, heard = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for j in range(n):
            if not np.isnan(columns[c, j]):
                for e in range(indptr[j], indptr[j + 1]):
                    known[indices[e]] += 1
        for i in range(n):
            for q in range(len(at)):
                position = at[q] * (known[i] - 1)
                below[i, q] = int(position)
                between[i, q] = np.float32(position - int(position))
        for j in ascending[c]:
            value = columns[c, j]
            if np.isnan(value):
                break
            for e in range(indptr[j], indptr[j + 1]):
                i = indices[e]
                for q in range(len(at)):
                    if heard[i] == below[i, q]:
                        out[i, c, q] = value
                    elif heard[i] == below[i, q] + 1:
                        out[i, c, q] += (value - out[i, c, q]) * between[i, q]
                heard[i] += 1
    return out


def newest_link(snapshot: Snapshot, kind: str) -> float:
    """Time of the kind's newest link, 0 where none has one."""
    last = snapshot.links(kind).last
    known = last[~np.isnan(last)]
    return float(known.max()) if len(known) else 0.0


def link_columns(snapshot: Snapshot, info: KindInfo, now: float) -> tuple[list[str], Floats]:
    """Columns of one kind's links, both directions apart (together for a symmetric kind), float32[n, w].

    Log counts of links and of what they count, and, where the kind has them, mean weight, share of negative weights,
    mean log amount, and log days from the last one to `now`.
    """
    links, n = snapshot.links(info.name), snapshot.n_parties
    source, target = ends(links)
    if info.symmetric:
        loops = source == target
        entries = np.append(np.arange(len(source)), np.flatnonzero(~loops))
        sides = {"": (np.append(source, target[~loops]), entries)}
    else:
        sides = {"out": (source, np.arange(len(source))), "in": (target, np.arange(len(source)))}
    names: list[str] = []
    columns: list[Doubles] = []
    for side, (row, entry) in sides.items():
        for name, values in _side(links, row, entry, n, now).items():
            names.append(f"{info.name}.{side}.{name}" if side else f"{info.name}.{name}")
            columns.append(values)
    return names, np.stack(columns, axis=1).astype(np.float32)


def _side(links: Links, row: Any, entry: Any, n: int, now: float) -> dict[str, Doubles]:
    total = np.bincount(row, minlength=n).astype(np.float64)
    columns = {"links": np.log1p(total)}
    count = np.asarray(links.count, np.float64)
    if (count != 1).any():
        columns["count"] = np.log1p(np.bincount(row, count[entry], n))
    weight = np.asarray(links.weight)
    if not np.isnan(weight).all() and len(np.unique(weight[~np.isnan(weight)])) > 1:
        columns["weight"] = _mean(row, weight[entry], n)
        if (weight < 0).any():
            columns["negative"] = _mean(row, np.where(np.isnan(weight), np.nan, weight < 0)[entry], n)
    amount = np.asarray(links.amount)
    if not np.isnan(amount).all():
        columns["amount"] = _mean(row, np.log1p(np.abs(amount))[entry], n)
    last = np.asarray(links.last)
    if not np.isnan(last).all():
        newest = np.full(n, -np.inf)
        np.fmax.at(newest, row, np.nan_to_num(last, nan=-np.inf)[entry])
        with np.errstate(invalid="ignore"):
            columns["recency"] = np.where(np.isfinite(newest), np.log1p(np.maximum(now - newest, 0) / 86400), np.nan)
    return columns


def _mean(row: Any, values: Any, n: int) -> Doubles:
    """Mean of known entries by row; values are first put on a binary grid so that their sum is exact."""
    known = ~np.isnan(values)
    exact = np.rint(np.clip(values[known], -(2**20), 2**20) * 2.0**20) * 2.0**-20
    count = np.bincount(row[known], minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.bincount(row[known], exact, n) / np.where(count > 0, count, np.nan), np.float64)

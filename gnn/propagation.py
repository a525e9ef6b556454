"""Message passing: sums over neighbours that are exact, whatever the order of the links.

One step is a pure function: a CSR block of destinations and the rows that come in give the rows that go out. Values lie
on a binary grid (multiples of 2^-20 in -8..8, which float32 holds exactly), so every partial sum of fewer than 2^30 of
them is exact in float64 and no order, number of threads or numbering of parties can change a bit.

For speed, parties are renumbered by how often they are read, so that the rows of hubs lie together, and work is split
by links and not by rows. The loops themselves are in `gnn.kernels`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn import kernels
from graph.errors import UsageError

BOUND: Final = 8.0
STEP: Final = 2.0**-20
MOST_LINKS: Final = 2**30  # into one row; beyond, a sum could leave what float64 holds exactly
CHUNKS: Final = 32  # pieces of work of about the same size each
ALL_HITS: Final = 1 << 16  # below so many values everything sits in the cache, and threads cost more than they bring

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Who sends to whom, as loaded: row i receives from indices[indptr[i]:indptr[i + 1]]. int64[n + 1], int32[m]."""

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Plan:
    """An adjacency made ready: parties renumbered by degree, links of a row in ascending order, work in pieces.

    order int32[n] gives the party of each new number; borders int64[CHUNKS + 1] cut the rows into pieces.
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    order: npt.NDArray[np.int32]
    borders: npt.NDArray[np.int64]


def on_grid(x: npt.NDArray[Any]) -> Floats:
    """Values as float32 on the exact grid: clipped to -8..8 and rounded to multiples of 2^-20."""
    exact = np.rint(np.clip(x, -BOUND, BOUND).astype(np.float64) * (1 / STEP)) * STEP
    return np.asarray(exact, np.float32)


def prepare(adjacency: Adjacency) -> Plan:
    """Make a plan, once for many steps. Raises UsageError for 2^30 links or more into one row."""
    degree = np.diff(adjacency.indptr)
    n, m = len(degree), len(adjacency.indices)
    if n and degree.max() >= MOST_LINKS:
        raise UsageError(f"a party has {degree.max()} links: sums are exact for fewer than {MOST_LINKS}")
    order = np.argsort(-np.bincount(adjacency.indices, minlength=n), kind="stable").astype(np.int32)
    number = np.empty(n, np.int32)
    number[order] = np.arange(n, dtype=np.int32)
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(degree[order], out=indptr[1:])
    indices = np.empty(m, np.int32)
    kernels.renumber(adjacency.indptr, adjacency.indices, order, number, indptr, indices)
    effort = indptr + np.arange(n + 1)  # a row without links must be written too
    borders = np.searchsorted(effort, np.linspace(0, n + m, CHUNKS + 1).astype(np.int64))
    return Plan(indptr, indices, order, borders.astype(np.int64))


def neighbour_sum(plan: Plan, x: Floats, threads: int = 1) -> Doubles:
    """For each party the sum of the rows of those that send to it: float32[n, w] on the grid -> float64[n, w].

    Above ALL_HITS values, `threads` threads share the work; the sums are the same.
    """
    n, w = x.shape
    out = np.empty((n, w), np.float64)
    if not x.size:
        return out
    if w == 1:
        sent = np.take(x[:, 0], plan.order)
        steps = [
            lambda low, high: kernels.sum_column(plan.indptr, plan.indices, sent, out[:, 0], plan.order, low, high)
        ]
    else:
        lines = _whole_lines(n, w)
        steps = [
            lambda low, high: kernels.bring(x, plan.order, lines, low, high),
            lambda low, high: kernels.sum_lines(plan.indptr, plan.indices, lines, out, plan.order, low, high),
        ]
    _share(steps, plan.borders.tolist(), threads if x.size >= ALL_HITS else 1)
    return out


def _whole_lines(n: int, w: int) -> Floats:
    """Room for n rows of w values, each row beginning with a cache line and padded to a whole number of them."""
    padded = -(-w // kernels.LINE) * kernels.LINE
    room = np.empty(n * padded + kernels.LINE, np.float32)
    skip = -(room.ctypes.data // room.itemsize) % kernels.LINE
    return room[skip : skip + n * padded].reshape(n, padded)


def _share(steps: list[Callable[[int, int], None]], borders: list[int], threads: int) -> None:
    """Do one step after the other, each in pieces between the borders."""
    pieces = [piece for piece in pairwise(borders) if piece[0] < piece[1]]
    if threads == 1:
        for step in steps:
            for piece in pieces:
                step(*piece)
        return
    with ThreadPoolExecutor(threads) as pool:
        for step in steps:
            list(pool.map(step, *zip(*pieces, strict=True)))


def neighbour_sum_rows(adjacency: Adjacency, x: Floats, rows: npt.NDArray[np.integer[Any]]) -> Doubles:
    """The named rows of `neighbour_sum`, to the bit: float32[n, w] on the grid, [k] -> float64[k, w].

    Reads only the links of those rows, so that it costs nothing for the rest of the network. Rows may repeat; one out
    of range raises IndexError.
    """
    rows = np.asarray(rows, np.int64)
    out = np.zeros((len(rows), x.shape[1]))
    kernels.sum_rows(adjacency.indptr[:-1][rows], adjacency.indptr[1:][rows], adjacency.indices, x, out)
    return out

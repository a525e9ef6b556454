"""Message passing: sums over neighbours that are exact, whatever the order of the links.

One step is a pure function: a CSR block of destinations and the incoming rows give the outgoing rows. Values lie on a
binary grid (multiples of 2^-20 in -8..8, which float32 holds exactly), so every partial sum of fewer than 2^30 of them
is exact in float64 and no order, number of threads or numbering of parties can change a bit.

For speed, those who send are renumbered by how often they are sources, so that the rows of hubs lie together, and a
block of columns is summed at a time, so that more of them fit in the cache. Work is split by links and not by rows. The
loops themselves are in `gnn.propagation.kernels`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, U32
from gnn.propagation import kernels
from graph.errors import UsageError

MOST_LINKS: Final = 2**30  # into one row; beyond, a sum could leave what float64 holds exactly
CHUNKS: Final = 32  # pieces of work of about the same size each
ALL_HITS: Final = 1 << 16  # below so many values everything sits in the cache, and threads cost more than they bring

Step = tuple[Callable[[int, int], None], list[int]]  # what to do from one border to the next, and the borders


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Who sends to whom, as loaded: row i receives from indices[indptr[i]:indptr[i + 1]]. int64[n + 1], int32[m]."""

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class SpmmPlan:
    """An adjacency prepared for many steps, without parties that are no source and rows without links.

    sources U32[s] are the parties with an outgoing link, those with most of them first; rows U32[r] those with an
    incoming one. Row i of indptr I64[r + 1] and indices U32[m] has the sources of rows[i] as positions in `sources`,
    ascending. borders I64[CHUNKS + 1] cut the rows in pieces. The parties of a piece are near one another, so that sums
    are written near one another, and those with most links come first, so that the processor guesses where a row ends.
    """

    indptr: npt.NDArray[np.int64]
    indices: U32
    rows: U32
    sources: U32
    borders: npt.NDArray[np.int64]


def prepare(adjacency: Adjacency) -> SpmmPlan:
    """Make a plan, once for many steps. Raises UsageError for 2^30 links or more into one row."""
    degree = np.diff(adjacency.indptr)
    n, m = len(degree), len(adjacency.indices)
    if n and degree.max() >= MOST_LINKS:
        raise UsageError(f"a party has {degree.max()} links: sums are exact for fewer than {MOST_LINKS}")
    times = np.bincount(adjacency.indices, minlength=n)
    sources = np.argsort(-times, kind="stable")[: np.count_nonzero(times)].astype(np.uint32)
    number = np.empty(n, np.uint32)
    number[sources] = np.arange(len(sources), dtype=np.uint32)
    rows = np.flatnonzero(degree)
    borders = np.searchsorted(_ends(degree[rows] + 1), _even_cuts(m + len(rows)))  # a row costs about what a link does
    piece = np.repeat(np.arange(CHUNKS), np.diff(borders))
    rows = rows[np.lexsort((-degree[rows], piece))]
    indptr, indices = _ends(degree[rows]), np.empty(m, np.uint32)
    kernels.renumber(adjacency.indptr, adjacency.indices, rows, number, indptr, indices)
    return SpmmPlan(indptr, indices, rows.astype(np.uint32), sources, borders.astype(np.int64))


def _ends(length: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where runs of these lengths begin and end."""
    return np.concatenate([[0], np.cumsum(length)])


def _even_cuts(length: int) -> npt.NDArray[np.int64]:
    """Borders of CHUNKS pieces of about the same length."""
    return np.linspace(0, length, CHUNKS + 1).astype(np.int64)


def spmm(plan: SpmmPlan, x: F32, threads: int = 1) -> F64:
    """For each party the sum of the rows of those that send to it: float32[n, w] on the grid -> float64[n, w].

    Above ALL_HITS values, `threads` threads share the work; the sums are the same.
    """
    n, w = x.shape
    out = np.zeros((n, w))
    steps = _column_steps(plan, x, out) if w == 1 else _block_steps(plan, x, out)
    if threads == 1 or x.size < ALL_HITS:
        for step, borders in steps:
            step(0, borders[-1])
        return out
    for step, borders in steps:
        _share(step, borders, threads)
    return out


def _share(step: Callable[[int, int], None], borders: list[int], threads: int) -> None:
    """Do every piece once; each thread, this one among them, takes the next as soon as it has done one."""
    pieces = pairwise(borders)
    helping = [_helpers(threads - 1).submit(_take_turns, step, pieces) for _ in range(threads - 1)]
    _take_turns(step, pieces)
    for help in helping:
        help.result()


def _take_turns(step: Callable[[int, int], None], pieces: Iterator[tuple[int, int]]) -> None:
    for low, high in pieces:
        step(low, high)


@cache
def _helpers(threads: int) -> ThreadPoolExecutor:
    """Threads that wait from one step to the next, as starting them anew takes a twentieth of a narrow step."""
    return ThreadPoolExecutor(threads)


os.register_at_fork(after_in_child=_helpers.cache_clear)  # a fork has none of its parent's threads


def _column_steps(plan: SpmmPlan, x: F32, out: F64) -> Iterator[Step]:
    sent = np.empty(len(plan.sources), np.float32)
    yield partial(kernels.gather_column, x[:, 0], plan.sources, sent), _even_cuts(len(sent)).tolist()
    yield partial(kernels.sum_column, plan.indptr, plan.indices, sent, out[:, 0], plan.rows), plan.borders.tolist()


def _block_steps(plan: SpmmPlan, x: F32, out: F64) -> Iterator[Step]:
    """Block by block: bring its columns into lines in the order of the plan, and sum those."""
    sources, padded = len(plan.sources), -(-x.shape[1] // kernels.LINE) * kernels.LINE
    room = _from_a_line(sources * min(padded, kernels.BLOCK))
    for first in range(0, padded, kernels.BLOCK):
        width = min(padded - first, kernels.BLOCK)
        lines = room[: sources * width].reshape(sources, width)
        yield partial(kernels.gather, x, plan.sources, lines, first), _even_cuts(sources).tolist()
        sums = partial(kernels.sum_lines, plan.indptr, plan.indices, lines, out, plan.rows, first)
        yield sums, plan.borders.tolist()


def _from_a_line(size: int) -> F32:
    """Room for so many values, of which the first begins a cache line."""
    room = np.empty(size + kernels.LINE, np.float32)
    skip = -(room.ctypes.data // room.itemsize) % kernels.LINE
    return room[skip : skip + size]


def spmm_rows(adjacency: Adjacency, x: F32, rows: npt.NDArray[np.integer[Any]]) -> F64:
    """The named rows of `spmm`, to the bit: float32[n, w] on the grid, [k] -> float64[k, w].

    Reads only the links of those rows, so that it costs nothing for the rest of the network. Rows may repeat; one out
    of range raises IndexError.
    """
    rows = np.asarray(rows, np.int64)
    out = np.zeros((len(rows), x.shape[1]))
    kernels.sum_rows(adjacency.indptr[:-1][rows], adjacency.indptr[1:][rows], adjacency.indices, x, out)
    return out

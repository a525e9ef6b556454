"""The message-passing kernels: sums over neighbours that are exact, whatever the order of the links.

One step is a pure function: a CSR block of destinations and the rows that come in give the rows that go out. Values lie
on a binary grid (multiples of 2^-20 in -8..8, which float32 holds exactly), so every partial sum of fewer than 2^30 of
them is exact in float64 and no order, number of threads or numbering of parties can change a bit.

For speed, parties are renumbered by how often they are read, so that the rows of hubs lie together, rows are read a
few links ahead (the access is random and bound by memory), and work is split by links and not by rows.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from graph.errors import UsageError

BOUND: Final = 8.0
STEP: Final = 2.0**-20
MOST_LINKS: Final = 2**30  # into one row; beyond, a sum could leave what float64 holds exactly
CHUNKS: Final = 32  # pieces of work with about the same number of links each
AHEAD: Final = 8  # links between asking for a row and using it
LINE: Final = 16  # float32 values in a cache line
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
    _renumber(adjacency.indptr, adjacency.indices, order, number, indptr, indices)
    borders = np.searchsorted(indptr, np.linspace(0, m, CHUNKS + 1).astype(np.int64)).astype(np.int64)
    borders[0], borders[-1] = 0, n
    return Plan(indptr, indices, order, np.maximum.accumulate(borders))


def neighbour_sum(plan: Plan, x: Floats, threads: int = 1) -> Doubles:
    """For each party the sum of the rows of those that send to it: float32[n, w] on the grid -> float64[n, w]."""
    n, w = x.shape
    if not x.size:
        return np.zeros((n, w))
    sent = np.empty((n, w), np.float32)
    out = np.empty((n, w), np.float64)
    if w == 1:
        np.take(x[:, 0], plan.order, out=sent[:, 0])
        kernel, given, filled = _sum_1, sent[:, 0], out[:, 0]
    else:
        np.take(x, plan.order, axis=0, out=sent)
        kernel, given, filled = {16: _sum_16, 64: _sum_64}.get(w, _sum_any), sent, out

    def work(piece: tuple[int, int]) -> None:
        kernel(plan.indptr, plan.indices, given, filled, plan.order, *piece)

    if threads == 1 or x.size < ALL_HITS:
        for piece in _pieces(plan):
            work(piece)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, _pieces(plan)))
    return out


def neighbour_sum_rows(adjacency: Adjacency, x: Floats, rows: npt.NDArray[np.integer[Any]]) -> Doubles:
    """The named rows of `neighbour_sum`, to the bit: float32[n, w] on the grid, [k] -> float64[k, w].

    Reads only the links of those rows, so that it costs nothing for the rest of the network. Rows may repeat; one out
    of range raises IndexError.
    """
    rows = np.asarray(rows, np.int64)
    out = np.zeros((len(rows), x.shape[1]))
    _sum_rows(adjacency.indptr[:-1][rows], adjacency.indptr[1:][rows], adjacency.indices, x, out)
    return out


def _pieces(plan: Plan) -> list[tuple[int, int]]:
    borders = plan.borders.tolist()
    return [(low, high) for low, high in pairwise(borders) if low < high]


def _typed_prefetch(context: Any, array: Any, row: Any, column: Any) -> Any:
    """Ask for the cache line of array[row, column]; never faults and changes nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        struct = context.make_array(kind)(context, builder, arguments[0])
        at = [
            context.cast(builder, value, of, types.intp)
            for value, of in zip(arguments[1:], signature.args[1:], strict=True)
        ]
        pointer = cgutils.get_item_pointer(context, builder, kind, struct, at, wraparound=False)
        byte = builder.bitcast(pointer, ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte.type, word, word, word]), "llvm.prefetch.p0"
        )
        builder.call(function, [byte, word(0), word(3), word(1)])  # a read, to keep, of data
        return context.get_dummy_value()

    return types.void(array, row, column), generate


_prefetch: Any = intrinsic(_typed_prefetch)


# Grid sums are exact, so the compiler may add them in any order.
_compiled = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})


@_compiled
def _renumber(indptr: Any, indices: Any, order: Any, number: Any, new_indptr: Any, new_indices: Any) -> None:
    for i in range(len(order)):
        low = indptr[order[i]]
        m = new_indptr[i + 1] - new_indptr[i]
        row = new_indices[new_indptr[i] : new_indptr[i] + m]
        for k in range(m):
            row[k] = number[indices[low + k]]
        row.sort()


@_compiled
def _sum_1(indptr: Any, indices: Any, x: Any, out: Any, order: Any, low: int, high: int) -> None:
    for i in range(low, high):
        total = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            total += x[indices[e]]
        out[order[i]] = total


@_compiled
def _sum_16(indptr: Any, indices: Any, x: Any, out: Any, order: Any, low: int, high: int) -> None:
    total = np.empty(16, np.float64)
    last = indptr[high]
    for i in range(low, high):
        total[:] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            if e + AHEAD < last:
                _prefetch(x, indices[e + AHEAD], 0)
            j = indices[e]
            for k in range(16):
                total[k] += x[j, k]
        p = order[i]
        for k in range(16):
            out[p, k] = total[k]


@_compiled
def _sum_64(indptr: Any, indices: Any, x: Any, out: Any, order: Any, low: int, high: int) -> None:
    total = np.empty(64, np.float64)
    last = indptr[high]
    for i in range(low, high):
        total[:] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            if e + AHEAD < last:
                for line in range(0, 64, LINE):
                    _prefetch(x, indices[e + AHEAD], line)
            j = indices[e]
            for k in range(64):
                total[k] += x[j, k]
        p = order[i]
        for k in range(64):
            out[p, k] = total[k]


@_compiled
def _sum_any(indptr: Any, indices: Any, x: Any, out: Any, order: Any, low: int, high: int) -> None:
    w = x.shape[1]
    total = np.empty(w, np.float64)
    for i in range(low, high):
        total[:] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            for k in range(w):
                total[k] += x[j, k]
        p = order[i]
        for k in range(w):
            out[p, k] = total[k]


@_compiled
def _sum_rows(low: Any, high: Any, indices: Any, x: Any, out: Any) -> None:
    for i in range(len(low)):
        for e in range(low[i], high[i]):
            j = indices[e]
            for k in range(x.shape[1]):
                out[i, k] += x[j, k]

"""The compiled loops of `gnn.propagation.spmm`. Sums are in float64; over values on the grid they are exact.

What bounds them is memory: each link reads a line, which is a row's values, from anywhere. So lines are asked for well
before they are used, and the sums of a block of columns stay in vector registers until their row is done; numba alone
would keep them in memory and spend two thirds of the time of narrow rows there. Hence the few lines of LLVM in
`_sum_block`. Numbers of parties come unsigned: numba checks each signed index for a negative one, which would count
from the end, and compiles loops worse for it.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

AHEAD: Final = 128  # cache lines between asking for one and using it
LINE: Final = 16  # float32 values in a cache line
BLOCK: Final = 32  # columns summed in one go: with 64 fewer hubs fit in the cache, with 16 links are read too often

_ONE, _TWO = np.uint64(1), np.uint64(2)
_VALUES_AHEAD: Final = 128  # between asking for one value and bringing it
_LINKS_AHEAD: Final = np.uint64(512)  # 2 KiB, as processors that foresee a stream stop at the end of each page of 4 KiB
_INT: Final = ir.IntType(64)
_WORD: Final = ir.IntType(32)
_BYTES: Final = ir.IntType(8).as_pointer()
_FIRST, _SECOND = _WORD(3), _WORD(2)  # LLVM's names of the caches


def _prefetch(builder: Any, pointer: Any, cache: Any) -> None:
    """Ask for the line at this address, to read data."""
    kind = ir.FunctionType(ir.VoidType(), [_BYTES, _WORD, _WORD, _WORD])
    ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(ask, [builder.bitcast(pointer, _BYTES), _WORD(0), cache, _WORD(1)])


def _typed_sum_block(
    context: Any, indices: Any, low: Any, high: Any, last: Any, lines: Any, total: Any, width: Any
) -> Any:
    """total[:width] = the sum of lines[indices[e]] over low <= e < high.

    Lines are asked for ahead up to link `last`, beyond the end of this sum. `width` is that of a line, a constant and a
    multiple of LINE.
    """
    columns = width.literal_value
    ahead = AHEAD * LINE // columns
    singles, doubles = ir.VectorType(ir.FloatType(), columns), ir.VectorType(ir.DoubleType(), columns)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = dict(zip(("indices", "low", "high", "last", "lines", "total"), signature.args, strict=False))
        given = dict(zip(kinds, arguments, strict=False))
        arrays = {
            name: context.make_array(kinds[name])(context, builder, given[name])
            for name in ("indices", "lines", "total")
        }
        low, high, last = (
            context.cast(builder, given[name], kinds[name], types.intp) for name in ("low", "high", "last")
        )

        def address(link: Any, column: int) -> Any:
            party = builder.zext(builder.load(builder.gep(arrays["indices"].data, [link])), _INT)
            at = [party, _INT(column)]
            return cgutils.get_item_pointer(context, builder, kinds["lines"], arrays["lines"], at, wraparound=False)

        sums = cgutils.alloca_once_value(builder, ir.Constant(doubles, [0.0] * columns))
        with cgutils.for_range_slice(builder, low, high, _INT(1), _INT) as (link, _):
            later = builder.add(link, _INT(ahead))
            later = builder.select(builder.icmp_signed("<", later, last), later, link)
            for column in range(0, columns, LINE):
                _prefetch(builder, address(later, column), _SECOND)  # the first cache is too small
            line = builder.load(builder.bitcast(address(link, 0), singles.as_pointer()), align=4)
            builder.store(builder.fadd(builder.load(sums), builder.fpext(line, doubles)), sums)
        builder.store(builder.load(sums), builder.bitcast(arrays["total"].data, doubles.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(indices, low, high, last, lines, total, width), generate


_sum_block: Any = intrinsic(prefer_literal=True)(_typed_sum_block)


def _typed_ask(context: Any, array: Any, place: Any) -> Any:
    """Ask for the line that holds array[place]; a place beyond the end does no harm."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, given = signature.args[0], arguments[0]
        values = context.make_array(kind)(context, builder, given)
        pointer = cgutils.get_item_pointer(context, builder, kind, values, [arguments[1]], wraparound=False)
        _prefetch(builder, pointer, _FIRST)
        return context.get_dummy_value()

    return types.void(array, types.uint64), generate


_ask: Any = intrinsic(_typed_ask)

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def renumber(indptr: Any, indices: Any, rows: Any, number: Any, new_indptr: Any, new_indices: Any) -> None:
    """Fill new_indices: row i is row rows[i] with its links renumbered and in ascending order."""
    for i in range(len(rows)):
        low = indptr[rows[i]]
        row = new_indices[new_indptr[i] : new_indptr[i + 1]]
        for k in range(len(row)):
            row[k] = number[indices[low + k]]
        row.sort()


@_compiled
def gather(x: Any, sources: Any, lines: Any, first: int, low: int, high: int) -> None:
    """lines[i] = x[sources[i], first:] for low <= i < high, as much as a line holds, with zeros in the padding."""
    w = min(x.shape[1] - first, lines.shape[1])
    for i in range(low, high):
        row, line = x[sources[i], first : first + w], lines[i]
        for k in range(w):
            line[k] = row[k]
        for k in range(w, len(line)):
            line[k] = 0.0


@_compiled
def sum_lines(indptr: Any, indices: Any, lines: Any, out: Any, rows: Any, first: int, low: int, high: int) -> None:
    """out[rows[i], first:] = the sum of lines[j] over the links j of row i, for low <= i < high; as wide as a line."""
    w = min(out.shape[1] - first, lines.shape[1])
    last = indptr[high]
    total = np.empty(BLOCK, np.float64)
    for i in range(low, high):
        if lines.shape[1] == BLOCK:
            _sum_block(indices, indptr[i], indptr[i + 1], last, lines, total, BLOCK)
        else:
            _sum_block(indices, indptr[i], indptr[i + 1], last, lines, total, LINE)
        row = out[rows[i], first : first + w]
        for k in range(w):
            row[k] = total[k]


@_compiled
def gather_column(x: Any, sources: Any, sent: Any, low: int, high: int) -> None:
    """sent[i] = x[sources[i]] for low <= i < high."""
    for i in range(low, high):
        _ask(x, np.uint64(sources[min(i + _VALUES_AHEAD, high - 1)]))
        sent[i] = x[sources[i]]


@_compiled
def sum_column(indptr: Any, indices: Any, sent: Any, out: Any, rows: Any, low: int, high: int) -> None:
    """out[rows[i]] = the sum of sent[j] over the links j of row i, for low <= i < high; one value each.

    The links take turns between two sums, as an addition need not wait for one to the other sum.
    """
    for i in range(low, high):
        link, end = np.uint64(indptr[i]), np.uint64(indptr[i + 1])
        even = odd = 0.0
        if (end - link) % _TWO:
            odd += sent[indices[link]]
            link += _ONE
        while link < end:
            _ask(indices, link + _LINKS_AHEAD)
            even += sent[indices[link]]
            odd += sent[indices[link + _ONE]]
            link += _TWO
        out[rows[i]] = even + odd


@_compiled
def sum_rows(low: Any, high: Any, indices: Any, x: Any, out: Any) -> None:
    """out[i] += the sum of x[indices[e]] over low[i] <= e < high[i]."""
    for i in range(len(low)):
        for e in range(low[i], high[i]):
            j = indices[e]
            for k in range(x.shape[1]):
                out[i, k] += x[j, k]

"""The compiled loops of `gnn.propagation`. Sums are in float64; over values on the grid they are exact.

What bounds them is memory: each link reads a row from anywhere. So rows are asked for AHEAD links before they are used,
and the sums of up to 64 columns stay in vector registers until their row is done; numba alone would keep them in memory
and spend two thirds of the time of narrow rows there. Hence the few lines of LLVM in `_sum_block`.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

AHEAD: Final = 16  # links between asking for a row and using it
LINE: Final = 16  # float32 values in a cache line
TWO_LINES: Final = 32
WIDEST: Final = 64  # columns summed in one go: eight vector registers of the newest processors

_INT: Final = ir.IntType(64)
_WORD: Final = ir.IntType(32)
_BYTES: Final = ir.IntType(8).as_pointer()


def _typed_sum_block(
    context: Any, indices: Any, low: Any, high: Any, last: Any, x: Any, first: Any, total: Any, width: Any
) -> Any:
    """total[:width] = the sum of x[indices[e], first:first + width] over low <= e < high.

    Rows are asked for ahead up to link `last`, beyond the end of this sum. `width` is a constant, a multiple of LINE.
    """
    columns = width.literal_value
    singles, doubles = ir.VectorType(ir.FloatType(), columns), ir.VectorType(ir.DoubleType(), columns)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = dict(zip(("indices", "low", "high", "last", "x", "first", "total"), signature.args, strict=False))
        given = dict(zip(kinds, arguments, strict=False))
        arrays = {
            name: context.make_array(kinds[name])(context, builder, given[name]) for name in ("indices", "x", "total")
        }
        low, high, last, first = (
            context.cast(builder, given[name], kinds[name], types.intp) for name in ("low", "high", "last", "first")
        )

        def address(link: Any, column: int) -> Any:
            party = builder.sext(builder.load(builder.gep(arrays["indices"].data, [link])), _INT)
            at = [party, builder.add(first, _INT(column))]
            return cgutils.get_item_pointer(context, builder, kinds["x"], arrays["x"], at, wraparound=False)

        ask = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [_BYTES, _WORD, _WORD, _WORD]), "llvm.prefetch.p0"
        )
        sums = cgutils.alloca_once_value(builder, ir.Constant(doubles, [0.0] * columns))
        with cgutils.for_range_slice(builder, low, high, _INT(1), _INT) as (link, _):
            later = builder.add(link, _INT(AHEAD))
            later = builder.select(builder.icmp_signed("<", later, last), later, link)
            for column in range(0, columns, LINE):  # a read, to keep, of data
                builder.call(ask, [builder.bitcast(address(later, column), _BYTES), _WORD(0), _WORD(3), _WORD(1)])
            row = builder.load(builder.bitcast(address(link, 0), singles.as_pointer()), align=4)
            builder.store(builder.fadd(builder.load(sums), builder.fpext(row, doubles)), sums)
        builder.store(builder.load(sums), builder.bitcast(arrays["total"].data, doubles.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(indices, low, high, last, x, first, total, width), generate


_sum_block: Any = intrinsic(prefer_literal=True)(_typed_sum_block)

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def renumber(indptr: Any, indices: Any, order: Any, number: Any, new_indptr: Any, new_indices: Any) -> None:
    """Fill new_indices: row i is row order[i] with its links renumbered and in ascending order."""
    for i in range(len(order)):
        low = indptr[order[i]]
        m = new_indptr[i + 1] - new_indptr[i]
        row = new_indices[new_indptr[i] : new_indptr[i] + m]
        for k in range(m):
            row[k] = number[indices[low + k]]
        row.sort()


@_compiled
def bring(x: Any, order: Any, lines: Any, low: int, high: int) -> None:
    """lines[i] = x[order[i]] for low <= i < high, with zeros in the padding."""
    w = x.shape[1]
    for i in range(low, high):
        p = order[i]
        for k in range(w):
            lines[i, k] = x[p, k]
        for k in range(w, lines.shape[1]):
            lines[i, k] = 0.0


@_compiled
def sum_lines(indptr: Any, indices: Any, lines: Any, out: Any, order: Any, low: int, high: int) -> None:
    """out[order[i]] = the sum of lines[j] over the links j of row i, for low <= i < high."""
    w = out.shape[1]
    last = indptr[high]
    total = np.empty(WIDEST, np.float64)
    for i in range(low, high):
        p = order[i]
        first = 0
        while first < w:
            left = lines.shape[1] - first
            if left >= WIDEST:
                wide = WIDEST
                _sum_block(indices, indptr[i], indptr[i + 1], last, lines, first, total, WIDEST)
            elif left >= TWO_LINES:
                wide = TWO_LINES
                _sum_block(indices, indptr[i], indptr[i + 1], last, lines, first, total, TWO_LINES)
            else:
                wide = LINE
                _sum_block(indices, indptr[i], indptr[i + 1], last, lines, first, total, LINE)
            for k in range(min(wide, w - first)):
                out[p, first + k] = total[k]
            first += wide


@_compiled
def sum_column(indptr: Any, indices: Any, x: Any, out: Any, order: Any, low: int, high: int) -> None:
    """out[order[i]] = the sum of x[j] over the links j of row i, for low <= i < high; one value each."""
    for i in range(low, high):
        total = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            total += x[indices[e]]
        out[order[i]] = total


@_compiled
def sum_rows(low: Any, high: Any, indices: Any, x: Any, out: Any) -> None:
    """out[i] += the sum of x[indices[e]] over low[i] <= e < high[i]."""
    for i in range(len(low)):
        for e in range(low[i], high[i]):
            j = indices[e]
            for k in range(x.shape[1]):
                out[i, k] += x[j, k]

"""Money that is passed on: payments of which about the same amount leaves the payee again within days."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from graph.csr import indptr_of
from graph.rings.network import DAY, Bools, DirectedLinks

MIN_SHARE: Final = 0.85  # of an amount that is passed on at least; what is missing is a fee
MAX_DAYS: Final = 14.0
MAX_LINKS: Final = 1000  # in or out of a party; one with more passes on nothing in particular


def is_passed_on(links: DirectedLinks, size: int) -> Bools:
    """Whether each payment is passed on, or passes on an earlier one, to or from a third party: bool[m].

    size: the number of parties. Payments without a time or an amount are neither.
    """
    usable = np.isfinite(links.time) & (links.amount > 0)
    order = np.flatnonzero(usable)[np.lexsort((links.time[usable], links.source[usable]))]
    incoming = np.flatnonzero(usable)[np.lexsort((links.time[usable], links.target[usable]))]
    out_ptr = indptr_of(np.bincount(links.source[order], minlength=size))
    in_ptr = indptr_of(np.bincount(links.target[incoming], minlength=size))
    chosen = np.zeros(len(links.source), np.bool_)
    _mark(out_ptr, order, in_ptr, incoming, links.source, links.target, links.time, links.amount, chosen)
    return chosen


@numba.njit(cache=True, nogil=True)
def _mark(
    out_ptr: Any, outgoing: Any, in_ptr: Any, incoming: Any, source: Any, target: Any, time: Any, amount: Any,
    chosen: Any,
) -> None:  # fmt: skip
    """Marks each payment to a party and each by it that go together; both lists of a party are by time."""
    for party in range(len(out_ptr) - 1):
        low, high = out_ptr[party], out_ptr[party + 1]
        if high - low > MAX_LINKS or in_ptr[party + 1] - in_ptr[party] > MAX_LINKS:
            continue
        for i in range(in_ptr[party], in_ptr[party + 1]):
            paid = incoming[i]
            while low < high and time[outgoing[low]] < time[paid]:
                low += 1
            for j in range(low, high):
                on = outgoing[j]
                if time[on] > time[paid] + MAX_DAYS * DAY:
                    break
                is_alike = MIN_SHARE * amount[paid] <= amount[on] <= amount[paid]
                if is_alike and target[on] != source[paid]:
                    chosen[paid] = chosen[on] = True

"""What a finder of rings returns, and what the finders have in common: limits, windows and groups by label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.rings.network import Floats, Ints

SHARED, MONEY, GUARANTEE, BURST = "shared_identifiers", "money_circle", "guarantee_loop", "burst"

MIN_MEMBERS: Final = 3
MAX_MEMBERS: Final = 40
MAX_INNOCENT_SHARE: Final = 0.5  # of a group's pairs; from here on the innocent explanation is the better one
WINDOW_DAYS: Final = (3.0, 14.0, 30.0)
MIN_WINDOWS: Final = 4  # a span of fewer windows has no background to compare one with


@dataclass(frozen=True)
class RingCandidate:
    """A group with evidence of one kind.

    members are rows, ascending. neg_log10_expected is the significance (`graph.rings.significance`). figures are plain
    numbers of the evidence. identifiers are the rows of those that the group shares.
    """

    kind: str
    members: tuple[int, ...]
    neg_log10_expected: float
    figures: Mapping[str, float | int | None]
    identifiers: tuple[int, ...] = ()


def windows(values: Floats, width: float) -> Iterator[Ints]:
    """Windows of this width over the known values, each as the positions int64[k] of its values, by value.

    They overlap by half, so that each value is in two. Windows of fewer than MIN_MEMBERS values are left out; a span
    shorter than MIN_WINDOWS windows has none.
    """
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    ordered = values[order]
    if not len(ordered) or ordered[-1] - ordered[0] < MIN_WINDOWS * width:
        return
    # A window begins at a value, or where the one before it is half over: empty stretches cost nothing.
    first = 0
    while first < len(ordered):
        last = int(np.searchsorted(ordered, ordered[first] + width, side="right"))
        if last - first >= MIN_MEMBERS:
            yield order[first:last]
        first = max(int(np.searchsorted(ordered, ordered[first] + width / 2)), first + 1)


def groups_by_label(label: Ints) -> Iterator[tuple[int, Ints]]:
    """Each label, ascending, with the positions that have it.

    >>> [(label, positions.tolist()) for label, positions in groups_by_label(np.array([2, 1, 2]))]
    [(1, [1]), (2, [0, 2])]
    """
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    for positions in np.split(order, cuts):
        if len(positions):
            yield int(label[positions[0]]), positions

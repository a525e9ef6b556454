"""What a finder of rings returns, and what the finders have in common: limits, windows, and groups by label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.rings.network import Floats, Ints

SHARED, MONEY, GUARANTEE, BURST = "shared_identifiers", "money_circle", "guarantee_loop", "burst"

FEWEST_MEMBERS: Final = 3
MOST_MEMBERS: Final = 40  # a group beyond this is a crowd
EXPLAINED: Final = 0.5  # from this share of pairs on, the innocent explanation is the better one
WINDOWS: Final = (3.0, 14.0, 30.0)  # days
FEWEST_WINDOWS: Final = 4  # a span of fewer windows has no background to stand out from


@dataclass(frozen=True)
class Finding:
    """Evidence of one kind: the rows of the group, ascending, how surprising it is, and the plain figures of it."""

    kind: str
    members: tuple[int, ...]
    surprise: float
    figures: Mapping[str, float | int | None]
    things: tuple[int, ...] = ()


def windows(values: Floats, width: float) -> Iterator[Ints]:
    """Rows of windows that overlap by half, so that each known value is in two; none where the span is too short."""
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    ordered = values[order]
    if not len(ordered) or ordered[-1] - ordered[0] < FEWEST_WINDOWS * width:
        return
    # A window begins at a value, or where the one before it is half over: empty stretches cost nothing.
    first = 0
    while first < len(ordered):
        last = int(np.searchsorted(ordered, ordered[first] + width, side="right"))
        if last - first >= FEWEST_MEMBERS:
            yield order[first:last]
        first = max(int(np.searchsorted(ordered, ordered[first] + width / 2)), first + 1)


def grouped(label: Ints) -> Iterator[tuple[int, Ints]]:
    """Each label, ascending, with the indices that bear it."""
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    for indices in np.split(order, cuts):
        if len(indices):
            yield int(label[indices[0]]), indices

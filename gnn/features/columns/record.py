"""The columns of a party's own record: its numeric attributes, scaled, and the words of its text attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.snapshots.snapshot import Snapshot

MOST_WORDS: Final = 12  # words of a text attribute that become columns of their own, in order of frequency
MOST_RECORD_COLUMNS: Final = 256  # with more, fewer words of each text attribute become columns; numbers always do


@dataclass(frozen=True, slots=True)
class Column:
    """How one attribute becomes a column: a scaled number, or one word of a text column (`word`)."""

    attribute: str
    word: str | None = None
    center: float = 0.0
    scale: float = 1.0

    @property
    def name(self) -> str:
        return self.attribute if self.word is None else f"{self.attribute}={self.word}"


def fit_columns(snapshot: Snapshot) -> tuple[Column, ...]:
    """The columns of a network's attributes: scales from medians and quartiles, words by frequency."""
    columns: list[Column] = []
    for name in sorted(snapshot.numeric.keys() - snapshot.protected):
        present = ~np.isnan(snapshot.numeric[name])
        values = np.asarray(np.sort(snapshot.numeric[name][present]), np.float64)
        if len(values) and values[0] != values[-1]:
            columns.append(_scaled(name, values))
    words = _words_by_frequency(snapshot)
    most = MOST_WORDS
    while most > 1 and len(columns) + sum(len(found[:most]) for found in words.values()) > MOST_RECORD_COLUMNS:
        most -= 1
    columns += [Column(name, word) for name, found in words.items() for word in sorted(found[:most])]
    return tuple(columns)


def _words_by_frequency(snapshot: Snapshot) -> Mapping[str, list[str]]:
    """The words of each text attribute that two parties or more have, at most MOST_WORDS of them."""
    found = {}
    for name in sorted(snapshot.categorical.keys() - snapshot.protected):
        codes, words = snapshot.categorical[name]
        count = np.bincount(codes[codes >= 0], minlength=len(words))
        common = sorted(range(len(words)), key=lambda w: (-count[w], words[w]))[:MOST_WORDS]
        found[name] = [words[w] for w in common if count[w] > 1]
    return found


def _scaled(name: str, values: npt.NDArray[np.float64]) -> Column:
    low, middle, high = (float(values[int(q * (len(values) - 1))]) for q in (0.25, 0.5, 0.75))
    spread = (high - low) or float(np.sort(np.abs(values - middle))[int(0.95 * (len(values) - 1))]) or 1.0
    return Column(name, None, middle, spread)

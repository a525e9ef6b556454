"""Ratings by hand, and a seeded circle of people who rate each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gnn.features.pair_links import NAMES
from gnn.features.statements.backing import pairs_of
from gnn.features.statements.ratings import Ratings
from tests.conftest import data_folder


def ratings(*said: Sequence[float], parties: int = 5, acquainted: bool = True) -> Ratings:
    """From (rater, rated, value[, time]) rows; of parties that all deal with one another, where they are acquainted."""
    rows = np.array([(*row, np.nan)[:4] for row in said], np.float64).reshape(-1, 4)
    beside = np.full((len(rows), len(NAMES)), np.nan, np.float32)
    ends = np.arange(parties if acquainted else 0)
    dealings = pairs_of(np.repeat(ends, len(ends)), np.tile(ends, len(ends)), parties)
    columns = rows[:, 0].astype(np.int32), rows[:, 1].astype(np.int32), rows[:, 2], rows[:, 3]
    return Ratings(parties, *columns, beside, dealings)


def circle(parties: int, m: int, seed: int = 0) -> Ratings:
    """A third of the people are cheats: honest ones say so, with some noise; cheats praise each other, blame others."""
    random = np.random.default_rng(seed)
    cheat = random.random(parties) < 1 / 3
    a = random.integers(0, parties, m)
    b = (a + random.integers(1, parties, m)) % parties
    good = np.where(cheat[a], cheat[b], ~cheat[b]) ^ (random.random(m) < 0.1)
    value = np.where(good, 1, -1) * random.integers(1, 11, m) / 10
    beside = np.full((m, len(NAMES)), np.nan, np.float32)
    return Ratings(parties, a.astype(np.int32), b.astype(np.int32), value, random.random(m) * 3e7, beside)


def shuffled(known: Ratings, seed: int) -> Ratings:
    """The same pairs and times, with values that belong to others."""
    return replace(known, value=np.random.default_rng(seed).permutation(known.value))


def bitcoin_otc() -> Ratings:
    """The real ratings; the test skips where they are absent."""
    rows = np.loadtxt(data_folder("bitcoin_otc") / "soc-sign-bitcoinotc.csv", delimiter=",")
    ids = np.unique(rows[:, :2])
    ends = np.searchsorted(ids, rows[:, :2])
    return ratings(*np.column_stack([ends, rows[:, 2] / 10, rows[:, 3]]), parties=len(ids), acquainted=False)

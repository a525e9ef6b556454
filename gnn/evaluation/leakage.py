"""Columns that tell the outcome alone, and so were probably made from it or collected by it.

A single raw column, the order of ids or the order of rows with an AUROC of 0.9 is rarely a discovery. It is a time
counted back from the outcome, a list that was sorted by it, or ratings that the outcome was derived from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32 as Floats
from gnn.features.ratings import Ratings
from gnn.metrics import Doubles, auroc
from graph.snapshots.snapshot import KindInfo, Links, Snapshot

TELLING: Final = 0.9  # AUROC
SURE: Final = 4.0  # standard errors of an AUROC without any information; many columns are tried
BINS: Final = 20
FOLDS: Final = 5
NUMBER: Final = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that tells the outcome alone; `read` where the model reads it too."""

    what: str
    auroc: float
    read: bool

    @property
    def words(self) -> str:
        told = f"Leak? {self.what[0].upper()}{self.what[1:]} alone tells the outcome with AUROC {self.auroc:.3f}. "
        if self.read:
            return told + "Leave it out, unless it was surely known before the outcome and not made from it."
        return told + "No feature reads it, but who was collected, and how, may hang on the outcome."


def find_leakage(snapshot: Snapshot, y: Floats, listed: Mapping[str, Sequence[str]]) -> tuple[Leak, ...]:
    """Everything that reaches AUROC 0.9 alone, the most telling first.

    y float32[n], NaN where unknown. listed: ids of parties in the order of some file, by the name of that order.
    """
    orders = {
        "the order of ids": np.arange(snapshot.n_parties, dtype=np.float64),
        "the number in an id": _numbers(snapshot),
    }
    orders |= {name: _places(snapshot, ids) for name, ids in listed.items()}
    unread = {f"the column {name}" for name in snapshot.protected}
    columns = [replace(leak, read=leak.what not in unread) for leak in telling(dict(_columns(snapshot)), y, read=True)]
    found = [*columns, *telling(orders, y, read=False)]
    return tuple(sorted(found, key=lambda leak: (-leak.auroc, leak.what)))


def find_rating_leakage(snapshot: Snapshot, ratings: Ratings) -> tuple[Leak, ...]:
    """The same of the sign of ratings: does their time, or the number in the id of one end, tell it alone?"""
    y = np.where(ratings.value == 0, np.nan, ratings.value > 0)
    number = _numbers(snapshot)
    found = [
        *telling({"the time of a rating": ratings.time}, y, read=True),
        *telling({"the number in the rater's id": number[ratings.source]}, y, read=False),
        *telling({"the number in the rated one's id": number[ratings.target]}, y, read=False),
    ]
    return tuple(found)


def telling(columns: Mapping[str, npt.NDArray[Any]], y: npt.NDArray[Any], read: bool) -> list[Leak]:
    """Which of the columns [n] tell y [n] alone: whole numbers are codes (negative: missing), others are measures."""
    known = ~np.isnan(y)
    bad, n = int((y[known] == 1).sum()), int(known.sum())
    if not 0 < bad < n:
        return []
    by_chance = float(np.sqrt((n + 1) / (12 * bad * (n - bad))))
    reached = {what: alone(values[known], y[known]) for what, values in columns.items()}
    bound = max(TELLING, 0.5 + SURE * by_chance)
    return [Leak(what, value, read) for what, value in reached.items() if value >= bound]


def alone(values: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """The best AUROC of one column: by its order, with missing first or last, or by rates of codes or of 20 bins."""
    if np.issubdtype(values.dtype, np.integer):
        return _by_rates(values, y)
    filled = [np.where(np.isnan(values), end, values) for end in (-np.inf, np.inf)]
    by_order = max(max(area, 1 - area) for area in (auroc(one, y) for one in filled))
    return max(by_order, _by_rates(_binned(filled[0]), y))


def _binned(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1], method="lower")
    return np.searchsorted(np.unique(edges), values, side="left")


def _by_rates(codes: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """AUROC of each code's bad rate in the other folds, so that a code that only one party has tells nothing."""
    _, place = np.unique(codes, return_inverse=True)
    fold = np.random.default_rng(0).integers(0, FOLDS, len(y))
    rate = np.empty(len(y))
    for k in range(FOLDS):
        heard, base = fold != k, float(y.mean())
        seen = np.bincount(place[heard], minlength=place.max() + 1)
        bad = np.bincount(place[heard], y[heard], place.max() + 1)
        rate[~heard] = ((bad + base) / (seen + 1))[place[~heard]]
    return auroc(rate, y)


def _columns(snapshot: Snapshot) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Every raw column, float or codes [n]: attributes, and what is counted or averaged over links of one kind."""
    yield from ((f"the column {name}", np.asarray(values)) for name, values in snapshot.numeric.items())
    yield from ((f"the column {name}", np.asarray(codes)) for name, (codes, _) in snapshot.categorical.items())
    for kind, info in snapshot.kinds.items():
        for direction, party, entry in _ends(snapshot.links(kind), info, snapshot.n_parties):
            yield from _of_links(f"{kind} {direction}", snapshot.links(kind), party, entry, snapshot.n_parties)


_Index = npt.NDArray[np.int64]


def _ends(links: Links, info: KindInfo, n: int) -> list[tuple[str, _Index, _Index]]:
    """(direction, party of each link's end, its entry); both ends together where the kind has no direction."""
    entry = np.arange(info.links)
    source = np.repeat(np.arange(n), np.diff(links.out_indptr))
    target = np.asarray(links.out_target, np.int64)
    if info.symmetric:
        return [("links", np.concatenate([source, target]), np.concatenate([entry, entry]))]
    return [("links given", source, entry), ("links received", target, entry)]


def _of_links(name: str, links: Links, party: _Index, entry: _Index, n: int) -> Iterator[tuple[str, Doubles]]:
    yield f"the number of {name}", np.bincount(party, minlength=n).astype(np.float64)
    columns = {"weight": links.weight, "amount": links.amount, "first time": links.first, "last time": links.last}
    for what, column in columns.items():
        values = np.asarray(column, np.float64)[entry]
        there = ~np.isnan(values)
        if there.any():
            total = np.bincount(party[there], values[there], n)
            seen = np.bincount(party[there], minlength=n)
            mean = np.where(seen > 0, total / np.maximum(seen, 1), np.nan)
            yield f"the mean {what} of {name}", mean


def _numbers(snapshot: Snapshot) -> Doubles:
    """The last number within each id, NaN where it has none: `s1794` is the 1,794th."""
    found = [NUMBER.search(snapshot.id_of(row)) for row in range(snapshot.n_parties)]
    return np.array([float(match[1][:15]) if match else np.nan for match in found])


def _places(snapshot: Snapshot, ids: Sequence[str]) -> Doubles:
    """The first place of each party in a list of ids, NaN where it is not in it."""
    first = {id: place for place, id in reversed(list(enumerate(ids)))}
    return np.array([first.get(snapshot.id_of(row), np.nan) for row in range(snapshot.n_parties)], np.float64)

"""Target leakage: single columns and orders that predict the outcome alone, and so were probably made from it.

A raw column, the order of ids or the order of rows with an AUROC of 0.9 is rarely a discovery. It is a time counted
back from the outcome, a list that was sorted by it, or ratings that the outcome was derived from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64
from gnn.evaluation.findings import Code, Finding
from gnn.features.statements.ratings import Ratings
from gnn.metrics import auroc
from graph.snapshots.links import KindInfo, Links
from graph.snapshots.snapshot import Snapshot

MIN_AUROC: Final = 0.9
MIN_Z: Final = 4.0  # standard errors of an AUROC of no information above 0.5; many columns are tried
BINS: Final = 20
CODE_FOLDS: Final = 5
LAST_NUMBER: Final = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Something that may predict the outcome by itself.

    kind: column, link_count, link_mean, id_order, id_number, row_order, rating_time, rater_id_number, ratee_id_number.
    name: the column, the relationship kind or the table of the row order. direction (given, received or both) and
    measure (weight, amount, first or last) belong to links.
    """

    kind: str
    name: str = ""
    direction: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """A source that predicts the outcome alone, its AUROC, and whether features read it."""

    source: Source
    auroc: float
    read: bool

    def finding(self) -> Finding:
        code = Code.LEAKAGE if self.read else Code.LEAKAGE_OUTSIDE_FEATURES
        return Finding(code, self.to_json())

    def to_json(self) -> dict[str, Any]:
        named = {name: value for name, value in asdict(self.source).items() if value}
        return {"source": named, "auroc": self.auroc, "read": self.read}


def find_leakage(snapshot: Snapshot, y: F32, row_orders: Mapping[str, Sequence[str]]) -> tuple[Leak, ...]:
    """Every source with an AUROC of at least MIN_AUROC by itself, the highest first.

    y float32[n], NaN where unknown. row_orders: the ids of parties in the order of their rows, by table.
    """
    orders = {
        Source("id_order"): np.arange(snapshot.n_parties, dtype=np.float64),
        Source("id_number"): _id_numbers(snapshot),
    }
    orders |= {Source("row_order", table): _positions(snapshot, ids) for table, ids in row_orders.items()}
    columns = dict(_columns(snapshot))
    unread = {Source("column", name) for name in snapshot.protected}
    found = [*leaks(columns, y, unread), *leaks(orders, y, orders.keys())]
    return tuple(sorted(found, key=lambda leak: (-leak.auroc, leak.source)))


def find_rating_leakage(snapshot: Snapshot, ratings: Ratings) -> tuple[Leak, ...]:
    """Leaks of the sign of ratings: their time, or the number in the id of one end, predicts it alone."""
    y = np.where(ratings.value == 0, np.nan, ratings.value > 0)
    number = _id_numbers(snapshot)
    ends = {
        Source("rater_id_number"): number[ratings.source],
        Source("ratee_id_number"): number[ratings.target],
    }
    return tuple(leaks({Source("rating_time"): ratings.time, **ends}, y, ends.keys()))


def leaks(columns: Mapping[Source, npt.NDArray[Any]], y: npt.NDArray[Any], unread: AbstractSet[Source]) -> list[Leak]:
    """The columns [k] that predict y [k] (NaN unknown) alone; whole numbers are codes, negative where missing."""
    known = ~np.isnan(y)
    bad, n = int((y[known] == 1).sum()), int(known.sum())
    if not 0 < bad < n:
        return []
    standard_error = float(np.sqrt((n + 1) / (12 * bad * (n - bad))))
    bound = max(MIN_AUROC, 0.5 + MIN_Z * standard_error)
    reached = {source: univariate_auroc(values[known], y[known]) for source, values in columns.items()}
    return [Leak(source, value, source not in unread) for source, value in reached.items() if value >= bound]


def univariate_auroc(values: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """The best AUROC of one column: in either direction, missing first or last, or by rates of codes or of 20 bins."""
    if np.issubdtype(values.dtype, np.integer):
        return _auroc_by_rates(values, y)
    filled = [np.where(np.isnan(values), end, values) for end in (-np.inf, np.inf)]
    by_order = max(max(area, 1 - area) for area in (auroc(column, y) for column in filled))
    return max(by_order, _auroc_by_rates(_binned(filled[0]), y))


def _binned(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1], method="lower")
    return np.searchsorted(np.unique(edges), values, side="left")


def _auroc_by_rates(codes: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """AUROC of each code's bad rate in the other folds, so that a code of one party alone predicts nothing."""
    _, code = np.unique(codes, return_inverse=True)
    fold = np.random.default_rng(0).integers(0, CODE_FOLDS, len(y))
    base_rate, rate = float(y.mean()), np.empty(len(y))
    for k in range(CODE_FOLDS):
        fitted = fold != k
        parties = np.bincount(code[fitted], minlength=code.max() + 1)
        bad = np.bincount(code[fitted], y[fitted], code.max() + 1)
        rate[~fitted] = ((bad + base_rate) / (parties + 1))[code[~fitted]]
    return auroc(rate, y)


def _columns(snapshot: Snapshot) -> Iterator[tuple[Source, npt.NDArray[Any]]]:
    """Every raw column, float or codes [n]: attributes, and counts and means over the links of one kind."""
    yield from ((Source("column", name), np.asarray(values)) for name, values in snapshot.numeric.items())
    yield from ((Source("column", name), np.asarray(codes)) for name, (codes, _) in snapshot.categorical.items())
    for kind, info in snapshot.kinds.items():
        for direction, party, entry in _ends(snapshot.links(kind), info, snapshot.n_parties):
            yield from _of_links((kind, direction), snapshot.links(kind), party, entry, snapshot.n_parties)


_Index = npt.NDArray[np.int64]


def _ends(links: Links, info: KindInfo, n: int) -> list[tuple[str, _Index, _Index]]:
    """(direction, party of each link's end, its entry); both ends together where the kind has no direction.

    A link that is carried to several holders is there once for each party.
    """
    source = np.repeat(np.arange(n), np.diff(links.out_indptr))
    target = np.asarray(links.out_target, np.int64)
    given, received = np.flatnonzero(links.counts_for_source), np.flatnonzero(links.counts_for_target)
    if info.symmetric:
        return [("both", np.concatenate([source[given], target[received]]), np.concatenate([given, received]))]
    return [("given", source[given], given), ("received", target[received], received)]


def _of_links(
    which: tuple[str, str], links: Links, party: _Index, entry: _Index, n: int
) -> Iterator[tuple[Source, F64]]:
    """Number of links and mean of each of their columns, float64[n]; `which` is (kind, direction)."""
    yield Source("link_count", *which), np.bincount(party, minlength=n).astype(np.float64)
    for measure in ("weight", "amount", "first", "last"):
        values = np.asarray(getattr(links, measure), np.float64)[entry]
        known = ~np.isnan(values)
        if known.any():
            total = np.bincount(party[known], values[known], n)
            count = np.bincount(party[known], minlength=n)
            yield Source("link_mean", *which, measure), np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _id_numbers(snapshot: Snapshot) -> F64:
    """The last number in each id, float64[n], NaN where it has none: 1794 of `s1794`."""
    found = [LAST_NUMBER.search(snapshot.id_of(row)) for row in range(snapshot.n_parties)]
    return np.array([float(match[1][:15]) if match else np.nan for match in found])


def _positions(snapshot: Snapshot, ids: Sequence[str]) -> F64:
    """The first position of each party in a list of ids, float64[n], NaN where it is not in it."""
    first = {id: position for position, id in reversed(list(enumerate(ids)))}
    return np.array([first.get(snapshot.id_of(row), np.nan) for row in range(snapshot.n_parties)], np.float64)

"""The featuriser, one for training and serving: from a snapshot and known outcomes to float32[n, width].

Features come in blocks. A block names the categories on its path (`needs`); without one of them the whole block is
missing (NaN), which is exactly what a network without those links gives. No feature is made of an id, a row number,
a protected attribute or links of several categories at once.

Known outcomes reach a party only through others. A block's label columns are computed out of fold: parties are put
into FOLDS folds by the content of the block's other columns, and a party sees the outcomes of other folds only.
So its own outcome cannot come back to it, not even by two hops out and back, and neither can it be read off a
leave-one-out sum. Parties without an outcome see all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.neighbourhood import (
    QUANTILES,
    Floats,
    Neighbourhood,
    deviations,
    link_columns,
    means,
    neighbourhood,
    newest_link,
    quantiles,
    rarity_weighted_means,
)
from gnn.propagation import neighbour_sum, on_grid
from graph.snapshot import Snapshot

FOLDS: Final = 5
FORMAT: Final = 1
MOST_WORDS: Final = 12  # words of a text column that become columns of their own, in order of frequency
MIXED_UP_TO: Final = 4  # paths over two different categories are featurised up to this many categories
SHRINK: Final = 4.0  # pseudo-outcomes at the base rate in a neighbourhood's bad rate
LARGEST: Final = 8.0  # bound of the exact grid


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that are present or missing together. `needs` is empty for the party's own record."""

    name: str
    needs: frozenset[str]
    columns: tuple[str, ...]


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


@dataclass(frozen=True)
class FeatureSpec:
    """What the features are; a model carries the spec it was trained with and refuses any other."""

    columns: tuple[Column, ...]
    party_kinds: tuple[str, ...]
    kinds: Mapping[str, tuple[str, ...]]  # category -> kinds
    newest: Mapping[str, float]  # kind -> its newest link, from which recency counts where a snapshot has no time
    blocks: tuple[Block, ...] = ()
    base_rate: float = 0.5  # share of bad outcomes in training, towards which thin neighbourhoods are shrunk

    @cached_property
    def width(self) -> int:
        return sum(len(block.columns) for block in self.blocks)

    @cached_property
    def _slices(self) -> dict[str, slice]:
        found, start = {}, 0
        for block in self.blocks:
            found[block.name] = slice(start, start + len(block.columns))
            start += len(block.columns)
        return found

    def slice(self, name: str) -> slice:
        """The columns of a block."""
        return self._slices[name]

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(sorted(self.kinds))

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "columns": [[c.attribute, c.word, c.center, c.scale] for c in self.columns],
            "party_kinds": list(self.party_kinds),
            "kinds": {category: list(kinds) for category, kinds in sorted(self.kinds.items())},
            "newest": dict(sorted(self.newest.items())),
            "blocks": [[b.name, sorted(b.needs), list(b.columns)] for b in self.blocks],
            "base_rate": self.base_rate,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> FeatureSpec:
        """Raises ValueError for a feature list of another format."""
        if value["format"] != FORMAT:
            raise ValueError(f"feature list of format {value['format']!r}, this Kith computes {FORMAT}")
        return FeatureSpec(
            tuple(Column(*c) for c in value["columns"]),
            tuple(value["party_kinds"]),
            {category: tuple(kinds) for category, kinds in value["kinds"].items()},
            {kind: float(time) for kind, time in value["newest"].items()},
            tuple(Block(name, frozenset(needs), tuple(columns)) for name, needs, columns in value["blocks"]),
            float(value["base_rate"]),
        )

    def digest(self) -> str:
        """SHA-256 of the feature list."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KnownOutcomes:
    """Outcomes that may be read: y float32[n], 1 bad, 0 not, NaN unknown."""

    y: Floats

    @staticmethod
    def all(y: Floats) -> KnownOutcomes:
        return KnownOutcomes(np.asarray(y, np.float32))

    @staticmethod
    def of(y: Floats, rows: npt.NDArray[np.integer[Any]]) -> KnownOutcomes:
        """Only the outcomes of these rows."""
        known = np.full(len(y), np.nan, np.float32)
        known[rows] = y[rows]
        return KnownOutcomes(known)


@dataclass(frozen=True, slots=True)
class Features:
    """values float32[n, spec.width]."""

    values: Floats
    spec: FeatureSpec


@dataclass(frozen=True)
class Static:
    """What does not depend on outcomes; computed once for many choices of known outcomes.

    columns and names per block; `near` the neighbourhood of each category.
    """

    near: Mapping[str, Neighbourhood]
    values: Mapping[str, Floats]
    names: Mapping[str, tuple[str, ...]]


def fit_spec(snapshot: Snapshot) -> FeatureSpec:
    """Decide on the features of a network: scales from medians and quartiles, words by frequency, kinds present."""
    columns: list[Column] = []
    for name in sorted(snapshot.numeric.keys() - snapshot.protected):
        present = ~np.isnan(snapshot.numeric[name])
        values = np.asarray(np.sort(snapshot.numeric[name][present]), np.float64)
        if len(values) and values[0] != values[-1]:
            columns.append(_scaled(name, values))
    for name in sorted(snapshot.categorical.keys() - snapshot.protected):
        codes, words = snapshot.categorical[name]
        count = np.bincount(codes[codes >= 0], minlength=len(words))
        common = sorted(range(len(words)), key=lambda w: (-count[w], words[w]))[:MOST_WORDS]
        columns += [Column(name, words[w]) for w in sorted(common) if count[w] > 1]
    kinds: dict[str, list[str]] = {}
    for kind, info in sorted(snapshot.kinds.items()):
        kinds.setdefault(info.category, []).append(kind)
    newest = {kind: newest_link(snapshot, kind) for kind in sorted(snapshot.kinds)}
    spec = FeatureSpec(tuple(columns), snapshot.party_kinds, {c: tuple(k) for c, k in sorted(kinds.items())}, newest)
    static = compute_static(spec, snapshot)
    blocks = [Block("own", frozenset(), static.names["own"])]
    for name, needs in _paths(spec).items():
        blocks.append(Block(name, needs, (*static.names[name], *_label_names(name, needs))))
    return replace(spec, blocks=tuple(blocks))


def _scaled(name: str, values: npt.NDArray[np.float64]) -> Column:
    low, middle, high = (float(values[int(q * (len(values) - 1))]) for q in (0.25, 0.5, 0.75))
    spread = (high - low) or float(np.sort(np.abs(values - middle))[int(0.95 * (len(values) - 1))]) or 1.0
    return Column(name, None, middle, spread)


def _paths(spec: FeatureSpec) -> dict[str, frozenset[str]]:
    """Blocks beside the own record: one for each category, and for short lists each ordered pair of two."""
    paths = {category: frozenset({category}) for category in spec.categories}
    if len(spec.categories) <= MIXED_UP_TO:
        paths |= {f"{a}>{b}": frozenset({a, b}) for a, b in permutations(spec.categories, 2)}
    return paths


def own_columns(spec: FeatureSpec, snapshot: Snapshot) -> Floats:
    """The party's own attributes, scaled and squeezed into -8..8 (asinh), float32[n, w], NaN missing."""
    out = np.full((snapshot.n_parties, len(spec.columns)), np.nan, np.float32)
    for i, column in enumerate(spec.columns):
        if column.word is None and column.attribute in snapshot.numeric:
            scaled = (snapshot.numeric[column.attribute].astype(np.float64) - column.center) / column.scale
            out[:, i] = np.clip(np.arcsinh(scaled), -LARGEST, LARGEST)
        elif column.word is not None and column.attribute in snapshot.categorical:
            codes, words = snapshot.categorical[column.attribute]
            wanted = words.index(column.word) if column.word in words else -2
            out[:, i] = np.where(codes < 0, np.nan, codes == wanted)
    return out


def compute_static(spec: FeatureSpec, snapshot: Snapshot) -> Static:
    """Everything that does not read outcomes."""
    own = own_columns(spec, snapshot)
    kind = np.stack([_is_kind(snapshot, name) for name in spec.party_kinds], axis=1)
    known_share: Floats = ((~np.isnan(own)).sum(axis=1) / max(own.shape[1], 1)).astype(np.float32)[:, None]
    names: dict[str, tuple[str, ...]] = {
        "own": (*(c.name for c in spec.columns), *(f"kind={k}" for k in spec.party_kinds), "known")
    }
    values: dict[str, Floats] = {"own": np.concatenate([own, kind, known_share], axis=1)}
    near = {category: neighbourhood(snapshot, category) for category in spec.categories}
    seen = np.concatenate([own, kind[:, : len(spec.party_kinds) if len(spec.party_kinds) > 1 else 0]], axis=1)
    for category in spec.categories:
        names[category], values[category] = _category_block(spec, snapshot, category, near[category], seen)
    for name, needs in _paths(spec).items():
        if len(needs) == 2:
            first, second = (near[category] for category in name.split(">"))
            mean = _column_form(means(second, own))
            degree = _column_form(np.log1p(second.degree)[:, None])
            values[name] = np.asarray(means(first, np.concatenate([mean, degree], axis=1)), np.float32)
            names[name] = (*(f"{name}.mean.{c.name}" for c in spec.columns), f"{name}.mean.degree")
    return Static(near, values, names)


def _is_kind(snapshot: Snapshot, name: str) -> Floats:
    if name not in snapshot.party_kinds:
        return np.zeros(snapshot.n_parties, np.float32)
    found: Floats = (snapshot.party_kind == snapshot.party_kinds.index(name)).astype(np.float32)
    return found


def _column_form(x: npt.NDArray[np.float64]) -> Floats:
    return np.clip(x, -LARGEST, LARGEST).astype(np.float32)


def _category_block(
    spec: FeatureSpec, snapshot: Snapshot, category: str, near: Neighbourhood, seen: Floats
) -> tuple[tuple[str, ...], Floats]:
    """Links by kind, then what the neighbours are like, one and two hops away."""
    degree = _column_form(np.log1p(near.degree)[:, None])
    names, columns = ["degree"], [degree]
    for kind in spec.kinds[category]:
        if kind in snapshot.kinds:
            now = spec.newest.get(kind, 0.0) if snapshot.as_of is None else snapshot.as_of
            of_kind, side = link_columns(snapshot, snapshot.kinds[kind], now)
            names += of_kind
            columns.append(side)
    around_names, around = _around(spec, near, np.concatenate([seen, degree], axis=1))
    return tuple(f"{category}.{name}" for name in [*names, *around_names]), np.concatenate([*columns, *around], axis=1)


def _around(spec: FeatureSpec, near: Neighbourhood, x: Floats) -> tuple[list[str], list[Floats]]:
    """Statistics over neighbours of what is seen of each: attributes, kinds where there are several, degree."""
    seen = [column.name for column in spec.columns]
    seen += [f"kind={kind}" for kind in spec.party_kinds] if x.shape[1] > len(seen) + 1 else []
    seen.append("degree")
    numbers = [i for i, column in enumerate(spec.columns) if column.word is None] + [x.shape[1] - 1]
    mean = _column_form(means(near, x))
    parts = {"mean": mean, "std": deviations(near, x), "rare": rarity_weighted_means(near, x), "two": means(near, mean)}
    names = [f"{part}.{name}" for part in parts for name in seen]
    columns = [np.asarray(part, np.float32) for part in parts.values()]
    for part, values in {"q": x, "two.q": mean}.items():
        names += [f"{part}{q}.{seen[i]}" for i in numbers for q in QUANTILES]
        columns.append(quantiles(near, values[:, numbers]))
    return names, columns


LABELS: Final = ("known", "bad", "bad.rare", "bad.two", *(f"bad.q{q}" for q in QUANTILES))
MIXED_LABELS: Final = ("bad.two",)


def _label_names(name: str, needs: frozenset[str]) -> tuple[str, ...]:
    return tuple(f"{name}.{label}" for label in (LABELS if len(needs) == 1 else MIXED_LABELS))


def compute(spec: FeatureSpec, snapshot: Snapshot, known: KnownOutcomes, static: Static | None = None) -> Features:
    """All features of every party. `static` may be handed in where many outcomes meet one snapshot."""
    static = compute_static(spec, snapshot) if static is None else static
    parts: list[Floats] = []
    for block in spec.blocks:
        values = _aligned(spec, block, static)
        if block.needs:
            labels = _labels(block, static, known.y, folds(static.values["own"], values), spec.base_rate)
            values = np.concatenate([values, labels], axis=1)
            values[~_reached(block, static)] = np.nan
        parts.append(values)
    return Features(np.concatenate(parts, axis=1).astype(np.float32), spec)


def _aligned(spec: FeatureSpec, block: Block, static: Static) -> Floats:
    """The block's static columns in the spec's order; a column this network does not have is missing."""
    labels = len(_label_names(block.name, block.needs)) if block.needs else 0
    wanted = block.columns[: len(block.columns) - labels]
    there = static.names.get(block.name, ())
    values = static.values.get(block.name, np.empty((len(static.values["own"]), 0), np.float32))
    if wanted == there:
        return values.copy()
    position = {name: i for i, name in enumerate(there)}
    out = np.full((len(values), len(wanted)), np.nan, np.float32)
    for i, name in enumerate(wanted):
        if name in position:
            out[:, i] = values[:, position[name]]
    return out


def _reached(block: Block, static: Static) -> npt.NDArray[np.bool_]:
    """bool[n]: parties for whom the block says anything; for the rest it is missing, as in a network without it."""
    return np.asarray(static.near[block.name.split(">")[0]].degree > 0)


def folds(own: Floats, block: Floats) -> npt.NDArray[np.int64]:
    """A fold 0..FOLDS-1 for each party, from content alone: equal content, equal fold, whatever the id or the row."""
    content = np.ascontiguousarray(np.nan_to_num(np.concatenate([own, block], axis=1), nan=-99.0) + np.float32(0))
    bits = content.view(np.uint32).astype(np.uint64)
    factors = np.random.default_rng(0).integers(1, 2**63, content.shape[1], np.uint64) | np.uint64(1)
    mixed = (bits * factors).sum(axis=1, dtype=np.uint64)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    return np.asarray(mixed % np.uint64(FOLDS), np.int64)


def _labels(block: Block, static: Static, y: Floats, fold: npt.NDArray[np.int64], base: float) -> Floats:
    """Label columns: for parties with an outcome from the other folds, for the rest from all."""
    near = [static.near[category] for category in block.name.split(">")]
    known = ~np.isnan(y)
    out = _spread(near, y, base, 1.0)
    for k in range(FOLDS):
        mine = known & (fold == k)
        if mine.any():
            out[mine] = _spread(near, np.where(fold == k, np.float32(np.nan), y), base, FOLDS / (FOLDS - 1))[mine]
    return out


def _spread(near: list[Neighbourhood], y: Floats, base: float, share: float) -> Floats:
    """What known outcomes say along a path: LABELS for one category, MIXED_LABELS for two.

    `share` corrects the number of known neighbours for the fold that is hidden.
    """
    known = ~np.isnan(y)
    inner = near[-1]
    counts = neighbour_sum(inner.plan, on_grid(np.stack([known, known & (y == 1)], axis=1).astype(np.float32)))
    rate = ((counts[:, 1] + SHRINK * base) / (counts[:, 0] + SHRINK)).astype(np.float32)[:, None]
    rate[inner.degree == 0] = np.nan
    two = means(near[0], rate)
    if len(near) == 2:
        return np.asarray(two, np.float32)
    rare = rarity_weighted_means(inner, y[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = share * counts[:, :1] / inner.degree[:, None]
    columns = [seen, rate, np.where(np.isnan(rare), base, rare), two]
    return np.concatenate([*(np.asarray(c, np.float32) for c in columns), quantiles(inner, rate)], axis=1)


def masked(values: Floats, spec: FeatureSpec, present: frozenset[str]) -> Floats:
    """A copy in which every block that needs an absent category is missing."""
    out = values.copy()
    for block in spec.blocks:
        if not block.needs <= present:
            out[:, spec.slice(block.name)] = np.nan
    return out

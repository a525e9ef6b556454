"""The feature list: which columns there are, in which blocks, and what each block needs.

Features come in blocks. A block names the categories on its path (`needs`); without one of them the whole block is
missing (NaN), which is exactly what a network without those links gives. No feature is made of an id, a row number,
a protected attribute or links of several categories at once. `gnn.features.featurizer` computes them.
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

from gnn.arrays import F32, I64
from gnn.features import label_features, label_features_by_kind, link_features
from gnn.features.link_features import LinkColumns
from gnn.propagation.aggregators import QUANTILES
from graph.snapshots.snapshot import Snapshot

FORMAT: Final = 4
MOST_WORDS: Final = 12  # words of a text column that become columns of their own, in order of frequency
FINER: Final = ("std.", "rare.", "alike.", "allied.", "two.q0")  # how names of statistics over neighbours begin
PLAIN: Final = ("mean.", "two.", "apart.", "below.", "q0")
MIXED_UP_TO: Final = 4  # paths over two different categories are featurised up to this many categories


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
    kinds: Mapping[str, tuple[LinkColumns, ...]]  # category -> what is told of the links of each kind
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
            "kinds": {
                category: [[k.kind, k.symmetric, list(k.statistics), k.newest] for k in kinds]
                for category, kinds in sorted(self.kinds.items())
            },
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
            {
                category: tuple(
                    LinkColumns(kind, bool(both), tuple(told), float(new)) for kind, both, told, new in kinds
                )
                for category, kinds in value["kinds"].items()
            },
            tuple(Block(name, frozenset(needs), tuple(columns)) for name, needs, columns in value["blocks"]),
            float(value["base_rate"]),
        )

    def digest(self) -> str:
        """SHA-256 of the feature list."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


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
    kinds: dict[str, list[LinkColumns]] = {}
    for _, info in sorted(snapshot.kinds.items()):
        kinds.setdefault(info.category, []).append(link_features.fit_link_columns(snapshot, info))
    spec = FeatureSpec(tuple(columns), snapshot.party_kinds, {c: tuple(k) for c, k in sorted(kinds.items())})
    blocks = [Block("own", frozenset(), self_feature_names(spec))]
    for path, needs in paths(spec).items():
        blocks.append(Block(path, needs, (*label_free_names(spec, path), *label_feature_names(spec, path))))
    return replace(spec, blocks=tuple(blocks))


def _scaled(name: str, values: npt.NDArray[np.float64]) -> Column:
    low, middle, high = (float(values[int(q * (len(values) - 1))]) for q in (0.25, 0.5, 0.75))
    spread = (high - low) or float(np.sort(np.abs(values - middle))[int(0.95 * (len(values) - 1))]) or 1.0
    return Column(name, None, middle, spread)


def paths(spec: FeatureSpec) -> dict[str, frozenset[str]]:
    """Blocks beside the own record: one for each category, and for short lists each ordered pair of two."""
    paths = {category: frozenset({category}) for category in spec.categories}
    if len(spec.categories) <= MIXED_UP_TO:
        paths |= {f"{a}>{b}": frozenset({a, b}) for a, b in permutations(spec.categories, 2)}
    return paths


def self_feature_names(spec: FeatureSpec) -> tuple[str, ...]:
    return (*(column.name for column in spec.columns), *(f"kind={kind}" for kind in spec.party_kinds), "known")


def visible_attribute_names(spec: FeatureSpec) -> list[str]:
    """What neighbours see of a party: its attributes, and its kind where there are several."""
    kinds = spec.party_kinds if len(spec.party_kinds) > 1 else ()
    return [*(column.name for column in spec.columns), *(f"kind={kind}" for kind in kinds)]


def number_columns(spec: FeatureSpec) -> list[int]:
    """Of what is seen and the degree behind it, the columns that are no yes or no: quantiles and ranks are of these."""
    return [i for i, column in enumerate(spec.columns) if column.word is None] + [len(visible_attribute_names(spec))]


def label_free_names(spec: FeatureSpec, path: str) -> tuple[str, ...]:
    """The columns of `gnn.features.featurizer.static_block`, in its order."""
    if ">" in path:
        return (*(f"{path}.mean.{column.name}" for column in spec.columns), f"{path}.mean.degree")
    seen = [*visible_attribute_names(spec), "degree"]
    numbers = [seen[i] for i in number_columns(spec)]
    names = ["degree", *(name for kind in spec.kinds[path] for name in kind.names)]
    names += ["closed", "jaccard", "allied"]
    names += [f"{part}.{name}" for part in ("mean", "std", "rare", "alike", "allied", "two") for name in seen]
    names += [f"{part}.{name}" for part in ("apart", "below") for name in numbers]
    names += [f"{part}{q}.{name}" for part in ("q", "two.q") for name in numbers for q in QUANTILES]
    return tuple(f"{path}.{name}" for name in names)


def label_feature_names(spec: FeatureSpec, path: str) -> tuple[str, ...]:
    """The columns that read known outcomes: those of `label_features`, then of `label_features_by_kind`."""
    names = label_features.names(paths(spec)[path])
    return tuple(f"{path}.{name}" for name in (*names, *label_features_by_kind.names(spec.kinds.get(path, ()))))


def feature_subsets(spec: FeatureSpec) -> tuple[I64, I64, I64]:
    """Nested choices of columns, int64 ascending each, for trees that differ in what they read.

    All of them; without the finer statistics of what neighbours are like; without any, which leaves the own record, the
    party's own links, and the known outcomes around it.
    """
    return _columns_without(spec, ()), _columns_without(spec, FINER), _columns_without(spec, (*FINER, *PLAIN))


def _columns_without(spec: FeatureSpec, said: tuple[str, ...]) -> I64:
    kept = []
    for block in spec.blocks:
        barred = tuple(f"{block.name}.{part}" for part in said) if block.needs else ()
        kept += [not name.startswith(barred) for name in block.columns]
    return np.flatnonzero(kept)


def masked(values: F32, spec: FeatureSpec, present: frozenset[str]) -> F32:
    """A copy in which every block that needs an absent category is missing."""
    out = values.copy()
    for block in spec.blocks:
        if not block.needs <= present:
            out[:, spec.slice(block.name)] = np.nan
    return out

"""The feature list: which columns there are, in which blocks, and what each block needs.

Features come in blocks. A block names the categories on its path (`needs`); without one of them the whole block is
missing (NaN), which is exactly what a network without those links gives. No feature is made of an id, a row number,
a protected attribute or links of several categories at once. `gnn.features.featurizer` computes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, I64, Bools
from gnn.features import label_features, label_features_by_kind, link_features
from gnn.features.columns.neighbour import MOST_COLUMNS, Read, fit_read, shown_names
from gnn.features.columns.record import Column, fit_columns
from gnn.features.families import BY_NAME, Group
from gnn.features.link_features import LinkColumns
from gnn.features.positions import Basis
from gnn.features.statements.backed_network import backed_network
from gnn.features.targets import DEFAULT_OR_FRAUD, BadOutcome
from gnn.propagation.aggregators import QUANTILES
from graph.snapshots.snapshot import Snapshot

FORMAT: Final = 8
STATISTICS: Final = ("mean", "two_hop_mean", "diff_to_two_hop_mean", "percentile_rank")  # then quantiles
SELF: Final = "self"  # the block of the party itself
COMPLETENESS: Final = "completeness"
NO_BASES: Final[Mapping[str, Basis]] = {}
MIXED_UP_TO: Final = 4  # paths over two different categories are featurised up to this many categories


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that are present or missing together. `needs` is empty for the party's own record."""

    name: str
    needs: frozenset[str]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeatureColumn:
    """One column of a feature table: the name of its family (`gnn.features.families`) and its own."""

    family: str
    name: str


@dataclass(frozen=True)
class FeatureSpec:
    """What the features are; a model carries the spec it was trained with and refuses any other."""

    columns: tuple[Column, ...]
    party_kinds: tuple[str, ...]
    kinds: Mapping[str, tuple[LinkColumns, ...]]  # category -> the columns of the links of each kind
    blocks: tuple[Block, ...] = ()
    base_rate: float = 0.5  # share of bad outcomes in training, towards which thin neighbourhoods are shrunk
    bases: Mapping[str, Basis] = field(
        default_factory=dict
    )  # category -> the landmarks by which parties have positions
    bad: BadOutcome = DEFAULT_OR_FRAUD  # which known outcomes count as bad, as in training
    read: Read = field(default_factory=dict)  # block -> family -> what it reads of what neighbours show

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

    @cached_property
    def reads_outcomes(self) -> Bools:
        """Bools[width]: the columns that read known outcomes. Each rises with every bad outcome around a party."""
        read = {one.name for block in self.blocks if block.needs for one in label_columns(self, block.name)}
        return np.array([name in read for block in self.blocks for name in block.columns], np.bool_)

    @cached_property
    def label_free_names(self) -> tuple[str, ...]:
        """The names of the other columns."""
        names = [name for block in self.blocks for name in block.columns]
        return tuple(name for name, reads in zip(names, self.reads_outcomes.tolist(), strict=True) if not reads)

    @cached_property
    def families(self) -> npt.NDArray[np.str_]:
        """The name of the family of each column, str[width]."""
        family = {
            block.name: {one.name: one.family for one in block_columns(self, block.name)} for block in self.blocks
        }
        return np.array([family[block.name][name] for block in self.blocks for name in block.columns], np.str_)

    @cached_property
    def groups(self) -> npt.NDArray[np.str_]:
        """The name of the group of each column, str[width]."""
        return np.array([BY_NAME[family].group.name for family in self.families.tolist()], np.str_)

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
            "bases": {
                category: [basis.width, hashlib.sha256(basis.content).hexdigest()]
                for category, basis in sorted(self.bases.items())
            },
            "late_from": self.bad.late_from,
            "read": {block: {family: list(names) for family, names in of.items()} for block, of in self.read.items()},
        }

    @staticmethod
    def from_json(value: Mapping[str, Any], landmarks: Mapping[str, bytes] | None = None) -> FeatureSpec:
        """The feature list, with the contents of its bases by category.

        Raises ValueError for a feature list of another format.
        """
        if value["format"] != FORMAT:
            raise ValueError(f"feature list of format {value['format']!r}, this Kith computes {FORMAT}")
        return FeatureSpec(
            tuple(Column(*c) for c in value["columns"]),
            tuple(value["party_kinds"]),
            {
                category: tuple(
                    LinkColumns(kind, bool(both), tuple(names), float(new)) for kind, both, names, new in kinds
                )
                for category, kinds in value["kinds"].items()
            },
            tuple(Block(name, frozenset(needs), tuple(columns)) for name, needs, columns in value["blocks"]),
            float(value["base_rate"]),
            {category: Basis(width, (landmarks or {})[category]) for category, (width, _) in value["bases"].items()},
            BadOutcome(value["late_from"]),
            {block: {family: tuple(names) for family, names in of.items()} for block, of in value["read"].items()},
        )

    def digest(self) -> str:
        """SHA-256 of the feature list."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


def fit_spec(snapshot: Snapshot, most_columns: int = MOST_COLUMNS) -> FeatureSpec:
    """The features of a network: columns of its attributes, the kinds present, and statistics that tell parties apart.

    most_columns: beyond which the finest statistics are left out (`gnn.features.columns.neighbour`).
    """
    network = backed_network(snapshot)
    kinds: dict[str, list[LinkColumns]] = {}
    for _, info in sorted(network.kinds.items()):
        kinds.setdefault(info.category, []).append(link_features.fit_link_columns(network, info))
    columns, by_category = fit_columns(snapshot), {c: tuple(k) for c, k in sorted(kinds.items())}
    bare = with_bases(FeatureSpec(columns, snapshot.party_kinds, by_category))
    read = fit_read(network, columns, snapshot.party_kinds, paths(bare), bare.width, most_columns)
    return with_bases(replace(bare, read=read))


def with_bases(spec: FeatureSpec, bases: Mapping[str, Basis] = NO_BASES) -> FeatureSpec:
    """The feature list with positions by these bases, and all its blocks."""
    spec = replace(spec, bases=dict(bases))
    needs = {SELF: frozenset[str](), **paths(spec)}
    blocks = [Block(name, needs[name], tuple(one.name for one in block_columns(spec, name))) for name in needs]
    return replace(spec, blocks=tuple(blocks))


def paths(spec: FeatureSpec) -> dict[str, frozenset[str]]:
    """Blocks beside the own record: one for each category, and for short lists each ordered pair of two."""
    paths = {category: frozenset({category}) for category in spec.categories}
    if len(spec.categories) <= MIXED_UP_TO:
        paths |= {f"{a}>{b}": frozenset({a, b}) for a, b in permutations(spec.categories, 2)}
    return paths


def self_columns(spec: FeatureSpec) -> tuple[FeatureColumn, ...]:
    """The columns of the party itself."""
    return (
        *(FeatureColumn("attribute" if one.word is None else "word", one.name) for one in spec.columns),
        *(FeatureColumn("party_kind", f"kind={kind}") for kind in spec.party_kinds),
        FeatureColumn("completeness", COMPLETENESS),
    )


def visible_attribute_names(spec: FeatureSpec) -> tuple[str, ...]:
    """What a party shows its neighbours beside its degree: its attributes, and its kind where there are several."""
    return shown_names(spec.columns, spec.party_kinds)[:-1]


def read_places(spec: FeatureSpec, path: str, family: str) -> I64:
    """The places of what a statistic of a block reads among what a party shows, I64 ascending."""
    place = {name: i for i, name in enumerate(shown_names(spec.columns, spec.party_kinds))}
    return np.array([place[name] for name in spec.read.get(path, {}).get(family, ())], np.int64)


def label_free_columns(spec: FeatureSpec, path: str) -> tuple[FeatureColumn, ...]:
    """The columns of a block that read no outcomes, in the order in which `gnn.features.featurizer` computes them."""
    read = spec.read.get(path, {})
    if ">" in path:
        return tuple(FeatureColumn("path_mean", f"{path}.mean.{name}") for name in read.get("path_mean", ()))
    found = [("degree", "degree")]
    found += [(statistic, name) for kind in spec.kinds[path] for statistic, name in kind.columns]
    found += [(name, name) for name in ("clustering_coefficient", "jaccard", "resource_allocation")]
    found += [(family, f"{family}.{name}") for family in STATISTICS for name in read.get(family, ())]
    found += [("quantile", f"q{q}.{name}") for name in read.get("quantile", ()) for q in QUANTILES]
    found += [("position", f"position_{i + 1}") for i in range(n_positions(spec, path))]
    return tuple(FeatureColumn(family, f"{path}.{name}") for family, name in found)


def n_positions(spec: FeatureSpec, path: str) -> int:
    """How many positions a block has; they are the last of its columns that read no outcomes."""
    return spec.bases[path].width if path in spec.bases else 0


def label_columns(spec: FeatureSpec, path: str) -> tuple[FeatureColumn, ...]:
    """The columns of a block that read known outcomes: those of `label_features`, then of `label_features_by_kind`."""
    found = (
        *label_features.columns(paths(spec)[path]),
        *label_features_by_kind.columns(spec.kinds.get(path, ())),
    )
    return tuple(FeatureColumn(family, f"{path}.{name}") for family, name in found)


def block_columns(spec: FeatureSpec, name: str) -> tuple[FeatureColumn, ...]:
    """All columns of a block, in order."""
    if name == SELF:
        return self_columns(spec)
    return (*label_free_columns(spec, name), *label_columns(spec, name))


@dataclass(frozen=True, slots=True)
class FeatureSubsets:
    """Columns for learners that differ in what they read, I64 ascending.

    plain: all but positions. links: without statistics over neighbours too, which leaves the party itself, its own
    links, and the known outcomes around it.
    """

    plain: I64
    links: I64


def feature_subsets(spec: FeatureSpec) -> FeatureSubsets:
    """The subsets of the columns of a feature list."""
    plain = spec.groups != Group.POSITIONS.name
    return FeatureSubsets(np.flatnonzero(plain), np.flatnonzero(plain & (spec.groups != Group.NEIGHBOURS.name)))


def masked(values: F32, spec: FeatureSpec, present: frozenset[str]) -> F32:
    """A copy in which every block that needs an absent category is missing."""
    out = values.copy()
    for block in spec.blocks:
        if not block.needs <= present:
            out[:, spec.slice(block.name)] = np.nan
    return out

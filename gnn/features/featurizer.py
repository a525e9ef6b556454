"""The featuriser, one for training and serving: from a snapshot and known outcomes to float32[n, width].

The columns are those of a `gnn.features.spec.FeatureSpec`, block by block. Known outcomes reach a party only through
others (`gnn.features.label_features`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, I64, RowIndex
from gnn.features import label_features, label_features_by_kind, link_features
from gnn.features.compatibility import refuse_unfit
from gnn.features.label_features import LabelVector
from gnn.features.spec import (
    Block,
    FeatureSpec,
    label_feature_names,
    label_free_names,
    number_columns,
    paths,
    self_feature_names,
    visible_attribute_names,
)
from gnn.propagation.aggregators import (
    QUANTILES,
    deviations,
    edge_weighted_means,
    inverse_degree_means,
    means,
    means_excluding_self,
    percentile_ranks,
    quantiles,
)
from gnn.propagation.neighbourhood import Neighbourhood, neighbourhood, with_rows_replaced
from gnn.propagation.two_hop import MessageFlow, message_flow, triadic_closure
from graph.snapshots.snapshot import Snapshot

LARGEST: Final = 8.0  # bound of the exact grid


@dataclass(frozen=True, slots=True)
class Features:
    """values float32[n, spec.width]."""

    values: F32
    spec: FeatureSpec


@dataclass(frozen=True)
class LabelFreeFeatures:
    """What does not depend on outcomes; computed once for many choices of known outcomes.

    values and names of each block's columns; `near` the neighbourhood of each category, `hops` those of each block;
    `seen` float32[n, s] is what a party shows its neighbours.
    """

    near: Mapping[str, Neighbourhood]
    hops: Mapping[str, MessageFlow]
    seen: F32
    values: Mapping[str, F32]
    names: Mapping[str, tuple[str, ...]]


def self_columns(spec: FeatureSpec, snapshot: Snapshot) -> F32:
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


def _is_kind(snapshot: Snapshot, name: str) -> F32:
    if name not in snapshot.party_kinds:
        return np.zeros(snapshot.n_parties, np.float32)
    found: F32 = (snapshot.party_kind == snapshot.party_kinds.index(name)).astype(np.float32)
    return found


def _column_form(x: npt.NDArray[np.float64]) -> F32:
    return np.clip(x, -LARGEST, LARGEST).astype(np.float32)


def _degree_column(degree: npt.NDArray[np.float64]) -> F32:
    return _column_form(np.log1p(degree)[:, None])


def compute_label_free(spec: FeatureSpec, snapshot: Snapshot) -> LabelFreeFeatures:
    """Everything that does not read outcomes. Raises ModelError where the snapshot does not allow the features.

    Whatever scores or judges comes through here, so no path can forget to ask.
    """
    refuse_unfit(spec, snapshot)
    own = self_columns(spec, snapshot)
    kind = np.stack([_is_kind(snapshot, name) for name in spec.party_kinds], axis=1)
    known_share: F32 = ((~np.isnan(own)).sum(axis=1) / max(own.shape[1], 1)).astype(np.float32)[:, None]
    seen = np.concatenate([own, kind], axis=1)[:, : len(visible_attribute_names(spec))]
    near = {category: neighbourhood(snapshot, category) for category in spec.categories}
    hops = {path: message_flow(near, path) for path in paths(spec)}
    values = {path: _static_block(spec, path, hops[path], near, seen, snapshot) for path in hops}
    names = {path: label_free_names(spec, path) for path in hops}
    values["own"], names["own"] = np.concatenate([own, kind, known_share], axis=1), self_feature_names(spec)
    return LabelFreeFeatures(near, hops, seen, values, names)


def _static_block(
    spec: FeatureSpec, path: str, hops: MessageFlow, near: Mapping[str, Neighbourhood], seen: F32, snapshot: Snapshot
) -> F32:
    """The columns of a block that read no outcomes, of the receivers of `hops`: float32[k, len(_static_names)]."""
    if ">" in path:
        attributes = seen[:, : len(spec.columns)][hops.sources]
        said = [_column_form(means(hops.inner, attributes)), _degree_column(hops.inner.degree)]
        return np.asarray(means(hops.outer, np.concatenate(said, axis=1)), np.float32)
    degree = near[path].degree
    shown = [np.concatenate([seen[of], _degree_column(degree[of])], axis=1) for of in _places(hops)]
    parts = [_degree_column(degree[hops.rows])]
    parts += [link_features.compute(kind, snapshot, hops.rows) for kind in spec.kinds[path]]
    parts += [triadic_closure(hops.overlap, hops.outer), *_around(spec, hops, *shown)]
    return np.concatenate(parts, axis=1)


def _places(hops: MessageFlow) -> tuple[RowIndex, RowIndex, RowIndex]:
    return hops.rows, hops.middle, hops.sources


def _around(spec: FeatureSpec, hops: MessageFlow, own: F32, heard: F32, beyond: F32) -> list[F32]:
    """Statistics over neighbours of what they show, one and two hops away.

    own float32[k, w] is what the receivers show, `heard` what the middle parties do, `beyond` what the sources do.
    """
    outer, numbers = hops.outer, number_columns(spec)
    mean = means(outer, heard)
    two, spread = means_excluding_self(outer, hops.inner, own, beyond)
    found = [
        _column_form(mean),
        deviations(outer, heard, mean),
        inverse_degree_means(outer, heard, hops.inner.degree),
        edge_weighted_means(outer, heard, hops.overlap.jaccard),
        edge_weighted_means(outer, heard, hops.overlap.resource_allocation),
        _column_form(two),
        _column_form(own[:, numbers] - two[:, numbers]),
        percentile_ranks(outer, own[:, numbers], heard[:, numbers]),
        quantiles(outer, heard[:, numbers]),
        spread.reshape(len(own), -1, len(QUANTILES))[:, numbers].reshape(len(own), -1),
    ]
    return [np.asarray(columns, np.float32) for columns in found]


def compute(
    spec: FeatureSpec, snapshot: Snapshot, known: LabelVector, static: LabelFreeFeatures | None = None
) -> Features:
    """All features of every party, from every known outcome but its own. `static` may be handed in."""

    def told(block: Block, hops: MessageFlow, _: F32) -> F32:
        return _outcomes_around(spec, snapshot, block, hops, known.y)

    return _computed(spec, snapshot, static, told)


def compute_for_training(
    spec: FeatureSpec, snapshot: Snapshot, known: LabelVector, static: LabelFreeFeatures | None = None
) -> Features:
    """The same, but parties with a known outcome hear those of other folds only."""
    static = compute_label_free(spec, snapshot) if static is None else static

    def told(block: Block, hops: MessageFlow, values: F32) -> F32:
        fold = label_features.folds(static.values["own"], values)
        return label_features.out_of_fold(partial(_outcomes_around, spec, snapshot, block), hops, known.y, fold)

    return _computed(spec, snapshot, static, told)


def _outcomes_around(spec: FeatureSpec, snapshot: Snapshot, block: Block, hops: MessageFlow, y: F32) -> F32:
    """The columns of a block that read outcomes, of the receivers of `hops`: float32[k, len(label_feature_names)]."""
    around = label_features.of_others(hops, y, spec.base_rate, len(block.needs) == 2)
    by_kind = label_features_by_kind.compute(spec.kinds.get(block.name, ()), snapshot, hops.rows, y, spec.base_rate)
    return np.concatenate([around, by_kind], axis=1)


_Told = Callable[[Block, MessageFlow, F32], F32]


def _computed(spec: FeatureSpec, snapshot: Snapshot, static: LabelFreeFeatures | None, told: _Told) -> Features:
    static = compute_label_free(spec, snapshot) if static is None else static
    parts = []
    for block in spec.blocks:
        values = _aligned(spec, block, static.names[block.name], static.values[block.name])
        parts.append(_with_labels(block, static.hops.get(block.name), values, told))
    return Features(np.concatenate(parts, axis=1).astype(np.float32), spec)


def compute_rows(
    spec: FeatureSpec,
    changed_snapshot: Snapshot,
    known: LabelVector,
    static: LabelFreeFeatures,
    rows: I64,
    touched: Mapping[str, I64],
) -> F32:
    """The features of a few parties after a change, float32[k, width], to the bit those of `compute` on all of it.

    static: of the network before the change. touched: of each category that changed, the parties at the ends of the
    changed links (ascending). Attributes must not have changed.
    """
    near = dict(static.near)
    for category, ends in touched.items():
        if category in near:
            near[category] = with_rows_replaced(near[category], changed_snapshot, category, ends)
    parts = []
    for block in spec.blocks:
        if not block.needs:
            parts.append(_aligned(spec, block, static.names["own"], static.values["own"][rows]))
            continue
        hops = message_flow(near, block.name, rows)
        if block.needs & touched.keys():
            values = _static_block(spec, block.name, hops, near, static.seen, changed_snapshot)
        else:
            values = static.values[block.name][rows]
        values = _aligned(spec, block, static.names[block.name], values)
        told = _outcomes_around(spec, changed_snapshot, block, hops, known.y)
        parts.append(_reached(hops, np.concatenate([values, told], axis=1)))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _with_labels(block: Block, hops: MessageFlow | None, values: F32, told: _Told) -> F32:
    if hops is None:
        return values
    return _reached(hops, np.concatenate([values, told(block, hops, values)], axis=1))


def _reached(hops: MessageFlow, values: F32) -> F32:
    """Missing for parties to whom the block says nothing, as in a network without it."""
    values[hops.outer.degree == 0] = np.nan
    return values


def _aligned(spec: FeatureSpec, block: Block, there: tuple[str, ...], values: F32) -> F32:
    """The block's static columns in the spec's order; a column this network does not have is missing."""
    wanted = block.columns[: len(block.columns) - (len(label_feature_names(spec, block.name)) if block.needs else 0)]
    if wanted == there:
        return values.copy()
    position = {name: i for i, name in enumerate(there)}
    out = np.full((len(values), len(wanted)), np.nan, np.float32)
    for i, name in enumerate(wanted):
        if name in position:
            out[:, i] = values[:, position[name]]
    return out

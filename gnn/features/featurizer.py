"""The featurizer, one for training and serving: from a snapshot and known outcomes to F32[n, width].

The columns are those of a `gnn.features.spec.FeatureSpec`, block by block. Known outcomes reach a party only through
others (`gnn.features.label_features`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from gnn.arrays import BOUND, F32, F64, I64, RowIndex
from gnn.features import label_features, label_features_by_kind, link_features
from gnn.features.backed_network import TRUST, backed_network, ends_of_changed_statements, with_statements_of
from gnn.features.compatibility import refuse_unfit
from gnn.features.label_features import LabelVector
from gnn.features.positions import fit_basis, positions
from gnn.features.spec import (
    SELF,
    Block,
    FeatureSpec,
    label_columns,
    label_free_columns,
    n_positions,
    number_columns,
    paths,
    self_columns,
    visible_attribute_names,
    with_bases,
)
from gnn.propagation.aggregators import (
    means,
    means_excluding_self,
    percentile_ranks,
    quantiles,
)
from gnn.propagation.neighbourhood import Neighbourhood, neighbourhood, with_rows_replaced
from gnn.propagation.two_hop import MessageFlow, message_flow, triadic_closure
from graph.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Features:
    """values F32[n, spec.width]."""

    values: F32
    spec: FeatureSpec


@dataclass(frozen=True)
class LabelFreeFeatures:
    """The features that do not read outcomes, and what computing them needed; shared by all choices of outcomes.

    network is the snapshot without unbacked statements. values F32[n, w] and names of each block's columns;
    adjacency_by_category the distinct neighbours in each category; flows the message flow of each block;
    visible_attributes F32[n, s] what a party shows its neighbours.
    """

    network: Snapshot
    adjacency_by_category: Mapping[str, Neighbourhood]
    flows: Mapping[str, MessageFlow]
    visible_attributes: F32
    values: Mapping[str, F32]
    names: Mapping[str, tuple[str, ...]]


def own_attributes(spec: FeatureSpec, snapshot: Snapshot) -> F32:
    """The attributes of each party, scaled and squeezed into -8..8 (asinh), F32[n, w]; NaN where missing."""
    out = np.full((snapshot.n_parties, len(spec.columns)), np.nan, np.float32)
    for i, column in enumerate(spec.columns):
        if column.word is None and column.attribute in snapshot.numeric:
            scaled = (snapshot.numeric[column.attribute].astype(np.float64) - column.center) / column.scale
            out[:, i] = np.clip(np.arcsinh(scaled), -BOUND, BOUND)
        elif column.word is not None and column.attribute in snapshot.categorical:
            codes, words = snapshot.categorical[column.attribute]
            wanted = words.index(column.word) if column.word in words else -2
            out[:, i] = np.where(codes < 0, np.nan, codes == wanted)
    return out


def with_positions(spec: FeatureSpec, snapshot: Snapshot) -> FeatureSpec:
    """The feature list with positions in every category of this network that is large enough for them."""
    visible = _visible(spec, own_attributes(spec, snapshot), _kinds(spec, snapshot))
    network = backed_network(snapshot)
    found = {category: fit_basis(neighbourhood(network, category), visible) for category in spec.categories}
    return with_bases(spec, {category: basis for category, basis in found.items() if basis is not None})


def compute_label_free(spec: FeatureSpec, snapshot: Snapshot) -> LabelFreeFeatures:
    """The features that do not read outcomes, of every party.

    Whatever trains, tests or scores comes through here, so that no path can forget to ask what is allowed.

    Raises:
        ModelError: the snapshot does not allow the features.
    """
    refuse_unfit(spec, snapshot)
    network = backed_network(snapshot)
    attributes, kind = own_attributes(spec, snapshot), _kinds(spec, snapshot)
    known: F32 = ((~np.isnan(attributes)).sum(axis=1) / max(attributes.shape[1], 1)).astype(np.float32)[:, None]
    visible = _visible(spec, attributes, kind)
    adjacency = {category: neighbourhood(network, category) for category in spec.categories}
    flows = {path: message_flow(adjacency, path) for path in paths(spec)}
    values = {path: _label_free_block(spec, path, flows[path], adjacency, visible, network) for path in flows}
    names = {path: tuple(one.name for one in label_free_columns(spec, path)) for path in flows}
    values[SELF] = np.concatenate([attributes, kind, known], axis=1)
    names[SELF] = tuple(one.name for one in self_columns(spec))
    return LabelFreeFeatures(network, adjacency, flows, visible, values, names)


def compute(
    spec: FeatureSpec, snapshot: Snapshot, labels: LabelVector, label_free: LabelFreeFeatures | None = None
) -> Features:
    """All features of every party, from every known outcome but its own; `label_free` where computed before."""
    label_free = compute_label_free(spec, snapshot) if label_free is None else label_free

    def block_labels(block: Block, flow: MessageFlow, _: F32) -> F32:
        return _label_block(spec, label_free.network, block, flow, labels.y)

    return _assembled(spec, label_free, block_labels)


def compute_for_training(
    spec: FeatureSpec, snapshot: Snapshot, labels: LabelVector, label_free: LabelFreeFeatures | None = None
) -> Features:
    """All features of every party, in which a party with a known outcome reads only outcomes of other folds."""
    label_free = compute_label_free(spec, snapshot) if label_free is None else label_free

    def block_labels(block: Block, flow: MessageFlow, values: F32) -> F32:
        told_apart_by = values[:, : values.shape[1] - n_positions(spec, block.name)]
        fold = label_features.folds(label_free.values[SELF], told_apart_by)
        return label_features.out_of_fold(partial(_label_block, spec, label_free.network, block), flow, labels.y, fold)

    return _assembled(spec, label_free, block_labels)


def compute_rows(
    spec: FeatureSpec,
    changed_snapshot: Snapshot,
    labels: LabelVector,
    label_free: LabelFreeFeatures,
    rows: I64,
    changed_ends: Mapping[str, I64],
) -> F32:
    """The features of a few parties after a change, F32[k, width]: to the bit those of `compute` on all of it.

    label_free: of the network before the change. changed_ends: of each category that changed, the parties at the ends
    of the changed links (ascending). Attributes must not have changed.
    """
    network, changed_ends = _changed_network(label_free.network, changed_snapshot, changed_ends)
    adjacency = dict(label_free.adjacency_by_category)
    for category, ends in changed_ends.items():
        if category in adjacency:
            adjacency[category] = with_rows_replaced(adjacency[category], network, category, ends)
    parts = []
    for block in spec.blocks:
        if not block.needs:
            parts.append(_aligned(spec, block, label_free.names[SELF], label_free.values[SELF][rows]))
            continue
        flow = message_flow(adjacency, block.name, rows)
        if block.needs & changed_ends.keys():
            visible = label_free.visible_attributes
            values = _label_free_block(spec, block.name, flow, adjacency, visible, network)
        else:
            values = label_free.values[block.name][rows]
        values = _aligned(spec, block, label_free.names[block.name], values)
        read = _label_block(spec, network, block, flow, labels.y)
        parts.append(_missing_where_unlinked(flow, np.concatenate([values, read], axis=1)))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _changed_network(
    before: Snapshot, changed_snapshot: Snapshot, changed_ends: Mapping[str, I64]
) -> tuple[Snapshot, Mapping[str, I64]]:
    """The network after a change, and the ends of its changed links: a statement may have backed others."""
    if TRUST not in changed_ends:
        return with_statements_of(changed_snapshot, before), changed_ends
    network = backed_network(changed_snapshot)
    ends = np.union1d(changed_ends[TRUST], ends_of_changed_statements(before, network))
    return network, {**changed_ends, TRUST: ends}


_BlockLabels = Callable[[Block, MessageFlow, F32], F32]


def _assembled(spec: FeatureSpec, label_free: LabelFreeFeatures, block_labels: _BlockLabels) -> Features:
    """All blocks side by side, each its label-free columns and then those that `block_labels` gives."""
    parts = []
    for block in spec.blocks:
        values = _aligned(spec, block, label_free.names[block.name], label_free.values[block.name])
        flow = label_free.flows.get(block.name)
        if flow is not None:
            read = block_labels(block, flow, values)
            values = _missing_where_unlinked(flow, np.concatenate([values, read], axis=1))
        parts.append(values)
    return Features(np.concatenate(parts, axis=1).astype(np.float32), spec)


def _label_free_block(
    spec: FeatureSpec,
    path: str,
    flow: MessageFlow,
    adjacency: Mapping[str, Neighbourhood],
    visible: F32,
    snapshot: Snapshot,
) -> F32:
    """The columns of `label_free_columns` of the destinations of the flow: F32[k, columns]."""
    if ">" in path:
        attributes = visible[:, : len(spec.columns)][flow.sources]
        first_hop = [_bounded(means(flow.inner, attributes)), _degree_column(flow.inner.degree)]
        return np.asarray(means(flow.outer, np.concatenate(first_hop, axis=1)), np.float32)
    degree = adjacency[path].degree

    def shown(rows: RowIndex) -> F32:
        return np.concatenate([visible[rows], _degree_column(degree[rows])], axis=1)

    parts = [_degree_column(degree[flow.destinations])]
    parts += [link_features.compute(kind, snapshot, flow.destinations) for kind in spec.kinds[path]]
    parts.append(triadic_closure(flow.overlap, flow.outer))
    parts += _statistics(spec, flow, shown(flow.destinations), shown(flow.middle), shown(flow.sources))
    if path in spec.bases:
        parts.append(positions(flow, visible, spec.bases[path]))
    return np.concatenate(parts, axis=1)


def _statistics(spec: FeatureSpec, flow: MessageFlow, self_values: F32, source_values: F32, two_hop: F32) -> list[F32]:
    """Statistics over neighbours of what they show, one and two hops away, F32[k, .] each.

    self_values F32[k, w] are shown by the destinations, source_values by the middle parties, two_hop by the sources.
    """
    outer, numbers = flow.outer, number_columns(spec)
    two_hop_mean = means_excluding_self(outer, flow.inner, self_values, two_hop)
    found = [
        _bounded(means(outer, source_values)),
        _bounded(two_hop_mean),
        _bounded(self_values[:, numbers] - two_hop_mean[:, numbers]),
        percentile_ranks(outer, self_values[:, numbers], source_values[:, numbers]),
        quantiles(outer, source_values[:, numbers]),
    ]
    return [np.asarray(columns, np.float32) for columns in found]


def _label_block(spec: FeatureSpec, snapshot: Snapshot, block: Block, flow: MessageFlow, y: F32) -> F32:
    """The columns of `label_columns` of the destinations of the flow: F32[k, columns]."""
    around = label_features.of_others(flow, y, spec.base_rate, len(block.needs) == 2)
    kinds = spec.kinds.get(block.name, ())
    by_kind = label_features_by_kind.compute(kinds, snapshot, flow.destinations, y, spec.base_rate)
    return np.concatenate([around, by_kind], axis=1)


def _missing_where_unlinked(flow: MessageFlow, values: F32) -> F32:
    """The block with NaN for parties without a link on its path, as in a network without these links."""
    values[flow.outer.degree == 0] = np.nan
    return values


def _aligned(spec: FeatureSpec, block: Block, there: tuple[str, ...], values: F32) -> F32:
    """The block's label-free columns in the spec's order; NaN for those that this network does not have."""
    wanted = block.columns[: len(block.columns) - (len(label_columns(spec, block.name)) if block.needs else 0)]
    if wanted == there:
        return values.copy()
    position = {name: i for i, name in enumerate(there)}
    out = np.full((len(values), len(wanted)), np.nan, np.float32)
    for i, name in enumerate(wanted):
        if name in position:
            out[:, i] = values[:, position[name]]
    return out


def _kinds(spec: FeatureSpec, snapshot: Snapshot) -> F32:
    """Whether each party is of each kind of the feature list, F32[n, kinds]."""
    return np.stack([_is_kind(snapshot, name) for name in spec.party_kinds], axis=1)


def _visible(spec: FeatureSpec, attributes: F32, kind: F32) -> F32:
    """What each party shows its neighbours, F32[n, s]: see `visible_attribute_names`."""
    return np.concatenate([attributes, kind], axis=1)[:, : len(visible_attribute_names(spec))]


def _is_kind(snapshot: Snapshot, name: str) -> F32:
    if name not in snapshot.party_kinds:
        return np.zeros(snapshot.n_parties, np.float32)
    found: F32 = (snapshot.party_kind == snapshot.party_kinds.index(name)).astype(np.float32)
    return found


def _bounded(x: F64) -> F32:
    return np.clip(x, -BOUND, BOUND).astype(np.float32)


def _degree_column(degree: F64) -> F32:
    return _bounded(np.log1p(degree)[:, None])

"""What the features of any party are computed from: the neighbours of all parties, and what these show and send.

One pass over a network makes it (`network_state`); then the features of some parties cost what lies around them. After
a change (`changed_state`) only what it touched is made again, when it is read: equal, to the bit, to a pass over the
changed network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnn.arrays import BOUND, F32, F64, I32, I64
from gnn.features.compatibility import refuse_unfit
from gnn.features.positions import content_keys
from gnn.features.spec import FeatureSpec, visible_attribute_names
from gnn.features.statements.backed_network import (
    TRUST,
    backed_network,
    ends_of_changed_statements,
    with_statements_of,
)
from gnn.propagation.aggregators import sums_of_known, sums_of_known_in
from gnn.propagation.neighbourhood import Neighbourhood, neighbourhood, neighbours_of
from gnn.propagation.patched_rows import PatchedRows, places_among
from graph.csr import distinct
from graph.snapshots.snapshot import Snapshot

NO_ROWS: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class CategoryState:
    """One category of a network of n parties.

    total F64[n, w] and known I32[n, w] are `sums_of_known` over the neighbours of each party of what these show;
    landmark I32[n] is the place of each party among the landmarks of positions, None where there are no positions.
    stale are the parties, ascending, whose sums and landmark a change has touched: they are made again when read.
    """

    neighbours: Neighbourhood
    total: F64
    known: I32
    landmark: I32 | None
    stale: I64


@dataclass(frozen=True)
class NetworkState:
    """The state of a network for one feature list, as `network_state` makes it.

    network is the snapshot without unbacked statements; visible F32[n, s] what each party shows its neighbours.
    """

    spec: FeatureSpec
    network: Snapshot
    visible: PatchedRows
    categories: Mapping[str, CategoryState]

    def shown(self, category: str, parties: I64) -> F32:
        """What some parties show in a category: attributes, kind and degree, F32[k, s + 1]."""
        degree = self.categories[category].neighbours.degree(parties)
        return np.concatenate([self.visible.take(parties), degree_column(degree)], axis=1)

    def sums_around(self, category: str, parties: I64) -> tuple[F64, I32]:
        """The `sums_of_known` of some parties, F64[k, s + 1] and I32[k, s + 1]."""
        state = self.categories[category]
        within = np.minimum(parties, len(state.total) - 1)
        total, known = state.total[within], state.known[within]
        stale = places_among(parties, state.stale)
        if len(stale):
            block = state.neighbours.of(parties[stale])
            total[stale], known[stale] = sums_of_known_in(block, self.shown(category, block.middle))
        return total, known

    def landmarks(self, category: str, parties: I64) -> I32:
        """The place of some parties among the landmarks of a category, -1 for those that are none: I32[k]."""
        state = self.categories[category]
        assert state.landmark is not None
        found: I32 = state.landmark[np.minimum(parties, len(state.landmark) - 1)]
        stale = places_among(parties, state.stale)
        if len(stale):
            keys = content_keys(self.visible, parties[stale], state.neighbours)
            found[stale] = self.spec.bases[category].landmark_of(keys)
        return found


def network_state(spec: FeatureSpec, snapshot: Snapshot) -> NetworkState:
    """The state of a whole network.

    Whatever trains, tests or scores comes through here, so that no path can forget to ask what is allowed.

    Raises:
        ModelError: the snapshot does not allow the features.
    """
    refuse_unfit(spec, snapshot)
    network = backed_network(snapshot)
    every = np.arange(snapshot.n_parties)
    visible = PatchedRows.of(visible_attributes(spec, snapshot, every))
    categories = {}
    for category in spec.categories:
        neighbours = neighbourhood(network, category)
        shown = np.concatenate([visible.base, degree_column(neighbours.degree(every))], axis=1)
        total, known = sums_of_known(neighbours, shown)
        landmark = None
        if category in spec.bases:
            landmark = spec.bases[category].landmark_of(content_keys(visible, every, neighbours))
        categories[category] = CategoryState(neighbours, total, known, landmark, np.empty(0, np.int64))
    return NetworkState(spec, network, visible, categories)


def changed_state(
    before: NetworkState, changed_snapshot: Snapshot, changed_ends: Mapping[str, I64], described: I64 = NO_ROWS
) -> NetworkState:
    """The state after a change.

    changed_ends: of each category that changed, the parties at the ends of the changed links, ascending. described: the
    parties, ascending, whose attributes or kind changed; new ones, whose rows follow the others', are among them.
    """
    network, changed_ends = _changed_network(before.network, changed_snapshot, changed_ends)
    new = np.arange(before.network.n_parties, network.n_parties)
    categories = dict(before.categories)
    for category in categories if len(described) else changed_ends.keys() & categories.keys():
        ends, state = np.union1d(changed_ends.get(category, NO_ROWS), new), categories[category]
        lists = neighbours_of(network, category, ends)
        neighbours = state.neighbours.with_rows(ends, lists, network.n_parties)
        # What the ends show changes with their degree, so the sums of their neighbours do.
        beside = neighbours.lists(described)[1]
        stale = distinct(network.n_parties, state.stale, ends, lists.indices, described, beside)
        categories[category] = replace(state, neighbours=neighbours, stale=stale)
    visible = before.visible
    if len(described):
        visible = visible.with_rows(described, visible_attributes(before.spec, network, described))
    return replace(before, network=network, visible=visible, categories=categories)


def _changed_network(
    before: Snapshot, changed_snapshot: Snapshot, changed_ends: Mapping[str, I64]
) -> tuple[Snapshot, Mapping[str, I64]]:
    """The network after a change, and the ends of its changed links: a statement may have backed others."""
    if TRUST not in changed_ends:
        return with_statements_of(changed_snapshot, before), changed_ends
    network = backed_network(changed_snapshot)
    ends = np.union1d(changed_ends[TRUST], ends_of_changed_statements(before, network))
    return network, {**changed_ends, TRUST: ends}


def own_attributes(spec: FeatureSpec, snapshot: Snapshot, rows: I64) -> F32:
    """The attributes of some parties, scaled and squeezed into -8..8 (asinh), F32[k, w]; NaN where missing."""
    out = np.full((len(rows), len(spec.columns)), np.nan, np.float32)
    for i, column in enumerate(spec.columns):
        if column.word is None and column.attribute in snapshot.numeric:
            scaled = (snapshot.numeric[column.attribute][rows].astype(np.float64) - column.center) / column.scale
            out[:, i] = np.clip(np.arcsinh(scaled), -BOUND, BOUND)
        elif column.word is not None and column.attribute in snapshot.categorical:
            codes, words = snapshot.categorical[column.attribute]
            wanted, own = words.index(column.word) if column.word in words else -2, codes[rows]
            out[:, i] = np.where(own < 0, np.nan, own == wanted)
    return out


def kind_columns(spec: FeatureSpec, snapshot: Snapshot, rows: I64) -> F32:
    """Whether each of some parties is of each kind of the feature list, F32[k, kinds]."""
    own = snapshot.party_kind[rows]
    code = {name: code for code, name in enumerate(snapshot.party_kinds)}
    return np.stack([own == code.get(name, -1) for name in spec.party_kinds], axis=1).astype(np.float32)


def visible_attributes(spec: FeatureSpec, snapshot: Snapshot, rows: I64) -> F32:
    """What some parties show their neighbours, F32[k, s]: see `visible_attribute_names`."""
    both = np.concatenate([own_attributes(spec, snapshot, rows), kind_columns(spec, snapshot, rows)], axis=1)
    return np.ascontiguousarray(both[:, : len(visible_attribute_names(spec))])


def degree_column(degree: F64) -> F32:
    """What a degree is as a feature, F32[k, 1]."""
    return np.clip(np.log1p(degree)[:, None], -BOUND, BOUND).astype(np.float32)

"""The featurizer, one for training and serving: from a network and known outcomes to F32[k, width] of some parties.

The columns are those of a `gnn.features.spec.FeatureSpec`, block by block. Known outcomes reach a party only through
others (`gnn.features.label_features`). Features of a whole network come as a stream of blocks of parties, in memory
that does not grow with their number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import numpy as np

from gnn.arrays import BOUND, F32, F64, I64
from gnn.features import label_features, label_features_by_kind, link_features
from gnn.features.label_features import LabelVector
from gnn.features.label_state import LabelState, label_state
from gnn.features.network_state import (
    NetworkState,
    degree_column,
    kind_columns,
    network_state,
    own_attributes,
    visible_attributes,
)
from gnn.features.positions import fit_basis
from gnn.features.spec import (
    SELF,
    Block,
    FeatureSpec,
    n_positions,
    read_places,
    self_columns,
    with_bases,
)
from gnn.features.statements.backed_network import backed_network
from gnn.propagation.aggregators import means, means_excluding_self, percentile_ranks, quantiles
from gnn.propagation.neighbourhood import neighbourhood
from gnn.propagation.overlap import triadic_closure
from gnn.propagation.patched_rows import PatchedRows
from gnn.propagation.two_hop import Surroundings
from graph.cancellation import check_cancelled
from graph.snapshots.snapshot import Snapshot

PARTIES_AT_ONCE: Final = 8192  # in a block of the stream
THREADS: Final = 2  # blocks of the stream that are made side by side

_T = TypeVar("_T")


@dataclass(frozen=True)
class LabelFreeFeatures:
    """The features that do not read outcomes, of some parties; shared by all choices of outcomes.

    rows I64[k] ascending are the parties; values F32[k, w] the columns of the state's feature list that read no
    outcomes, not yet missing where a party has no link on their path.
    """

    state: NetworkState
    rows: I64
    values: F32

    def of(self, rows: I64) -> LabelFreeFeatures:
        """Those of some of the parties, in the order asked for."""
        return LabelFreeFeatures(self.state, rows, self.values[np.searchsorted(self.rows, rows)])


def with_positions(spec: FeatureSpec, snapshot: Snapshot) -> FeatureSpec:
    """The feature list with positions in every category of this network that is large enough for them."""
    visible = PatchedRows.of(visible_attributes(spec, snapshot, np.arange(snapshot.n_parties)))
    network = backed_network(snapshot)
    n = len(spec.categories)
    found = {category: fit_basis(neighbourhood(network, category), visible, n) for category in spec.categories}
    return with_bases(spec, {category: basis for category, basis in found.items() if basis is not None})


def compute_label_free(spec: FeatureSpec, snapshot: Snapshot, rows: I64 | None = None) -> LabelFreeFeatures:
    """The features that do not read outcomes, of some parties (ascending; None: all).

    Raises:
        ModelError: the snapshot does not allow the features.
    """
    state = network_state(spec, snapshot)
    rows = np.arange(snapshot.n_parties) if rows is None else rows

    def block(some: I64) -> F32:
        return _label_free_values(state, some, surroundings(state, spec, some))

    return LabelFreeFeatures(state, rows, np.concatenate(list(in_blocks(rows, block))))


def compute(spec: FeatureSpec, snapshot: Snapshot, labels: LabelVector) -> F32:
    """All features of every party, from every known outcome but its own, F32[n, width].

    Raises:
        ModelError: the snapshot does not allow the features.
    """
    known = label_state(network_state(spec, snapshot), labels)
    return np.concatenate(list(in_blocks(np.arange(snapshot.n_parties), partial(compute_rows, spec, known))))


def compute_rows(spec: FeatureSpec, labels: LabelState, rows: I64, label_free: LabelFreeFeatures | None = None) -> F32:
    """All features of some parties from every known outcome but their own, F32[k, width].

    label_free: of exactly these parties, where they were computed before.
    """
    around = surroundings(labels.network, spec, rows)
    if label_free is None:
        label_free = LabelFreeFeatures(labels.network, rows, _label_free_values(labels.network, rows, around))
    free = _missing_where_unlinked(spec, around, _aligned(spec, label_free))
    return interleaved(spec, free, label_columns_of(spec, labels, rows, around))


def compute_for_training(spec: FeatureSpec, labels: LabelVector, rows: I64, label_free: LabelFreeFeatures) -> F32:
    """All features of some parties, of which one with a known outcome reads outcomes of other folds alone: F32[k, w].

    rows: those with an outcome in `labels` are among them.
    """
    some, whole = label_free.of(rows), label_state(label_free.state, labels)
    around, free = surroundings(label_free.state, spec, rows), _aligned(spec, some)
    own, known = some.values[:, : len(self_columns(label_free.state.spec))], ~np.isnan(labels.y[rows])

    def block_labels(block: Block) -> F32:
        path, values = around[block.name], free[block.name]
        path = path.with_overlap() if len(block.needs) == 1 else path
        fold = label_features.folds(own, values[:, : values.shape[1] - n_positions(spec, block.name)])
        out = _label_block(spec, block, path, whole)
        for k in range(label_features.FOLDS):
            mine = np.flatnonzero(known & (fold == k))
            if len(mine):
                order = mine[np.argsort(rows[mine], kind="stable")]
                hidden = whole.with_outcomes(rows[order], np.full(len(mine), np.nan, np.float32))
                out[mine] = _label_block(spec, block, path.of(mine), hidden)
        return out

    read = {block.name: block_labels(block) for block in spec.blocks if block.needs}
    read[SELF] = np.empty((len(rows), 0), np.float32)
    return interleaved(spec, _missing_where_unlinked(spec, around, free), _missing_where_unlinked(spec, around, read))


def label_columns_of(
    spec: FeatureSpec, labels: LabelState, rows: I64, around: Mapping[str, Surroundings] | None = None
) -> F32:
    """The columns of some parties that read outcomes, F32[k, w]."""
    around = surroundings(labels.network, spec, rows) if around is None else around
    read = {SELF: np.empty((len(rows), 0), np.float32)}
    for block in spec.blocks:
        if block.needs:
            check_cancelled()
            read[block.name] = _label_block(spec, block, around[block.name], labels)
    return _missing_where_unlinked(spec, around, read)


def label_free_columns_of(spec: FeatureSpec, state: NetworkState, rows: I64) -> F32:
    """The columns of some parties that do not read outcomes, F32[k, w]."""
    around = surroundings(state, spec, rows)
    values = LabelFreeFeatures(state, rows, _label_free_values(state, rows, around))
    return _missing_where_unlinked(spec, around, _aligned(spec, values))


def own_records_and_links(spec: FeatureSpec, state: NetworkState, rows: I64) -> F32:
    """The features of some parties of which only those of their own record and links are there, F32[k, width].

    All others are missing, so that a large network costs no more than a reading of its links.
    """
    out = np.full((len(rows), spec.width), np.nan, np.float32)
    out[:, spec.slice(SELF)] = _own_record(spec, state, rows)
    for category in spec.categories:
        degree = state.categories[category].neighbours.degree(rows)
        found = _own_links(spec, state, category, rows, degree)
        found[degree == 0] = np.nan
        start = spec.slice(category).start
        out[:, start : start + found.shape[1]] = found
    return out


def interleaved(spec: FeatureSpec, label_free: F32, labels: F32) -> F32:
    """The columns that do not read outcomes and those that do in the order of the feature list, F32[k, width]."""
    out = np.empty((len(labels), spec.width), np.float32)
    out[:, ~spec.reads_outcomes] = label_free
    out[:, spec.reads_outcomes] = labels
    return out


def surroundings(state: NetworkState, spec: FeatureSpec, rows: I64) -> dict[str, Surroundings]:
    """What some parties can read, by block."""
    return {block.name: _surroundings(state, block.name, rows) for block in spec.blocks if block.needs}


def in_blocks(rows: I64, make: Callable[[I64], _T]) -> Iterator[_T]:
    """What `make` gives for one block of rows after the other; THREADS of them are made side by side."""
    blocks = iter([rows[start : start + PARTIES_AT_ONCE] for start in range(0, max(len(rows), 1), PARTIES_AT_ONCE)])
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[_T]] = deque()
        for some in blocks:
            waiting.append(pool.submit(make, some))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _surroundings(state: NetworkState, path: str, rows: I64) -> Surroundings:
    names = path.split(">")
    first, second = (state.categories[name].neighbours for name in (names[0], names[-1]))
    return Surroundings.around(first, second, rows)


def _missing_where_unlinked(spec: FeatureSpec, around: Mapping[str, Surroundings], values: Mapping[str, F32]) -> F32:
    """Columns of all blocks side by side, missing where a party has no link on their path, as without these links."""
    parts = []
    for block in spec.blocks:
        if block.name in values:
            part = values[block.name].copy()
            if block.needs:
                part[around[block.name].block.degree == 0] = np.nan
            parts.append(part)
    return np.concatenate(parts, axis=1)


def _label_free_values(state: NetworkState, rows: I64, around: Mapping[str, Surroundings]) -> F32:
    """The columns of the state's feature list that do not read outcomes, F32[k, w]."""
    parts = []
    for block in state.spec.blocks:
        check_cancelled()
        if not block.needs:
            parts.append(_own_record(state.spec, state, rows))
        elif ">" in block.name:
            parts.append(_mixed_means(state, block.name, around[block.name]))
        else:
            parts.append(_category_block(state, block.name, around[block.name]))
    return np.concatenate(parts, axis=1)


def _own_record(spec: FeatureSpec, state: NetworkState, rows: I64) -> F32:
    """The columns of the parties themselves, F32[k, .]."""
    own, kind = own_attributes(spec, state.network, rows), kind_columns(spec, state.network, rows)
    known: F32 = ((~np.isnan(own)).sum(axis=1) / max(own.shape[1], 1)).astype(np.float32)[:, None]
    return np.concatenate([own, kind, known], axis=1)


def _own_links(spec: FeatureSpec, state: NetworkState, category: str, rows: I64, degree: F64) -> F32:
    """The first columns of a category: those of its degree and of the parties' links of each kind, F32[k, .]."""
    kinds = [link_features.compute(kind, state.network, rows) for kind in spec.kinds[category]]
    return np.concatenate([degree_column(degree), *kinds], axis=1)


def _mixed_means(state: NetworkState, path: str, around: Surroundings) -> F32:
    """The columns of a path over two categories: means over neighbours of means over theirs, F32[k, .]."""
    total, known = state.sums_around(path.split(">")[1], around.block.middle)
    w = len(state.spec.columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known[:, :w] > 0, total[:, :w] / known[:, :w], np.nan)
    shown = [_bounded(mean), np.empty((len(mean), total.shape[1] - w - 1), np.float32)]
    first_hop = np.concatenate([*shown, degree_column(around.middle_degree)], axis=1)
    return np.asarray(means(around.block, first_hop[:, read_places(state.spec, path, "path_mean")]), np.float32)


def _category_block(state: NetworkState, category: str, around: Surroundings) -> F32:
    """The columns of a category that do not read outcomes, F32[k, .]."""
    spec, block = state.spec, around.block
    parts = [_own_links(spec, state, category, block.rows, block.degree)]
    parts.append(triadic_closure(around.overlap, block))
    parts += _statistics(state, category, around)
    if category in spec.bases:
        vectors = spec.bases[category].vectors_of(state.landmarks(category, block.middle))
        parts.append(means(block, vectors).astype(np.float32))
    return np.concatenate(parts, axis=1)


def _statistics(state: NetworkState, category: str, around: Surroundings) -> list[F32]:
    """Statistics over neighbours of what they show, one and two hops away, F32[k, .] each."""
    block, of = around.block, partial(read_places, state.spec, category)
    own, shown = state.shown(category, block.rows), state.shown(category, block.middle)
    mean, two_hop, apart = of("mean"), of("two_hop_mean"), of("diff_to_two_hop_mean")
    rank, quantile = of("percentile_rank"), of("quantile")
    beyond = np.union1d(two_hop, apart)
    total, known = state.sums_around(category, block.middle)
    beyond_mean = means_excluding_self(block, total[:, beyond], known[:, beyond], own[:, beyond])
    found = [
        _bounded(means(block, shown[:, mean])),
        _bounded(beyond_mean[:, np.searchsorted(beyond, two_hop)]),
        _bounded(own[:, apart] - beyond_mean[:, np.searchsorted(beyond, apart)]),
        percentile_ranks(block, own[:, rank], shown[:, rank]),
        quantiles(block, shown[:, quantile]),
    ]
    return [np.asarray(columns, np.float32) for columns in found]


def _label_block(spec: FeatureSpec, block: Block, around: Surroundings, labels: LabelState) -> F32:
    """The columns of `label_columns` of some parties: F32[k, columns]."""
    read = labels.read_by(around, block.name.split(">")[-1])
    found = label_features.of_others(around, read, spec.base_rate, len(block.needs) == 2)
    kinds, network = spec.kinds.get(block.name, ()), labels.network.network
    by_kind = label_features_by_kind.compute(kinds, network, around.block.rows, labels.outcomes, spec.base_rate)
    return np.concatenate([found, by_kind], axis=1)


def _aligned(spec: FeatureSpec, there: LabelFreeFeatures) -> dict[str, F32]:
    """The label-free columns of each block in the spec's order; NaN for those that this network does not have."""
    if spec is there.state.spec or spec.label_free_names == there.state.spec.label_free_names:
        values = there.values
    else:
        position = {name: i for i, name in enumerate(there.state.spec.label_free_names)}
        values = np.full((len(there.values), len(spec.label_free_names)), np.nan, np.float32)
        for i, name in enumerate(spec.label_free_names):
            if name in position:
                values[:, i] = there.values[:, position[name]]
    ends = np.cumsum([np.count_nonzero(~spec.reads_outcomes[spec.slice(block.name)]) for block in spec.blocks])
    return dict(zip((block.name for block in spec.blocks), np.split(values, ends[:-1], axis=1), strict=True))


def _bounded(x: F64 | F32) -> F32:
    return np.clip(x, -BOUND, BOUND).astype(np.float32)

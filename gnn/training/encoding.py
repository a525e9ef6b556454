"""The piecewise linear encoding of features that the network reads (Gorishniy et al. 2022, eq. 1).

A number becomes one input for each quantile bin of the training rows: how far it reaches into that bin, 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.arrays import F32, I64
from gnn.features.spec import FeatureSpec

BINS: Final = 6
AT_ONCE: Final = 4096  # rows encoded in one go: encoded, they are six times as wide


@dataclass(frozen=True, slots=True)
class Encoding:
    """The P encoded inputs, block by block: which feature each is of, where its bin begins, how wide it is, its mean.

    feature int64[P], low, width, mean float32[P]; sizes int64[B] counts each block's inputs; blocks float32[F, B] marks
    each feature's block.
    """

    feature: I64
    low: F32
    width: F32
    mean: F32
    sizes: I64
    blocks: F32


def fit_encoding(spec: FeatureSpec, values: F32) -> Encoding:
    """Quantile bins of what is known in the training rows, F32[k, F]; a feature with one value has none.

    Columns that read outcomes are left out: no weight of the network could turn bad news into good news.
    """
    feature: list[int] = []
    low: list[float] = []
    width: list[float] = []
    sizes: list[int] = []
    blocks = np.zeros((spec.width, len(spec.blocks)), np.float32)
    reads_outcomes = spec.reads_outcomes
    for b, block in enumerate(spec.blocks):
        columns = range(*spec.slice(block.name).indices(spec.width))
        blocks[spec.slice(block.name), b] = 1
        before = len(feature)
        for column in (one for one in columns if not reads_outcomes[one]):
            edges = _edges(values[:, column])
            feature += [column] * (len(edges) - 1)
            low += edges[:-1].tolist()
            width += np.diff(edges).tolist()
        if len(feature) == before:  # a block needs an input, even an empty one
            feature, low, width = [*feature, columns[0]], [*low, 0.0], [*width, 1.0]
        sizes.append(len(feature) - before)
    found = Encoding(
        np.array(feature, np.int64),
        np.array(low, np.float32),
        np.array(width, np.float32),
        np.zeros(len(feature), np.float32),
        np.array(sizes, np.int64),
        blocks,
    )
    known = (~np.isnan(values)).sum(axis=0)[found.feature]
    total = np.zeros(len(feature))
    for rows in np.array_split(values, max(len(values) // AT_ONCE, 1)):
        total += encode(found, rows).sum(axis=0, dtype=np.float64)
    mean = (total / np.maximum(known, 1)).astype(np.float32)
    return Encoding(found.feature, found.low, found.width, mean, found.sizes, blocks)


def _edges(column: F32) -> F32:
    known = np.sort(column[~np.isnan(column)])
    if not len(known):
        return np.empty(1, np.float32)
    edges: F32 = np.unique(known[np.round(np.linspace(0, len(known) - 1, BINS + 1)).astype(np.int64)])
    return edges


def encode(encoding: Encoding, values: F32) -> F32:
    """e float32[n, P] of features float32[n, F], row after row in memory."""
    x = values[:, encoding.feature]
    inside = np.clip((x - encoding.low) / encoding.width, 0, 1) - encoding.mean
    return np.ascontiguousarray(np.where(np.isnan(x), np.float32(0), inside), np.float32)


def presence(encoding: Encoding, values: F32) -> F32:
    """float32[n, B]: 1 where anything of a block is known."""
    return ((~np.isnan(values)).astype(np.float32) @ encoding.blocks > 0).astype(np.float32)

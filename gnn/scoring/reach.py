"""Which parties an outcome can reach: those whose features read it, in one hop or two, within a budget.

Parties linked to it directly come first, then those over the most exclusive paths: a path over parties with few links
carries more of an outcome than one over a hub. Which parties a budget leaves out depends on no id.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.arrays import F64, I64, row_hashes
from gnn.features.network_state import NetworkState
from gnn.features.spec import Block, FeatureSpec

LINKS_FOLLOWED: Final = 1_000_000  # of middle parties on one path, those with fewest links first


@dataclass(frozen=True, slots=True)
class Reached:
    """rows I64[k], ascending: the parties within the budget. left_out: those that were found beyond it.

    links_left_out: links of hubs that were not followed, at whose ends there may be further parties.
    """

    rows: I64
    left_out: int
    links_left_out: int


def reached_by(
    state: NetworkState, spec: FeatureSpec, categories: Collection[str], sources: I64, most: int | None = None
) -> Reached:
    """The parties, at most `most` of them, whose features read the outcomes of `sources` over these categories."""
    parties, weights, is_direct, links_left_out = [np.empty(0, np.int64)], [np.empty(0)], [np.empty(0, np.bool_)], 0
    for block in spec.blocks:
        if not block.needs or not block.needs <= set(categories):
            continue
        names = block.name.split(">")
        first, second = (state.categories[name].neighbours for name in (names[0], names[-1]))
        middle = np.unique(second.lists(sources)[1]).astype(np.int64)
        if first is second:
            parties.append(middle)
            weights.append(_inverse(first.degree(middle)))
            is_direct.append(np.ones(len(middle), np.bool_))
        length = first.degree(middle).astype(np.int64)
        middle = middle[np.argsort(length, kind="stable")]
        within = np.searchsorted(np.cumsum(np.sort(length)), LINKS_FOLLOWED, side="right")
        links_left_out += int(np.sort(length)[within:].sum())
        indptr, ends = first.lists(middle[:within])
        found = ends.astype(np.int64)
        carried = np.repeat(_inverse(second.degree(middle[:within])), np.diff(indptr))
        parties.append(found)
        weights.append(carried * _inverse(first.degree(found)))
        is_direct.append(np.zeros(len(found), np.bool_))
    rows, at = np.unique(np.concatenate(parties), return_inverse=True)
    others = ~np.isin(rows, sources)
    direct = np.bincount(at, np.concatenate(is_direct), len(rows))[others] > 0
    weight = np.bincount(at, np.rint(np.concatenate(weights) * 2.0**40), len(rows))[others]
    rows = rows[others].astype(np.int64)
    if most is None or len(rows) <= most:
        return Reached(rows, 0, links_left_out)
    content = row_hashes(state.visible.take(rows))
    order = np.lexsort((rows, content, -weight, ~direct))
    return Reached(np.sort(rows[order[:most]]), len(rows) - most, links_left_out)


def reaches(state: NetworkState, block: Block, sources: I64, rows: I64) -> bool:
    """Whether an outcome of any of `sources` reaches any of `rows` along the block's path, in one hop or in two."""
    if not len(sources):
        return False
    names = block.name.split(">")
    near = np.zeros(state.network.n_parties, np.bool_)
    near[sources] = True
    near[state.categories[names[-1]].neighbours.lists(sources)[1]] = True
    return bool(near[state.categories[names[0]].neighbours.lists(rows)[1]].any())


def _inverse(degree: F64) -> F64:
    return np.asarray(1.0 / np.maximum(degree, 1.0), np.float64)

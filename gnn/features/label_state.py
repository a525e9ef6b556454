"""The known outcomes that features may read, and how many each party has around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gnn.arrays import F32, I32, I64
from gnn.features.label_features import LabelVector, OutcomesRead, counted
from gnn.features.network_state import NetworkState
from gnn.propagation.patched_rows import PatchedRows, places_among
from gnn.propagation.two_hop import Surroundings
from graph.csr import distinct


@dataclass(frozen=True)
class LabelState:
    """Outcomes y F32[n] (1 bad, 0 not, NaN unknown) on a network.

    around: by category the numbers of known and of bad outcomes among the neighbours of each party, I32[n, 2]. stale:
    by category the parties, ascending, whose numbers are made again when read.
    """

    network: NetworkState
    y: PatchedRows
    around: Mapping[str, I32]
    stale: Mapping[str, I64]

    def outcomes(self, rows: I64) -> F32:
        """The outcomes of some parties, F32[k]."""
        found: F32 = self.y.take(rows)
        return found

    def counts(self, category: str, parties: I64) -> I32:
        """Known and bad outcomes among the neighbours of some parties, I32[k, 2]."""
        around = self.around[category]
        found: I32 = around[np.minimum(parties, len(around) - 1)]
        at = places_among(parties, self.stale[category])
        if len(at):
            found[at] = _counts_of(self.network, category, self.y, parties[at])
        return found

    def read_by(self, path: Surroundings, second: str) -> OutcomesRead:
        """What the destinations of a path may read, whose second category is `second`."""
        block = path.block
        return OutcomesRead(self.outcomes(block.rows), self.outcomes(block.middle), self.counts(second, block.middle))

    def with_outcomes(self, rows: I64, y: F32) -> LabelState:
        """The same with other outcomes y F32[k] of some parties (ascending)."""
        n = self.network.network.n_parties
        stale = {
            category: distinct(n, stale, self.network.categories[category].neighbours.lists(rows)[1])
            for category, stale in self.stale.items()
        }
        return replace(self, y=self.y.with_rows(rows, y), stale=stale)

    def on(self, network: NetworkState) -> LabelState:
        """The same outcomes after a change of the network."""
        changed = {
            category: distinct(network.network.n_parties, stale, network.categories[category].stale)
            for category, stale in self.stale.items()
        }
        return replace(self, network=network, stale=changed)


def label_state(network: NetworkState, labels: LabelVector) -> LabelState:
    """The state of these outcomes on a whole network; it costs what lies around the known ones."""
    known = np.flatnonzero(~np.isnan(labels.y))
    around = {category: _counts_around(network, category, labels.y, known) for category in network.categories}
    nothing = np.empty(0, np.int64)
    return LabelState(network, PatchedRows.of(labels.y), around, dict.fromkeys(around, nothing))


def _counts_around(network: NetworkState, category: str, y: F32, known: I64) -> I32:
    """Known and bad outcomes around every party, I32[n, 2], from the neighbours of the parties with one."""
    indptr, parties = network.categories[category].neighbours.lists(known)
    bad = np.repeat(y[known] == 1, np.diff(indptr))
    counts = np.stack([np.bincount(some, minlength=len(y)) for some in (parties, parties[bad])], axis=1)
    return counts.astype(np.int32)


def _counts_of(network: NetworkState, category: str, y: PatchedRows, parties: I64) -> I32:
    block = network.categories[category].neighbours.of(parties)
    read: F32 = y.take(block.middle)
    return np.asarray(counted(block.indptr, block.indices, ~np.isnan(read), read == 1), np.int32)

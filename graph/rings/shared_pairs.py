"""Chains of shared pairs: each identifier has two users, and each user shares another one with somebody else."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import MAX_MEMBERS, MIN_MEMBERS, SHARED, RingCandidate, groups_by_label
from graph.rings.network import RingNetwork, Uses
from graph.rings.shared_identifiers import unexplained_uses
from graph.rings.significance import chain_neg_log10_expected

USERS: Final = 2


def chains_of_pairs(network: RingNetwork) -> list[RingCandidate]:
    """Candidates from the connected groups of parties that share identifiers with one other party each.

    Identifiers that kinship, a home or an employer explains do not count. The significance compares a group with how
    often a pair that shares something goes on in another such pair elsewhere.
    """
    uses = unexplained_uses(network)
    _, place, counts = np.unique(uses.identifier, return_inverse=True, return_counts=True)
    uses = uses.select(counts[place] == USERS)
    if not len(uses.party):
        return []
    by_identifier = uses.select(np.lexsort((uses.party, uses.identifier)))
    ends = by_identifier.party.reshape(-1, USERS)
    rows, at = np.unique(ends, return_inverse=True)
    at = at.reshape(ends.shape)
    pairs = np.unique(at, axis=0)
    graph = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(rows), len(rows)))
    _, label = connected_components(graph, False)
    degree = np.bincount(pairs.ravel(), minlength=len(rows))
    going_on = degree * (degree - 1)
    parties = len(np.unique(network.uses.party))
    candidates = []
    for number, members in groups_by_label(label):
        if not MIN_MEMBERS <= len(members) <= MAX_MEMBERS:
            continue
        inside = label[pairs[:, 0]] == number
        # Elsewhere, and one pair of a network in which those that share are spread evenly.
        ends_elsewhere = int(degree.sum() - degree[members].sum())
        elsewhere = int(going_on.sum() - going_on[members].sum()) + 2 * len(pairs) / parties
        branching = elsewhere / (ends_elsewhere + 1)
        significance = chain_neg_log10_expected(len(members), int(inside.sum()), len(pairs), branching, parties)
        candidates.append(_candidate(by_identifier, rows[members], significance))
    return candidates


def _candidate(uses: Uses, members: np.ndarray[tuple[int], np.dtype[np.int64]], significance: float) -> RingCandidate:
    own = uses.select(np.isin(uses.party, members))
    identifiers = np.unique(own.identifier)
    figures = {
        "parties": len(members),
        "identifiers": len(identifiers),
        "links": len(own.party),
        "shared_by_most": USERS,
    }
    return RingCandidate(SHARED, tuple(members.tolist()), significance, figures, tuple(identifiers.tolist()))

"""Chains of shared pairs: each identifier has two users, and each user shares another one with somebody else."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.rings.candidate import MAX_MEMBERS, MIN_MEMBERS, SHARED, RingCandidate, groups_by_label
from graph.rings.network import Ints, RingNetwork, Uses
from graph.rings.shared_identifiers import users_of_identifier
from graph.rings.significance import chain_neg_log10_expected

USERS: Final = 2


def chains_of_pairs(network: RingNetwork, uses: Uses) -> list[RingCandidate]:
    """Candidates from the connected groups of parties that share identifiers with one other party each.

    uses: those that kinship, a home or an employer does not explain. The significance compares a group with how often a
    pair that shares something goes on in another such pair elsewhere.
    """
    uses = uses.select(users_of_identifier(uses) == USERS)
    if not len(uses.party):
        return []
    by_identifier = uses.select(np.lexsort((uses.party, uses.identifier)))
    identifiers = by_identifier.identifier[::USERS]
    rows, at = np.unique(by_identifier.party, return_inverse=True)
    ends = at.reshape(-1, USERS)
    pairs = np.unique(ends, axis=0)
    graph = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(rows), len(rows)))
    _, label = connected_components(graph, False)
    degree = np.bincount(pairs.ravel(), minlength=len(rows))
    going_on = degree * (degree - 1)
    all_ends, all_going_on = int(degree.sum()), int(going_on.sum())
    parties, pairs_of = len(np.unique(network.uses.party)), np.bincount(label[pairs[:, 0]])
    shared_by = dict(groups_by_label(label[ends[:, 0]]))
    candidates = []
    for number, members in groups_by_label(label):
        if not MIN_MEMBERS <= len(members) <= MAX_MEMBERS:
            continue
        # Elsewhere, and one pair of a network in which those that share are spread evenly.
        elsewhere = all_going_on - int(going_on[members].sum()) + 2 * len(pairs) / parties
        branching = elsewhere / (all_ends - int(degree[members].sum()) + 1)
        size = len(members), int(pairs_of[number])
        significance = chain_neg_log10_expected(*size, len(pairs), branching, parties)
        candidates.append(_candidate(rows[members], identifiers[shared_by[number]], significance))
    return candidates


def _candidate(members: Ints, identifiers: Ints, significance: float) -> RingCandidate:
    figures = {
        "parties": len(members),
        "identifiers": len(identifiers),
        "links": USERS * len(identifiers),
        "shared_by_most": USERS,
    }
    return RingCandidate(SHARED, tuple(members.tolist()), significance, figures, tuple(identifiers.tolist()))

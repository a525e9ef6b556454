"""The effect of each attribute of a party's own record on its score, by leaving it out.

An attribute is left out as if it were not known of the party: its columns are missing and completeness shrinks. Its
neighbours' features still read it, since those belong to their categories' share and not to the own record.
"""

from __future__ import annotations

import numpy as np

from gnn.arrays import F32, Bools
from gnn.features.spec import COMPLETENESS, SELF, FeatureSpec
from graph.snapshots.snapshot import Snapshot


def attributes_known(values: F32, spec: FeatureSpec) -> list[str]:
    """The attributes known of a party, sorted, from its features float32[width]."""
    own = values[spec.slice(SELF)]
    return sorted({column.attribute for i, column in enumerate(spec.columns) if not np.isnan(own[i])})


def without_attribute(values: F32, spec: FeatureSpec, attribute: str) -> F32:
    """The features float32[width] of the party if this attribute of it were not known."""
    out = values.copy()
    own = out[spec.slice(SELF)]
    for i, column in enumerate(spec.columns):
        if column.attribute == attribute:
            own[i] = np.nan
    attributes = own[: len(spec.columns)]
    names = next(block.columns for block in spec.blocks if block.name == SELF)
    share = (~np.isnan(attributes)).sum() / max(len(attributes), 1)
    own[names.index(COMPLETENESS)] = np.float32(share)
    return out


def usual_attributes(spec: FeatureSpec, snapshot: Snapshot) -> dict[int, frozenset[str]]:
    """For each kind of party (its code) the attributes of the feature list that more than half of them have."""
    number = np.bincount(snapshot.party_kind)
    found: dict[int, set[str]] = {kind: set() for kind in np.flatnonzero(number).tolist()}
    for attribute in {column.attribute for column in spec.columns}:
        have = np.bincount(snapshot.party_kind[_is_known(snapshot, attribute)], minlength=len(number))
        for kind in np.flatnonzero(have / np.maximum(number, 1) > 0.5).tolist():
            found[kind].add(attribute)
    return {kind: frozenset(attributes) for kind, attributes in found.items()}


def _is_known(snapshot: Snapshot, attribute: str) -> Bools:
    """The parties of which an attribute is known, Bools[n]."""
    if attribute in snapshot.numeric:
        return ~np.isnan(snapshot.numeric[attribute])
    if attribute in snapshot.categorical:
        return np.asarray(snapshot.categorical[attribute][0] >= 0)
    return np.zeros(snapshot.n_parties, np.bool_)

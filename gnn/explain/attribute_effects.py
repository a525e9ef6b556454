"""What each attribute of a party's own record does to its answer, by leaving it out.

An attribute is left out as if it were not known of the party: its columns are missing and the share of known columns
shrinks. Others still see it, since what they are told of the party is their part of the answer and not its own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32
from gnn.features.spec import FeatureSpec

KNOWN = "known"  # the column that says which share of the attributes' columns is there


def attributes_known(values: F32, spec: FeatureSpec) -> list[str]:
    """The attributes known of a party, sorted, from its features float32[width]."""
    own = values[spec.slice("own")]
    return sorted({column.attribute for i, column in enumerate(spec.columns) if not np.isnan(own[i])})


def without_attribute(values: F32, spec: FeatureSpec, attribute: str) -> F32:
    """The features float32[width] of the party if this attribute of it were not known."""
    out = values.copy()
    own = out[spec.slice("own")]
    for i, column in enumerate(spec.columns):
        if column.attribute == attribute:
            own[i] = np.nan
    attributes = own[: len(spec.columns)]
    names = next(block.columns for block in spec.blocks if block.name == "own")
    share = (~np.isnan(attributes)).sum() / max(len(attributes), 1)
    own[names.index(KNOWN)] = np.float32(share)
    return out


def usual_attributes(values: F32, spec: FeatureSpec, party_kind: npt.NDArray[np.uint8]) -> dict[int, frozenset[str]]:
    """For each kind of party (its code) the attributes that more than half of them have, from all features[n, w]."""
    own = ~np.isnan(values[:, spec.slice("own")][:, : len(spec.columns)])
    found = {}
    for kind in np.unique(party_kind).tolist():
        share = own[party_kind == kind].mean(axis=0)
        found[kind] = frozenset(column.attribute for column, s in zip(spec.columns, share, strict=True) if s > 0.5)
    return found

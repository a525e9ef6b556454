"""The effect of each attribute of a party's own record on its score, by leaving it out.

An attribute is left out as if it were not known of the party: its columns are missing and completeness shrinks. Its
neighbours' features still read it, since those belong to their categories' share and not to the own record.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32
from gnn.features.spec import COMPLETENESS, SELF, FeatureSpec


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


def usual_attributes(values: F32, spec: FeatureSpec, party_kind: npt.NDArray[np.uint8]) -> dict[int, frozenset[str]]:
    """For each kind of party (its code) the attributes that more than half of them have, from all features[n, w]."""
    own = ~np.isnan(values[:, spec.slice(SELF)][:, : len(spec.columns)])
    found = {}
    for kind in np.unique(party_kind).tolist():
        share = own[party_kind == kind].mean(axis=0)
        found[kind] = frozenset(column.attribute for column, s in zip(spec.columns, share, strict=True) if s > 0.5)
    return found

"""Whether enough is known of a party for a score: an attribute that is read, or a link of a category that may count.

What the model does not read is as good as unknown: an attribute or a category it was not trained on, a link to oneself.
So features decide and not facts; the score of a party whose features are all missing would be made up.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from gnn.arrays import F32, Bools
from gnn.features.spec import SELF, FeatureSpec
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.snapshot import Snapshot


def has_evidence(values: F32, spec: FeatureSpec, categories: Collection[str]) -> Bools:
    """Bools[k] of features F32[k, w]: whether any attribute is known, or any link of these categories.

    The block of a category begins with the number of neighbours, which is missing where there are none.
    """
    start = spec.slice(SELF).start
    attributes = range(start, start + len(spec.columns))
    degrees = [spec.slice(category).start for category in spec.categories if category in categories]
    return np.asarray((~np.isnan(values[:, [*attributes, *degrees]])).any(axis=1), np.bool_)


def is_identifier(snapshot: Snapshot) -> Bools:
    """Bools[n]: parties that are identifiers (phones, devices, addresses, accounts), which have no score."""
    codes = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    return np.isin(snapshot.party_kind, codes)

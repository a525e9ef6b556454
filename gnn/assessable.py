"""Of whom enough is known for a score: an attribute that may count, or a link of a category that the purpose allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.schema import IDENTIFIER_KINDS
from graph.snapshot import Snapshot

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Assessable:
    """attribute bool[n]: anything known of the party itself that may count; linked, of each category, bool[n]: a link
    of it; identifier bool[n]: it only ties parties together."""

    attribute: Bools
    linked: Mapping[str, Bools]
    identifier: Bools

    @staticmethod
    def of(snapshot: Snapshot) -> Assessable:
        codes = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
        return Assessable(_attribute(snapshot), _linked(snapshot), np.isin(snapshot.party_kind, codes))

    def by(self, categories: Iterable[str]) -> Bools:
        """bool[n]: whom a purpose that allows `categories` gives a score."""
        known = self.attribute.copy()
        for category in self.linked.keys() & set(categories):
            known |= self.linked[category]
        return known & ~self.identifier


def _attribute(snapshot: Snapshot) -> Bools:
    found = np.zeros(snapshot.n_parties, np.bool_)
    for name, values in snapshot.numeric.items():
        if name not in snapshot.protected:
            found |= ~np.isnan(values)
    for name, (codes, _) in snapshot.categorical.items():
        if name not in snapshot.protected:
            found |= codes >= 0
    return found


def _linked(snapshot: Snapshot) -> dict[str, Bools]:
    found = {category: np.zeros(snapshot.n_parties, np.bool_) for category in snapshot.categories}
    for kind, info in snapshot.kinds.items():
        links = snapshot.links(kind)
        found[info.category] |= (np.diff(links.out_indptr) > 0) | (np.diff(links.in_indptr) > 0)
    return found

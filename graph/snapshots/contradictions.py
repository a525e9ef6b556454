"""What the ids of one party contradict each other in: different kinds, or different values of an attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.snapshots.columns import first_of_runs

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Statements:
    """Explicit facts of parties with several ids, by party and precedence.

    fact int64[s] are their positions among all facts, row and id int64[s] the row of the party and the position of the
    id in `ids`.
    """

    fact: Ints
    row: Ints
    id: Ints
    ids: pa.Array

    def contradictions(
        self, column: str, values: npt.NDArray[Any], known: npt.NDArray[np.bool_]
    ) -> list[dict[str, Any]]:
        """Where ids of one party state different values: the column and the ids that state one, for each party by row.

        Of an id the fact of highest precedence counts. values [f] and known bool[f] are those of all facts.
        """
        stated = np.flatnonzero(known[self.fact])
        if not len(stated):
            return []
        _, first = np.unique(self.id[stated], return_index=True)
        stated = stated[first]
        stated = stated[np.lexsort((self.id[stated], self.row[stated]))]
        _, code = np.unique(values[self.fact[stated]], return_inverse=True)
        start = np.flatnonzero(first_of_runs(self.row[stated]))
        differs = np.flatnonzero(np.minimum.reduceat(code, start) != np.maximum.reduceat(code, start))
        ends = np.append(start[1:], len(stated))
        return [
            {"column": column, "ids": self.ids.take(pa.array(self.id[stated[start[at] : ends[at]]])).to_pylist()}
            for at in differs.tolist()
        ]

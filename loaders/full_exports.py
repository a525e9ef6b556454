"""What full exports list: facts of these tables and kinds that a later one no longer lists have ended."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import SAME_AS
from loaders.mapping import SAME_AS_TABLE
from loaders.values.arrays import Bools, to_mask

IMPLIED: Final = "implied parties"
KIND: Final = "kind "  # before the name of a kind of relationships


def are_covered(complete: Collection[str], table: str, facts: pa.RecordBatch) -> Bools:
    """Which facts of a table a load would have listed whose files are full exports of `complete`; shape (facts,).

    complete: tables, IMPLIED, and kinds of relationships behind KIND.
    """
    if table in complete and table != "relationships":
        return np.ones(facts.num_rows, bool)
    if table == "parties" and IMPLIED in complete:
        return to_mask(facts.column("implied"))
    if table != "relationships":
        return np.zeros(facts.num_rows, bool)
    kinds = [name.removeprefix(KIND) for name in complete if name.startswith(KIND)]
    listed = to_mask(pc.is_in(facts.column("kind"), value_set=pa.array(sorted(kinds), pa.string())))
    identifies = to_mask(pc.equal(facts.column("kind"), SAME_AS))
    return np.asarray(listed | np.where(identifies, SAME_AS_TABLE in complete, table in complete), bool)

"""Outcomes of one party that cannot all be true: good and bad, both active, opened at one time or both undated."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import BAD_OUTCOMES
from loaders.identity.hashes import Occurrences, hashes
from loaders.notices import Notices


class Contradictions:
    """Parties and times of active outcomes in the load so far: those with a good one and those with a bad one."""

    def __init__(self) -> None:
        self._good, self._bad = Occurrences(), Occurrences()

    def note(self, notices: Notices, file: str, outcomes: pa.RecordBatch) -> None:
        """Note the outcomes of a batch that contradict another one of the load."""
        active = pc.equal(outcomes.column("state"), "active")
        good = pc.and_(active, pc.equal(outcomes.column("outcome"), "good"))
        bad = pc.and_(active, pc.is_in(outcomes.column("outcome"), value_set=pa.array(sorted(BAD_OUTCOMES))))
        for own, other, rows in ((self._good, self._bad, good), (self._bad, self._good, bad)):
            parties = outcomes.column("party").filter(rows)
            found = hashes([parties, outcomes.column("opened").filter(rows)])
            own.number(found)
            contradicting = parties.filter(pa.array(other.times(found) > 0))
            if len(contradicting):
                notices.add(file, "contradicting_outcomes", repr(contradicting[0].as_py()), "", len(contradicting))

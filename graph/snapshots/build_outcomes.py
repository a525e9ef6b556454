"""The outcomes of a snapshot from outcome facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import SnapshotError
from graph.schema import OUTCOME_STATES, OUTCOMES_KNOWN, SUPPRESSED
from graph.snapshots.columns import Array, as_table, contiguous, floats, index_in
from graph.snapshots.files import FileWriter
from graph.snapshots.identity import Identity


@dataclass(frozen=True)
class OutcomeFacts:
    """k outcomes, whenever they are known: see `graph.snapshots.snapshot.Outcomes`.

    party int64[k] are positions among the ids of parties, -1 where an outcome is of no party.
    """

    party: Array
    outcome: Array
    opened: Array
    closed: Array
    state: Array
    days_late: Array
    amount: Array

    def write(
        self, writer: FileWriter, place: Array | None, identity: Identity, as_of: float | None
    ) -> tuple[int, int]:
        """Write the outcomes known at `as_of`; returns their number, and that of outcomes of no party.

        Of an outcome that closes later its days late and its amount are not known yet.
        place: where each id is among those that are valid at `as_of`, -1 where it is not; None where all are.
        """
        party = self.party.copy() if place is None else np.append(place, -1)[self.party]
        party[party >= 0] = identity.row[party[party >= 0]]
        visible, closed, days, amount = np.ones(len(party), bool), self.closed, self.days_late, self.amount
        if as_of is not None:
            visible = ~(np.where(np.isnan(self.opened), closed, self.opened) > as_of)
            ends_later = closed > as_of
            closed, days, amount = (np.where(ends_later, np.nan, values) for values in (closed, days, amount))
        stored = np.flatnonzero(visible & (party >= 0))
        keys = [values[stored] for values in (amount, days, self.state, self.outcome, closed, self.opened, party)]
        order = stored[np.lexsort(keys)]
        writer.array("outcomes/party.i4", party[order], "<i4")
        writer.array("outcomes/outcome.u1", self.outcome[order], "|u1")
        writer.array("outcomes/opened.f8", self.opened[order], "<f8")
        writer.array("outcomes/closed.f8", closed[order], "<f8")
        writer.array("outcomes/state.u1", self.state[order], "|u1")
        writer.array("outcomes/days_late.f8", days[order], "<f8")
        writer.array("outcomes/amount.f8", amount[order], "<f8")
        return len(order), int(np.count_nonzero(visible & (party < 0)))


def unsuppressed(outcomes: pa.RecordBatch) -> pa.RecordBatch:
    """The outcomes that no suppression rule covers."""
    return outcomes.filter(pc.not_equal(outcomes.column("state"), SUPPRESSED))


def read_outcomes(batches: Iterable[pa.RecordBatch], ids: pa.Array) -> OutcomeFacts:
    """All outcomes but suppressed ones, unsorted. ids: those of the parties.

    Raises SnapshotError for an outcome or a state that this version does not know.
    """
    facts = as_table(map(unsuppressed, batches), [field.name for field in fields(OutcomeFacts)])
    outcome = index_in(contiguous(facts["outcome"]), pa.array(OUTCOMES_KNOWN, pa.large_string()))
    state = index_in(contiguous(facts["state"]), pa.array(OUTCOME_STATES, pa.large_string()))
    if (outcome < 0).any() or (state < 0).any():
        raise SnapshotError(
            "the store has an outcome or a state that this Kith does not know; use the Kith that wrote it"
        )
    party = index_in(contiguous(facts["party"]), ids)
    opened, closed, days_late, amount = (
        floats(contiguous(facts[name])) for name in ("opened", "closed", "days_late", "amount")
    )
    return OutcomeFacts(party, outcome, opened, closed, state, days_late, amount)

"""The network with one applicant in it, in memory alone: scores come out as if its facts had been loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gnn.features.network_state import changed_state
from graph.errors import DoesNotFit, RebuildNeeded, StateConflict, UsageError
from graph.purposes import Purpose
from graph.snapshots.live.advance import advance
from graph.snapshots.live.snapshot import LiveSnapshot
from service.answers.applicants.applicant import Applicant
from service.answers.applicants.facts import changes_of, faults_of
from service.context import ServingContext

MOST_FAULTS: Final = 20  # that one error lists
MOST_APPLICANTS: Final = 100  # in one question: each is laid over the network by itself


def refuse_faults(context: ServingContext, asked: Sequence[str | Applicant]) -> None:
    """Raises UsageError for too many applicants, DoesNotFit with every fault of those asked about, by place."""
    if sum(isinstance(one, Applicant) for one in asked) > MOST_APPLICANTS:
        raise UsageError(f"at most {MOST_APPLICANTS} applicants can be asked about at once; send the others separately")
    faults = [
        f"parties[{number}].{fault}"
        for number, one in enumerate(asked)
        if isinstance(one, Applicant)
        for fault in faults_of(one, context.snapshot)
    ]
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise DoesNotFit("; ".join(faults[:MOST_FAULTS]) + more)


def with_applicant(context: ServingContext, applicant: Applicant, purpose: Purpose) -> tuple[ServingContext, int]:
    """A context in which the applicant is a party, and its row there.

    Nobody else sees it, and it is gone with the answer. Raises StateConflict where its facts would change who holds an
    identifier over which something was paid or called, which needs a new snapshot.
    """
    snapshot, id = context.snapshot, f"applicant-{applicant.digest()}"  # which nothing here is about
    live = snapshot if isinstance(snapshot, LiveSnapshot) else LiveSnapshot.of(snapshot)
    try:
        changed, touched = advance(live, changes_of(applicant, id, snapshot), unmentioned=True)
    except RebuildNeeded as error:
        raise StateConflict(
            f"{applicant.name} cannot be assessed as an applicant: {error}; load its facts instead"
        ) from error
    state = changed_state(context.scorer(purpose).table.state, changed, touched.ends, touched.rows)
    return ServingContext.following(context.base, changed, state), changed.row_of(id)

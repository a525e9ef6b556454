"""What every answer of a model says of itself: what was asked for, and from what it was answered."""

from __future__ import annotations

from typing import Any

from graph.purposes import Purpose
from service.closed import Closed
from service.context import ServingContext


class Provenance(Closed):
    """What identifies an answer: servers that agree in all of it answer the same question the same.

    policy: SHA-256 of the purpose's rules. odds0: the odds of a bad outcome at which the score is 650. engine: the
    version of the code that answered. late_from: from how many days past due on a late outcome counts as bad, None for
    never. base_rate: the share of bad outcomes in the population that probabilities are of; None for that of the sample
    the model was trained on. as_of: seconds since 1970, None for a snapshot of everything known. horizon_days: within
    how many days of the time of the snapshot the outcomes open that are foretold, None of a model without dates.
    """

    purpose: str
    policy: str
    snapshot: str
    revision: int
    model: str
    odds0: float
    late_from: int | None
    base_rate: float | None
    engine: str
    as_of: float | None
    horizon_days: int | None


def provenance(context: ServingContext, purpose: Purpose) -> dict[str, Any]:
    """The fields of `Provenance`, of an answer that this context gives. Raises NoModel."""
    prior = context.model.calibration.prior
    return {
        "purpose": purpose.name,
        "policy": purpose.policy(),
        "snapshot": context.snapshot.id,
        "revision": context.snapshot.revision,
        "model": context.model_id,
        "odds0": context.odds0,
        "late_from": context.model.spec.bad.late_from,
        "base_rate": None if prior is None else prior.population_rate,
        "engine": context.engine,
        "as_of": context.snapshot.as_of,
        "horizon_days": context.model.horizon_days,
    }

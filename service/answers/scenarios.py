"""What if: some parties default, and everybody else is asked again at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnn.models.score_scale import level, to_score
from graph.errors import AccessError, UsageError
from graph.purposes import Purpose
from graph.schema import IDENTIFIER_KINDS
from service.answers.provenance import Answer, provenance
from service.context import ServingContext


@dataclass(frozen=True, slots=True)
class Affected:
    """A party before and after: probability of a bad outcome, and the level that its score would have."""

    party: str
    before: float
    after: float
    rise: float
    level_before: str
    level_after: str


@dataclass(frozen=True, slots=True)
class DefaultScenario(Answer):
    """Who is hit when `failed` default, the hardest hit first.

    already_bad are those of the failed whose bad outcome is known already, so that their default is nothing new.
    parties counts those asked again, raised those whose probability rises; more_defaults is the sum of all changes:
    how many more bad outcomes among the others that means.
    """

    failed: tuple[str, ...]
    already_bad: tuple[str, ...]
    parties: int
    raised: int
    more_defaults: float
    affected: tuple[Affected, ...]


def defaults(state: ServingContext, failed: Sequence[str], purpose: Purpose, limit: int = 20) -> DefaultScenario:
    """Every other party's probability after `failed` default; the `limit` most affected by name.

    One propagation: what the failed do to those within two hops, not what these then do to others in turn. Raises
    UnknownParty, UsageError for nobody or an identifier, AccessError for a purpose that discloses only yes or no.
    """
    if not failed or limit < 1:
        raise UsageError("a scenario needs at least one party that defaults and a limit of 1 or more")
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask with another")
    snapshot = state.snapshot
    ids = sorted(set(failed))
    rows, scorer = snapshot.rows_of(ids), state.scorer(purpose)
    for id, kind in zip(ids, (snapshot.party_kinds[int(one)] for one in snapshot.party_kind[rows]), strict=True):
        if kind in IDENTIFIER_KINDS:
            raise UsageError(f"{id} is a {kind}, which ties parties together and borrows nothing: it cannot default")
    found = scorer.scenario(rows, state.terms(purpose))
    rise = found.after - found.before
    worst = np.lexsort((found.rows, -rise))[:limit]
    before, after = (to_score(p[worst], state.odds0) for p in (found.before, found.after))
    return DefaultScenario(
        tuple(ids),
        tuple(id for id, row in zip(ids, rows, strict=True) if scorer.outcomes.bad[row]),
        len(found.rows),
        int(np.count_nonzero(rise > 0)),
        float(rise.sum()),
        tuple(
            Affected(
                snapshot.id_of(int(found.rows[i])),
                float(found.before[i]),
                float(found.after[i]),
                float(rise[i]),
                level(float(was)),
                level(float(is_now)),
            )
            for i, was, is_now in zip(worst.tolist(), before, after, strict=True)
        ),
        **provenance(state, purpose),
    )

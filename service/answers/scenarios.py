"""What if: some parties default, and everybody else is scored again at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from gnn.models.score_scale import level, to_score
from graph.errors import AccessError, UsageError
from graph.purposes import Purpose
from graph.schema import IDENTIFIER_KINDS
from service.answers.provenance import Provenance, provenance
from service.closed import Closed
from service.context import ServingContext

MOST_RECOMPUTED: Final = 1_000  # parties that one simulation scores again, where no more are asked for

Probability = Annotated[float, Field(ge=0, le=1)]


class AffectedParty(Closed):
    """A party before and after: probability of a bad outcome, and the level that its score would have."""

    party: str
    before: Probability
    after: Probability
    rise: float
    level_before: str
    level_after: str


class DefaultScenario(Provenance):
    """Who is hit when `failed` default, the hardest hit first; `affected` holds the first of all `parties`.

    already_bad are those of the failed whose bad outcome is known already, so that their default is nothing new.
    parties counts those within two hops, who are scored again, raised those whose probability rises; more_defaults is
    the sum of all changes: how many more bad outcomes among them that means. left_out counts parties within two hops
    that were not scored again, since they were too many, and links_left_out links of hubs that were not followed.
    """

    failed: tuple[str, ...]
    already_bad: tuple[str, ...]
    parties: int
    raised: int
    more_defaults: float
    left_out: int
    links_left_out: int
    affected: tuple[AffectedParty, ...]


def defaults(context: ServingContext, failed: Sequence[str], purpose: Purpose, limit: int = 20) -> DefaultScenario:
    """The probability of others after `failed` default; the `limit` most affected by name.

    Scored again are those that a default can reach, within two hops, at most MOST_RECOMPUTED of them or `limit`. One
    propagation: what the failed do to those within two hops, not what these then do to others in turn. Raises
    UnknownParty, UsageError for nobody or an identifier, AccessError for a purpose that discloses only yes or no.
    """
    if not failed or limit < 1:
        raise UsageError("a scenario needs at least one party that defaults and a limit of 1 or more")
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask with another")
    snapshot = context.snapshot
    rows, scorer = np.unique(snapshot.rows_of(sorted(set(failed)))), context.scorer(purpose)
    ids = [snapshot.id_of(row) for row in rows.tolist()]
    for id, kind in zip(ids, (snapshot.party_kinds[int(kind)] for kind in snapshot.party_kind[rows]), strict=True):
        if kind in IDENTIFIER_KINDS:
            article = "an" if kind[:1] in "AEIOU" else "a"
            raise UsageError(
                f"{id} is {article} {kind}, which ties parties together and borrows nothing: it cannot default"
            )
    scenario = scorer.scenario(rows, context.terms(purpose), max(MOST_RECOMPUTED, limit))
    rise = scenario.after - scenario.before
    worst = np.lexsort((scenario.rows, -rise))[:limit]
    before, after = (to_score(p[worst], context.odds0) for p in (scenario.before, scenario.after))
    return DefaultScenario(
        failed=tuple(ids),
        already_bad=tuple(id for id, row in zip(ids, rows, strict=True) if scorer.outcomes.bad[row]),
        parties=len(scenario.rows),
        raised=int(np.count_nonzero(rise > 0)),
        more_defaults=float(rise.sum()),
        left_out=scenario.left_out,
        links_left_out=scenario.links_left_out,
        affected=tuple(
            AffectedParty(
                party=snapshot.id_of(int(scenario.rows[i])),
                before=float(scenario.before[i]),
                after=float(scenario.after[i]),
                rise=float(rise[i]),
                level_before=level(float(score_before)),
                level_after=level(float(score_after)),
            )
            for i, score_before, score_after in zip(worst.tolist(), before, after, strict=True)
        ),
        **provenance(context, purpose),
    )

"""What if: some parties default or are cured, some links are removed or added, and whom it reaches is scored again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from gnn.arrays import F64
from gnn.models.score_scale import level, to_score
from gnn.scoring.scorer import NOT_ASSESSED, Scorer
from graph.errors import AccessError, UnknownKind, UsageError
from graph.purposes import Purpose
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.overlay import AddLinks, Change, Cure, RemoveLinks
from graph.snapshots.snapshot import Snapshot
from service.answers.objecting import NO_OTHERS, Others, by_row, own_scenario
from service.answers.provenance import Provenance, provenance
from service.closed import Closed
from service.context import ServingContext

MOST_RECOMPUTED: Final = 1_000  # parties that one simulation scores again, where no more are asked for

Probability = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class SupposedLink:
    """A link of a kind from one party to another; amount: what an added one is of, where that is known."""

    kind: str
    source: str
    target: str
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed, all of it together: ids that default, ids that are cured, links that end, links that begin."""

    defaults: Sequence[str] = ()
    cures: Sequence[str] = ()
    removed: Sequence[SupposedLink] = ()
    added: Sequence[SupposedLink] = ()


class AffectedParty(Closed):
    """A party before and after: probability of a bad outcome, and the level that its score would have.

    A probability is None where too little is known of the party for one, or where it objected and a person has
    to decide first; the rise is then None, too.
    """

    party: str
    before: Probability | None
    after: Probability | None
    rise: float | None
    level_before: str
    level_after: str


class ScenarioLink(Closed):
    """A link that is supposed to end or to begin."""

    kind: str
    source: str
    target: str
    amount: float | None


class ScenarioAnswer(Provenance):
    """Whom a supposition reaches, those it moves most first; `affected` holds the first of all `parties`.

    already_bad are those of the failed whose bad outcome is known already, so that their default is nothing new;
    nothing_to_cure those of the cured of whom no default or late payment is known. parties counts those within two
    hops, who are scored again, raised those whose probability rises, lowered those whose falls; more_defaults is
    the sum of all changes: how many more bad outcomes among them that means. left_out counts parties within two hops
    that were not scored again, since they were too many, and links_left_out links of hubs that were not followed.
    """

    failed: tuple[str, ...]
    already_bad: tuple[str, ...]
    cured: tuple[str, ...]
    nothing_to_cure: tuple[str, ...]
    removed: tuple[ScenarioLink, ...]
    added: tuple[ScenarioLink, ...]
    parties: int
    raised: int
    lowered: int
    more_defaults: float
    left_out: int
    links_left_out: int
    affected: tuple[AffectedParty, ...]


def simulated(
    context: ServingContext,
    supposed: Supposition,
    purpose: Purpose,
    limit: int = 20,
    others: Others = NO_OTHERS,
) -> ScenarioAnswer:
    """The probability of others, and of those whose links or outcomes change, after what is supposed.

    Scored again are those that it can reach, within two hops, at most MOST_RECOMPUTED of them or `limit`. One
    propagation: what it does to those within two hops, not what these then do to others in turn. others: the purposes
    of parties that objected.

    Raises:
        UnknownParty: an id is not in the network.
        UsageError: an identifier defaults, a party defaults and is cured, a link is not there.
        UnknownKind: the snapshot has no links of an added link's kind.
        AccessError: the purpose discloses only yes or no.
    """
    if limit < 1:
        raise UsageError("a scenario needs a limit of 1 or more")
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask with another")
    if both := sorted(set(supposed.defaults) & set(supposed.cures)):
        raise UsageError(f"{both[0]} cannot default and be cured at once; leave one of the two out")
    snapshot, scorer = context.snapshot, context.scorer(purpose)
    failed, cured = (_borrowers(snapshot, ids) for ids in (supposed.defaults, supposed.cures))
    changes: list[Change] = [Cure(row) for row in cured]
    changes += [_removal(snapshot, link) for link in supposed.removed]
    changes += [_addition(snapshot, link) for link in supposed.added]
    found = own_scenario(context, failed, purpose, by_row(snapshot, others), max(MOST_RECOMPUTED, limit), changes)
    rise = found.after - found.before
    largest = np.where(np.isnan(rise), np.inf, np.abs(rise))  # who gains or loses a score comes first
    largest[np.isnan(found.before) & np.isnan(found.after)] = -1  # whose answer is withheld comes last
    first = np.lexsort((found.rows, -largest))[:limit]
    return ScenarioAnswer(
        failed=tuple(snapshot.id_of(row) for row in failed),
        already_bad=tuple(snapshot.id_of(row) for row in failed if scorer.outcomes.bad[row]),
        cured=tuple(snapshot.id_of(row) for row in cured),
        nothing_to_cure=tuple(snapshot.id_of(row) for row in cured if not _can_be_cured(scorer, row)),
        removed=tuple(map(_answered, supposed.removed)),
        added=tuple(map(_answered, supposed.added)),
        parties=len(found.rows),
        raised=int(np.count_nonzero(rise > 0)),
        lowered=int(np.count_nonzero(rise < 0)),
        more_defaults=float(np.nansum(rise)),
        left_out=found.left_out,
        links_left_out=found.links_left_out,
        affected=_affected(
            snapshot, found.rows[first].tolist(), found.before[first], found.after[first], context.odds0
        ),
        **provenance(context, purpose),
    )


def _affected(
    snapshot: Snapshot, rows: Sequence[int], before: F64, after: F64, odds0: float
) -> tuple[AffectedParty, ...]:
    return tuple(
        AffectedParty(
            party=snapshot.id_of(row),
            before=_known(was),
            after=_known(becomes),
            rise=_known(becomes - was),
            level_before=_level(was, odds0),
            level_after=_level(becomes, odds0),
        )
        for row, was, becomes in zip(rows, before.tolist(), after.tolist(), strict=True)
    )


def _known(value: float) -> float | None:
    return None if value != value else value


def _level(probability: float, odds0: float) -> str:
    return NOT_ASSESSED if probability != probability else level(float(to_score(probability, odds0)))


def _can_be_cured(scorer: Scorer, row: int) -> bool:
    return bool(scorer.outcomes.default[row] or scorer.outcomes.late[row])


def _borrowers(snapshot: Snapshot, ids: Sequence[str]) -> list[int]:
    """The rows of these parties, ascending, each once. Raises UnknownParty, UsageError for an identifier."""
    rows: list[int] = np.unique(snapshot.rows_of(sorted(set(ids)))).tolist()
    for row in rows:
        kind = snapshot.kind_of(row)
        if kind in IDENTIFIER_KINDS:
            article = "an" if kind[:1] in "AEIOU" else "a"
            raise UsageError(
                f"{snapshot.id_of(row)} is {article} {kind}, which ties parties together and borrows nothing: "
                "it can neither default nor be cured"
            )
    return rows


def _ends(snapshot: Snapshot, link: SupposedLink) -> tuple[int, int]:
    """The rows of a link's ends. Raises UnknownKind for a kind of which the snapshot has no links, UnknownParty."""
    if link.kind not in snapshot.kinds:
        there = ", ".join(snapshot.kinds)
        raise UnknownKind(f"this snapshot has no links of kind {link.kind}, so the model knows none; it has {there}")
    return snapshot.row_of(link.source), snapshot.row_of(link.target)


def _removal(snapshot: Snapshot, link: SupposedLink) -> RemoveLinks:
    source, target = _ends(snapshot, link)
    if not len(snapshot.links(link.kind).relationship(source, target)):
        raise UsageError(f"there is no link of kind {link.kind} from {link.source} to {link.target} to remove")
    return RemoveLinks(link.kind, source, target)


def _addition(snapshot: Snapshot, link: SupposedLink) -> AddLinks:
    source, target = _ends(snapshot, link)
    amount = float("nan") if link.amount is None else link.amount
    known_at = float("nan") if snapshot.as_of is None else snapshot.as_of
    return AddLinks(link.kind, source, target, first=known_at, last=known_at, amount=amount)


def _answered(link: SupposedLink) -> ScenarioLink:
    return ScenarioLink(kind=link.kind, source=link.source, target=link.target, amount=link.amount)

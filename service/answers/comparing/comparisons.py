"""What changed between two snapshots: parties, links, outcomes, scores and why they moved, rings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import numpy as np
from pydantic import Field

from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.scorer import Assessment, Scorer
from gnn.scoring.terms import Terms
from graph.errors import AccessError
from graph.explore.compare import BagChanges, Comparison, outcome_of
from graph.purposes import Purpose
from graph.rings.find import Ring, match
from service.answers.objecting import NO_OTHERS, Others, by_purpose, by_row
from service.answers.profiles import KnownOutcome, outcomes_of
from service.closed import Closed
from service.context import ServingContext

ROWS: Final = 2_000  # scored at once

Change = Literal["new", "gone", "changed"]


class ChangeCounts(Closed):
    """How many are new, gone and changed."""

    new: int = Field(ge=0)
    gone: int = Field(ge=0)
    changed: int = Field(ge=0)


class ChangedField(Closed):
    """A field of a party before and after, null where it has none."""

    field: str
    before: str | None
    after: str | None


class PartyChange(Closed):
    """A party that is new, gone or changed, with the fields that changed."""

    party: str
    kind: str
    name: str | None
    change: Change
    fields: tuple[ChangedField, ...]


class LinkChange(Closed):
    """Between two parties, how many links of a kind are new, gone and changed."""

    kind: str
    source: str
    target: str
    new: int = Field(ge=0)
    gone: int = Field(ge=0)
    changed: int = Field(ge=0)


class OutcomeChange(Closed):
    """A party of which an outcome is new, gone or changed, with all its outcomes of that name before and after."""

    party: str
    outcome: str
    before: tuple[KnownOutcome, ...]
    after: tuple[KnownOutcome, ...]


class MovedScore(Closed):
    """A score before and after, and why: the points of each part that moved, after minus before, the largest first."""

    party: str
    score_before: int
    score_after: int
    probability_before: float
    probability_after: float
    level_before: str
    level_after: str
    points_before: dict[str, float]
    points_after: dict[str, float]
    why: dict[str, float]


class ScoreChanges(Closed):
    """How many scores moved, how many parties went from one level to another, and those that moved most."""

    compared: int
    moved: int
    levels: dict[str, int]
    most: tuple[MovedScore, ...]


class RingChange(Closed):
    """A ring that came, went, or has other members or another level than before."""

    ring: str
    kind: str
    change: Literal["came", "went", "changed"]
    level_before: str | None
    level_after: str | None
    joined: tuple[str, ...]
    left: tuple[str, ...]


class ComparisonAnswer(Closed):
    """What changed between two snapshots. The counts are of all, the lists hold no more than were asked for.

    scores: null where no model fits both snapshots.
    """

    before: str
    after: str
    party_counts: ChangeCounts
    link_counts: dict[str, ChangeCounts]
    outcome_counts: ChangeCounts
    parties: tuple[PartyChange, ...]
    links: tuple[LinkChange, ...]
    outcomes: tuple[OutcomeChange, ...]
    scores: ScoreChanges | None
    rings: tuple[RingChange, ...]


def compare(
    before: ServingContext,
    after: ServingContext,
    purpose: Purpose,
    limit: int | None,
    moved: int,
    others: Others = NO_OTHERS,
) -> ComparisonAnswer:
    """What changed from one snapshot to another, scores where both contexts have the same model.

    limit: how many changes of each kind are listed (None: all). moved: how many scores that moved. others: parties
    that are answered for by another purpose, today; they are so in both snapshots, or left out where it is withheld.

    Raises AccessError for a purpose that discloses only yes or no.
    """
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; compare scores for another")
    both = Comparison(before.snapshot, after.snapshot)
    parties, outcomes = both.parties(), both.outcomes()
    links = dict(both.links())
    can_score = before.can_score and after.can_score and before.model_id == after.model_id
    return ComparisonAnswer(
        before=before.snapshot.id,
        after=after.snapshot.id,
        party_counts=ChangeCounts(new=len(parties.new), gone=len(parties.gone), changed=len(parties.changed)),
        link_counts={kind: _counts(changes) for kind, changes in links.items() if len(changes.key)},
        outcome_counts=_counts(outcomes),
        parties=tuple(
            [_party(both, int(row), "new") for row in parties.new[:limit]]
            + [_party(both, int(row), "gone") for row in parties.gone[:limit]]
            + [_party(both, int(row), "changed") for row in parties.changed[:limit]]
        ),
        links=tuple(one for kind, changes in links.items() for one in _links(both, kind, changes, limit)),
        outcomes=tuple(_outcome(both, key) for key in outcomes.key[:limit].tolist()),
        scores=_scores(both, before, after, purpose, moved, others) if can_score else None,
        rings=tuple(rings_changed(before.rings(), after.rings())),
    )


def _counts(changes: BagChanges) -> ChangeCounts:
    return ChangeCounts(new=int(changes.new.sum()), gone=int(changes.gone.sum()), changed=int(changes.changed.sum()))


def _party(both: Comparison, row: int, change: Change) -> PartyChange:
    snapshot = both.before if change == "gone" else both.after
    fields = both.fields_changed(row) if change == "changed" else []
    return PartyChange(
        party=snapshot.id_of(row),
        kind=snapshot.kind_of(row),
        name=snapshot.name_of(row),
        change=change,
        fields=tuple(ChangedField(field=one.field, before=one.before, after=one.after) for one in fields),
    )


def _links(both: Comparison, kind: str, changes: BagChanges, limit: int | None) -> Iterator[LinkChange]:
    columns = (changes.key, changes.new, changes.gone, changes.changed)
    for key, new, gone, changed in zip(*(column[:limit].tolist() for column in columns), strict=True):
        source, target = both.id_of(key >> 32), both.id_of(key & 0xFFFFFFFF)
        yield LinkChange(kind=kind, source=source, target=target, new=new, gone=gone, changed=changed)


def _outcome(both: Comparison, key: int) -> OutcomeChange:
    number, outcome = outcome_of(key)
    party = both.id_of(number)
    sides = []
    for snapshot in (both.before, both.after):
        known = outcomes_of(snapshot, snapshot.row_of(party)) if snapshot.has(party) else ()
        sides.append(tuple(one for one in known if one.outcome == outcome))
    return OutcomeChange(party=party, outcome=outcome, before=sides[0], after=sides[1])


def _scores(
    both: Comparison, before: ServingContext, after: ServingContext, purpose: Purpose, most: int, others: Others
) -> ScoreChanges:
    own = by_row(after.snapshot, others)
    pairs = list(assessed_in_both(both, before, after, disclosed_rows(both, own), purpose, own))
    levels = Counter(f"{old.level} -> {new.level}" for old, new in pairs if old.level != new.level)
    scored = [(old, new) for old, new in pairs if old.score is not None and new.score is not None]
    moved = [pair for pair in scored if _score(pair[0]) != _score(pair[1])]
    moved.sort(key=lambda pair: (-abs(_score(pair[1]) - _score(pair[0])), pair[1].row))
    return ScoreChanges(
        compared=len(scored),
        moved=len(moved),
        levels=dict(sorted(levels.items())),
        most=tuple(_moved(before, after, own.get(new.row, purpose), old, new) for old, new in moved[:most]),
    )


def disclosed_rows(both: Comparison, own: Mapping[int, Purpose]) -> list[int]:
    """The rows of the later snapshot, ascending, whose scores in both may be told. own: purposes by row."""
    return [row for row in np.flatnonzero(both.row_before >= 0).tolist() if row not in own or not own[row].withheld]


def assessed_in_both(
    both: Comparison,
    before: ServingContext,
    after: ServingContext,
    rows: Sequence[int],
    purpose: Purpose,
    own: Mapping[int, Purpose],
) -> Iterator[tuple[Assessment, Assessment]]:
    """The assessments of some rows of the later snapshot, before and after, each by its own purpose."""
    old_rows = both.row_before[list(rows)].tolist()
    own_before = {old: own[row] for old, row in zip(old_rows, rows, strict=True) if row in own}
    return zip(assessed(before, old_rows, purpose, own_before), assessed(after, rows, purpose, own), strict=True)


def assessed(
    context: ServingContext, rows: Sequence[int], purpose: Purpose, own: Mapping[int, Purpose]
) -> Iterator[Assessment]:
    """The assessments of some rows, in their order, made ROWS at a time. Raises NoModel.

    own: purposes of the rows that are answered for by another one.
    """
    for start in range(0, len(rows), ROWS):
        yield from _assessed(context, rows[start : start + ROWS], purpose, own)


def _assessed(
    context: ServingContext, rows: Sequence[int], purpose: Purpose, own: Mapping[int, Purpose]
) -> list[Assessment]:
    def by(places: list[int], its: Purpose) -> Sequence[Assessment]:
        return context.scorer(its).assess_rows([rows[place] for place in places], context.terms(its))

    return by_purpose([own.get(row, purpose) for row in rows], by)


def assessed_by(scorer: Scorer, rows: Sequence[int], terms: Terms) -> Iterator[Assessment]:
    """The assessments of some rows by a scorer, in their order, made ROWS at a time."""
    for start in range(0, len(rows), ROWS):
        yield from scorer.assess_rows(rows[start : start + ROWS], terms)


def _score(assessment: Assessment) -> int:
    return round(assessment.score or 0.0)


def _moved(
    before: ServingContext, after: ServingContext, purpose: Purpose, old: Assessment, new: Assessment
) -> MovedScore:
    was, is_ = points_of_parts(before, old.row, purpose), points_of_parts(after, new.row, purpose)
    moves = {part: is_.get(part, 0.0) - was.get(part, 0.0) for part in sorted({*was, *is_})}
    return MovedScore(
        party=after.snapshot.id_of(new.row),
        score_before=_score(old),
        score_after=_score(new),
        probability_before=old.probability or 0.0,
        probability_after=new.probability or 0.0,
        level_before=old.level,
        level_after=new.level,
        points_before=was,
        points_after=is_,
        why=dict(
            sorted(((part, move) for part, move in moves.items() if move), key=lambda one: (-abs(one[1]), one[0]))
        ),
    )


def points_of_parts(context: ServingContext, row: int, purpose: Purpose) -> dict[str, float]:
    """The points of the own record and of each category in a score."""
    shares = context.explainer(purpose).attribution(row, context.terms(purpose))
    return {part: 0.0 - POINTS_PER_LOG_ODDS * value for part, value in shares.contributions.items()}


def rings_changed(before: tuple[Ring, ...], after: tuple[Ring, ...]) -> Iterator[RingChange]:
    """The rings that changed; a ring of after is the one of before whose members are most like its own."""
    old = {ring.ring: ring for ring in before}
    new = {ring.ring: ring for ring in match(before, after)}
    for name in sorted({*old, *new}):
        was, is_ = (side[name].parties if name in side else frozenset[str]() for side in (old, new))
        level_was, level_is = (side[name].level if name in side else None for side in (old, new))
        if was != is_ or level_was != level_is:
            yield RingChange(
                ring=name,
                kind=(new if name in new else old)[name].kind,
                change="came" if name not in old else "went" if name not in new else "changed",
                level_before=level_was,
                level_after=level_is,
                joined=tuple(sorted(is_ - was)),
                left=tuple(sorted(was - is_)),
            )

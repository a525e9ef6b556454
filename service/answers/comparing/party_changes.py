"""What changed about one party since an earlier snapshot: its record, links, outcomes, score and rings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from graph.explore.compare import fields_changed
from graph.explore.party_changes import PartyLinksChanged, links_changed
from graph.purposes import Purpose
from graph.rings.find import match
from graph.snapshots.snapshot import Snapshot
from service.answers.comparing.comparisons import (
    ChangedField,
    LinkChange,
    OutcomeChange,
    RingChange,
    points_of_parts,
    rings_changed,
)
from service.answers.profiles import NamedParty, named_party, outcomes_of
from service.answers.scores import Disclosed, Level, scores_of_rows
from service.closed import Closed
from service.context import ServingContext


class SnapshotBefore(Closed):
    """The earlier snapshot that is compared with. as_of: seconds since 1970, null for one of everything known."""

    snapshot: str
    revision: int
    as_of: float | None


class ScoreChange(Closed):
    """A score before and after; null where the party was or is not assessed.

    why: the points of each part that moved, after minus before, the largest first; empty where either has no score.
    """

    score_before: int | None = Field(ge=350, le=950)
    score_after: int | None = Field(ge=350, le=950)
    level_before: Level | None
    level_after: Level | None
    why: dict[str, float]


class PartyChanges(Closed):
    """What changed about a party since the snapshot `before`; that is null where there is no earlier one.

    party_is: `new` where the earlier snapshot did not have it. uncompared: kinds of links of which it has too many to
    compare. score: null where no model fits both, or the purpose needs consent or tells only yes or no. rings: null
    where none may be told. others: those named in links and rings whom the snapshot has.
    """

    party: str
    before: SnapshotBefore | None
    snapshot: str
    revision: int
    party_is: Literal["new", "changed", "same"]
    fields: tuple[ChangedField, ...]
    links: tuple[LinkChange, ...]
    uncompared: tuple[str, ...]
    outcomes: tuple[OutcomeChange, ...]
    score: ScoreChange | None
    rings: tuple[RingChange, ...] | None
    others: tuple[NamedParty, ...]


def party_changes(
    context: ServingContext,
    before: ServingContext | None,
    party: str,
    purpose: Purpose,
    kinds: frozenset[str],
    with_rings: bool = True,
) -> PartyChanges:
    """What changed about a party from the snapshot of one context to that of another. Raises UnknownParty."""
    snapshot = context.snapshot
    row = snapshot.row_of(party)
    shared: dict[str, Any] = {"party": party, "snapshot": snapshot.id, "revision": snapshot.revision}
    if before is None:
        return PartyChanges(
            before=None,
            party_is="same",
            fields=(),
            links=(),
            uncompared=(),
            outcomes=(),
            score=None,
            rings=(),
            others=(),
            **shared,
        )
    old = before.snapshot.find(party)
    fields = [] if old is None else fields_changed(before.snapshot, old, snapshot, row)
    links = links_changed(before.snapshot, snapshot, party, kinds)
    outcomes = _outcomes(context, before, party)
    rings = _rings(context, before, party) if with_rings else None
    score = _score(context, before, row, old, purpose)
    moved = score is not None and score.score_before != score.score_after
    changed = bool(fields or links.links or outcomes or rings or moved)
    return PartyChanges(
        before=SnapshotBefore(
            snapshot=before.snapshot.id, revision=before.snapshot.revision, as_of=before.snapshot.as_of
        ),
        party_is="new" if old is None else "changed" if changed else "same",
        fields=tuple(ChangedField(field=one.field, before=one.before, after=one.after) for one in fields),
        links=tuple(
            LinkChange(
                kind=one.kind, source=one.source, target=one.target, new=one.new, gone=one.gone, changed=one.changed
            )
            for one in links.links
        ),
        uncompared=links.uncompared,
        outcomes=outcomes,
        score=score,
        rings=rings,
        others=_others(snapshot, party, links, rings or ()),
        **shared,
    )


def _others(
    snapshot: Snapshot, party: str, links: PartyLinksChanged, rings: Sequence[RingChange]
) -> tuple[NamedParty, ...]:
    ends = {end for link in links.links for end in (link.source, link.target)}
    members = {member for ring in rings for member in (*ring.joined, *ring.left)}
    rows = (snapshot.find(id) for id in sorted((ends | members) - {party}))
    return tuple(named_party(snapshot, row) for row in rows if row is not None)


def _outcomes(context: ServingContext, before: ServingContext, party: str) -> tuple[OutcomeChange, ...]:
    was, now = (
        () if (row := one.snapshot.find(party)) is None else outcomes_of(one.snapshot, row) for one in (before, context)
    )
    found = []
    for name in sorted({one.outcome for one in (*was, *now)}):
        old, new = (tuple(one for one in side if one.outcome == name) for side in (was, now))
        if old != new:
            found.append(OutcomeChange(party=party, outcome=name, before=old, after=new))
    return tuple(found)


def _rings(context: ServingContext, before: ServingContext, party: str) -> tuple[RingChange, ...]:
    """The changes of the rings that the party is or was a member of."""
    was, now = before.rings(), context.rings()
    ids = {one.snapshot.id_of(row) for one in (before, context) if (row := one.snapshot.find(party)) is not None}
    of_party = {ring.ring for ring in (*was, *match(was, now)) if ids & ring.parties}
    return tuple(change for change in rings_changed(was, now) if change.ring in of_party)


def _score(
    context: ServingContext, before: ServingContext, row: int, old: int | None, purpose: Purpose
) -> ScoreChange | None:
    if purpose.threshold is not None or purpose.consent or not (context.can_score and before.can_score):
        return None
    if context.model_id != before.model_id:
        return None
    now = scores_of_rows(context, [row], purpose)[0]
    was: Disclosed | None = None if old is None else scores_of_rows(before, [old], purpose)[0]
    why: dict[str, float] = {}
    if old is not None and was is not None and was.score is not None and now.score is not None:
        points, earlier = points_of_parts(context, row, purpose), points_of_parts(before, old, purpose)
        moves = {part: points.get(part, 0.0) - earlier.get(part, 0.0) for part in {*points, *earlier}}
        ordered = sorted(moves.items(), key=lambda one: (-abs(one[1]), one[0]))
        why = {part: round(move, 2) for part, move in ordered if round(move, 2)}
    return ScoreChange(
        score_before=None if was is None else was.score,
        score_after=now.score,
        level_before=None if was is None else was.level,
        level_after=now.level,
        why=why,
    )

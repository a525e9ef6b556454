"""What deserves an investigator's eye since a snapshot was built: found near what events touched, within a budget.

The network as it is now is compared with the snapshot as it was built, and with what was told since: a score is told
of again when it has moved once more, a ring when it has grown once more, an outcome once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from graph.cancellation import check_cancelled
from graph.explore.nearest import nearest
from graph.purposes import Purpose
from graph.rings.find import MIN_JACCARD, Ring, find_rings, match
from graph.schema import IDENTIFIER_KINDS
from service.answers.comparing.comparisons import assessed, points_of_parts
from service.answers.objecting import NO_OTHERS, Others, by_row, without
from service.casework.findings import (
    LEAST_MOVE,
    MOST_MOVED,
    MOST_STRENGTH,
    AlertKind,
    Finding,
    Findings,
    opened_outcomes,
    ring_finding,
)
from service.context import ServingContext

MOST_SCORED: Final = 1_000  # parties near events that are scored in one look; those beyond are counted and left out
AT_ONCE: Final = 16  # of them, so that nobody waits long who asks for one of their scores meanwhile
REACH: Final = 2  # links from an event to the farthest party whose features read it
MOST_LINKS: Final = 500_000  # of a network in which rings are looked for; in a larger one they wait for a snapshot

Told = Callable[[Collection[str]], Sequence[Finding]]


def find_since(
    context: ServingContext, touched: Collection[str], told: Told, purpose: Purpose, others: Others = NO_OTHERS
) -> Findings:
    """The findings of the network of a context, which follows a snapshot, near the parties that events touched.

    told: the findings since the snapshot that are alerts already, about any of some parties, in their order. others:
    the purposes of parties that are answered for by another one.
    """
    snapshot = context.snapshot
    rows = sorted(snapshot.row_of(id) for id in touched if snapshot.has(id))
    found = [*_outcomes(context, rows, told), *_rings(context, rows, told)]
    left_out = 0
    if context.can_score:
        moved, left_out = _moved(context, rows, told, purpose, by_row(snapshot, others))
        found += moved
    return Findings(tuple(sorted(found, key=lambda one: (-one.strength, one.id))), left_out)


def _outcomes(context: ServingContext, rows: list[int], told: Told) -> Iterator[Finding]:
    known = {one.party for one in told(list(map(context.snapshot.id_of, rows))) if one.kind == "outcome_opened"}
    for finding in opened_outcomes(context, context.base, set(rows)):
        if finding.party not in known:
            yield finding


def _rings(context: ServingContext, rows: list[int], told: Told) -> Iterator[Finding]:
    """Rings with a touched member that the snapshot did not have, or that have members of whom nobody was told."""
    snapshot = context.snapshot
    if sum(info.links for info in snapshot.kinds.values()) > MOST_LINKS:
        return
    ids = {snapshot.id_of(row) for row in rows}
    earlier = {ring.ring: ring.parties for ring in context.base.rings()}
    now = match(context.base.rings(), find_rings(snapshot))
    for ring in now:
        if not ring.parties & ids:
            continue
        known = [earlier[ring.ring]] if ring.ring in earlier else []
        known += [
            frozenset(one.parties) for one in told(ring.parties) if one.ring is not None and _is_same(ring, one.parties)
        ]
        joined = ring.parties - frozenset[str]().union(*known)
        if joined:
            kind: AlertKind = "ring_grown" if known else "ring_new"
            number = len(joined) if known else 0
            yield ring_finding(context, ring, kind, number, snapshot.id)


def _is_same(ring: Ring, parties: Sequence[str]) -> bool:
    """Whether a ring that was told of, of such members, is this one, by the rule of `match`."""
    return len(ring.parties & set(parties)) >= MIN_JACCARD * len(ring.parties | set(parties))


def _moved(
    context: ServingContext, rows: list[int], told: Told, purpose: Purpose, own: Mapping[int, Purpose]
) -> tuple[list[Finding], int]:
    """Of the parties within REACH of events, those whose scores moved most since they were told of."""
    snapshot, base = context.snapshot, context.base
    near, left_out = nearest(snapshot, np.array(rows, np.int64), REACH, MOST_SCORED)
    identifies = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    withheld = [row for row, its in own.items() if its.withheld]
    silent = np.isin(snapshot.party_kind[near], identifies) | np.isin(near, withheld)
    near = np.sort(near[(near < base.snapshot.n_parties) & ~silent])
    scores: list[tuple[int, float, float]] = []
    for start in range(0, len(near), AT_ONCE):
        check_cancelled()
        some = near[start : start + AT_ONCE].tolist()
        for old, new in zip(assessed(base, some, purpose, own), assessed(context, some, purpose, own), strict=True):
            if old.score is not None and new.score is not None:
                scores.append((old.row, old.score, new.score))
    of_party: dict[str, list[Finding]] = {}
    for one in told([snapshot.id_of(row) for row, _, _ in scores]):
        if one.kind == "score_moved":
            of_party.setdefault(one.party, []).append(one)
    moves = []
    for row, was, now in scores:
        left_out_of_it = without(purpose, own.get(row, purpose))
        before = [one for one in of_party.get(snapshot.id_of(row), []) if one.without == left_out_of_it]
        known = float(before[-1].score_after or 0) if before else was
        if abs(now - known) >= LEAST_MOVE:
            fall = known - now
            moves.append((fall if fall > 0 else -fall / 2, row, known, now, before))
    moves.sort(key=lambda move: (-move[0], move[1]))
    found = [_finding(context, purpose, own.get(move[1], purpose), *move) for move in moves[:MOST_MOVED]]
    return found, left_out


def _finding(
    context: ServingContext,
    purpose: Purpose,
    own: Purpose,
    strength: float,
    row: int,
    known: float,
    now: float,
    before: Sequence[Finding],
) -> Finding:
    """A moved score, with the points that moved it since it was told of."""
    points = points_of_parts(context, row, own)
    for part, value in points_of_parts(context.base, row, own).items():
        points[part] = points.get(part, 0.0) - value
    for finding in before:
        for part, value in finding.points.items():
            points[part] = points.get(part, 0.0) - value
    party = context.snapshot.id_of(row)
    (assessment,) = assessed(context, [row], own, {})
    return Finding(
        kind="score_moved",
        party=party,
        parties=(party,),
        level=assessment.level,
        score_before=round(known),
        score_after=round(now),
        points={part: round(value, 2) for part, value in sorted(points.items()) if round(value, 2)},
        strength=round(min(strength, MOST_STRENGTH), 2),
        snapshot=context.snapshot.id,
        before=context.base.snapshot.id,
        revision=context.snapshot.revision,
        without=without(purpose, own),
    )

"""What deserves an investigator's eye: read from the served snapshot and, where there is one, from the one before it.

Scores that moved most, rings that are new or grew, and bad outcomes that opened beside many parties without one. Each
finding is a pure function of the two snapshots, the model and the purpose, and its id is the hash of what it is about.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import Field

from graph.explore.compare import Comparison
from graph.explore.neighbours import neighbours
from graph.purposes import Purpose
from graph.rings.find import Ring, match
from graph.schema import BAD_OUTCOMES, IDENTIFIER_KINDS, OUTCOME_STATES, OUTCOMES_KNOWN
from graph.snapshots.snapshot import Snapshot
from service.answers.comparing.comparisons import assessed_in_both, disclosed_rows, points_of_parts
from service.answers.objecting import NO_OTHERS, Others, by_row, without
from service.closed import Closed
from service.context import DAY, ServingContext

AlertKind = Literal["score_moved", "ring_new", "ring_grown", "ring_found", "outcome_opened"]

MOST_SCORED: Final = 50_000  # parties whose scores are compared; those beyond are counted and left out
MOST_MOVED: Final = 30  # scores that moved most
LEAST_MOVE: Final = 25.0  # points that make a move worth a look
LEAST_UNHARMED: Final = 10  # neighbours without a bad outcome that make an outcome one
MOST_NEIGHBOURS: Final = 1_000  # that are looked at
RECENT: Final = 30.0  # days: outcomes as new as that count as newly opened where there is no snapshot before
RING_WEIGHT: Final = 12.0  # points of strength for each unit of a ring's
OUTCOME_WEIGHT: Final = 4.0  # and for each unharmed neighbour
MOST_STRENGTH: Final = 400.0
RING_LEVELS: Final = ("high", "very_high")  # of the rings that are found where there is no snapshot before


class Finding(Closed):
    """Why a party or a ring deserves a look. `points`: what moved the score, after minus before.

    strength orders findings of all kinds: points that a score fell by, or what a ring or an outcome weighs like them.
    before: the snapshot compared with; for what events brought it is `snapshot` itself, as it was built. revision: the
    newest that the finding knows, None of one that an earlier Kith made. without: categories that a score leaves out,
    since the party objected to them.
    """

    kind: AlertKind
    party: str
    parties: tuple[str, ...]
    ring: str | None = None
    level: str | None = None
    score_before: int | None = None
    score_after: int | None = None
    points: dict[str, float] = Field(default_factory=dict)
    figures: dict[str, str] = Field(default_factory=dict)
    strength: float
    snapshot: str
    before: str | None
    revision: int | None = None
    without: tuple[str, ...] = ()

    @property
    def is_of_events(self) -> bool:
        """Whether events brought it, after the snapshot was built."""
        return self.snapshot == self.before

    @property
    def id(self) -> str:
        """16 hex digits of the SHA-256 of what it is about."""
        about: list[str | int | tuple[str, ...] | None] = [self.kind, self.party, self.ring, self.snapshot, self.before]
        if self.is_of_events:  # each time that it is told of is one
            about.append(self.revision)
        if self.without:
            about.append(self.without)
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, and how many parties the budget of scores left out."""

    found: tuple[Finding, ...]
    left_out: int


def find(
    context: ServingContext, before: ServingContext | None, purpose: Purpose, others: Others = NO_OTHERS
) -> Findings:
    """The findings of the snapshot of a context, the strongest first.

    others: the purposes of parties that are answered for by another one.
    """
    found = [*_rings(context, before), *opened_outcomes(context, before)]
    left_out = 0
    if before is not None and context.can_score and before.can_score and context.model_id == before.model_id:
        moved, left_out = _moved(context, before, purpose, by_row(context.snapshot, others))
        found += moved
    return Findings(tuple(sorted(found, key=lambda one: (-one.strength, one.id))), left_out)


def _moved(
    context: ServingContext, before: ServingContext, purpose: Purpose, own: Mapping[int, Purpose]
) -> tuple[list[Finding], int]:
    """Of the parties that both snapshots have, those whose scores moved most; a fall counts double."""
    both = Comparison(before.snapshot, context.snapshot)
    rows = disclosed_rows(both, own)
    rows, left_out = rows[:MOST_SCORED], max(0, len(rows) - MOST_SCORED)
    moves = []
    for old, new in assessed_in_both(both, before, context, rows, purpose, own):
        if old.score is not None and new.score is not None and abs(new.score - old.score) >= LEAST_MOVE:
            fall = float(old.score - new.score)
            moves.append((fall if fall > 0 else -fall / 2, old, new))
    moves.sort(key=lambda move: (-move[0], move[2].row))
    found = []
    for strength, old, new in moves[:MOST_MOVED]:
        its = own.get(new.row, purpose)
        was, is_ = points_of_parts(before, old.row, its), points_of_parts(context, new.row, its)
        points = {part: round(is_.get(part, 0.0) - was.get(part, 0.0), 2) for part in sorted({*was, *is_})}
        party = context.snapshot.id_of(new.row)
        found.append(
            Finding(
                kind="score_moved",
                party=party,
                parties=(party,),
                level=new.level,
                score_before=round(old.score or 0.0),
                score_after=round(new.score or 0.0),
                points={part: move for part, move in points.items() if move},
                strength=round(min(strength, MOST_STRENGTH), 2),
                snapshot=context.snapshot.id,
                before=before.snapshot.id,
                revision=context.snapshot.revision,
                without=without(purpose, its),
            )
        )
    return found, left_out


def _rings(context: ServingContext, before: ServingContext | None) -> Iterator[Finding]:
    """Rings that are new or have new members; without a snapshot before, those of a high level."""
    rings = context.rings()
    if before is None:
        for ring in rings:
            if ring.level in RING_LEVELS:
                yield ring_finding(context, ring, "ring_found", 0, None)
        return
    earlier = {ring.ring: ring for ring in before.rings()}
    for ring, named in zip(rings, match(before.rings(), rings), strict=True):
        was = earlier.get(named.ring)
        joined = len(ring.parties - was.parties) if was is not None else 0
        if was is None or joined:
            yield ring_finding(context, ring, "ring_new" if was is None else "ring_grown", joined, before.snapshot.id)


def ring_finding(context: ServingContext, ring: Ring, kind: AlertKind, joined: int, before: str | None) -> Finding:
    """That a ring deserves a look; `joined` of its members are new."""
    members = [member.party for member in ring.members]
    hub = next((member.party for member in ring.members if member.role == "hub"), members[0])
    return Finding(
        kind=kind,
        party=hub,
        parties=tuple(members),
        ring=ring.ring,
        level=ring.level,
        figures={"members": str(len(members)), "joined": str(joined), "level": ring.level},
        strength=round(min(RING_WEIGHT * ring.strength, MOST_STRENGTH), 2),
        snapshot=context.snapshot.id,
        before=before,
        revision=context.snapshot.revision,
    )


def opened_outcomes(
    context: ServingContext, before: ServingContext | None, among: Collection[int] | None = None
) -> Iterator[Finding]:
    """Open bad outcomes that are new, of parties with many neighbours that have none; `among`: of these rows alone."""
    snapshot = context.snapshot
    bad = _bad(snapshot)
    for row, outcome, opened in _opened(context, before):
        if among is not None and row not in among:
            continue
        page = neighbours(snapshot, row, None, MOST_NEIGHBOURS)
        near = {link.party for link in page.items} - {row}
        near = {one for one in near if snapshot.kind_of(one) not in IDENTIFIER_KINDS}
        unharmed = sum(not bad[one] for one in near)
        if unharmed >= LEAST_UNHARMED:
            party = snapshot.id_of(row)
            day = "" if np.isnan(opened) else str(np.datetime64(int(opened), "s").astype("datetime64[D]"))
            yield Finding(
                kind="outcome_opened",
                party=party,
                parties=(party,),
                figures={
                    "outcome": outcome,
                    "date": day,
                    "unharmed": str(unharmed),
                    "neighbours": str(len(near)),
                },
                strength=round(min(OUTCOME_WEIGHT * unharmed, MOST_STRENGTH), 2),
                snapshot=snapshot.id,
                before=None if before is None else before.snapshot.id,
                revision=snapshot.revision,
            )


def _bad(snapshot: Snapshot) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """bool[n]: whether a party has a bad outcome that is not contested and not over."""
    flags = np.zeros(snapshot.n_parties, bool)
    flags[snapshot.outcomes.party[_open_and_bad(snapshot)]] = True
    return flags


def _open_and_bad(snapshot: Snapshot) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    outcomes = snapshot.outcomes
    codes = [OUTCOMES_KNOWN.index(name) for name in sorted(BAD_OUTCOMES)]
    active = outcomes.state == OUTCOME_STATES.index("active")
    return np.asarray(np.isin(outcomes.outcome, codes) & active & np.isnan(outcomes.closed))


def _opened(context: ServingContext, before: ServingContext | None) -> Iterator[tuple[int, str, float]]:
    """Row, outcome and opening (NaN: unknown) of bad outcomes that are open now and were not before, once a party."""
    snapshot, outcomes = context.snapshot, context.snapshot.outcomes
    was = None if before is None else _bad(before.snapshot)
    seen: set[int] = set()
    for place in np.flatnonzero(_open_and_bad(snapshot)).tolist():
        row, opened = int(outcomes.party[place]), float(outcomes.opened[place])
        if before is None or was is None:
            new = context.now - opened <= RECENT * DAY
        else:
            id = snapshot.id_of(row)
            new = not before.snapshot.has(id) or not was[before.snapshot.row_of(id)]
        if new and row not in seen:
            seen.add(row)
            yield row, OUTCOMES_KNOWN[int(outcomes.outcome[place])], opened

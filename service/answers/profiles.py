"""All that is known of a party on one page: record, identifiers and who shares them, outcomes, links by kind, rings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
from pydantic import Field

from graph.explore.links import neighbour_counts
from graph.explore.neighbours import neighbours
from graph.purposes import Purpose
from graph.schema import IDENTIFIER_KINDS, OUTCOME_STATES, OUTCOMES_KNOWN
from graph.snapshots.snapshot import Snapshot
from service.answers.parties import LinkCounts, PartyLink, PartyRecord, party_link, record
from service.answers.rings import rings_with
from service.answers.scores import ScoreAnswer, score
from service.closed import Closed
from service.context import ServingContext
from service.wording.reasons import INVESTIGATOR, Voice
from service.wording.rings import RingAnswer, render_ring

LISTED: Final = 10  # links of a kind, and parties that share an identifier


class NamedParty(Closed):
    """A party by its id, kind and name."""

    party: str
    kind: str
    name: str | None


class SharedIdentifier(Closed):
    """A phone, device, address or account that a party uses, and the others who use it too.

    shared: how many others there are; `others` names the first few of them.
    """

    identifier: NamedParty
    shared: int = Field(ge=0)
    others: tuple[NamedParty, ...]


class KnownOutcome(Closed):
    """What became of a party.

    opened, closed: seconds since 1970. days_late: days past due. amount: what was owed or lost.
    """

    outcome: str
    state: str
    opened: float | None
    closed: float | None
    days_late: int | None
    amount: float | None


class LinksOfKind(Closed):
    """The links of one kind: how many there are, and the first few of them."""

    kind: str
    category: str
    counts: LinkCounts
    links: tuple[PartyLink, ...]


class PartyProfile(Closed):
    """What is known of a party on one page. `score` is null where there is no model, `rings` where none may be told."""

    party: str
    record: PartyRecord
    identifiers: tuple[SharedIdentifier, ...]
    outcomes: tuple[KnownOutcome, ...]
    links: tuple[LinksOfKind, ...]
    score: ScoreAnswer | None
    rings: tuple[RingAnswer, ...] | None
    snapshot: str


def profile(
    context: ServingContext,
    party: str,
    purpose: Purpose | None,
    kinds: Collection[str] | None = None,
    with_rings: bool = True,
    voice: Voice = INVESTIGATOR,
) -> PartyProfile:
    """The page of a party, its links those of `kinds` (None: all). Raises UnknownParty.

    purpose: that of its score; None, or a context without a model, gives no score.
    """
    snapshot = context.snapshot
    row = snapshot.row_of(party)
    visible = list(snapshot.kinds) if kinds is None else [kind for kind in snapshot.kinds if kind in kinds]
    rings = [render_ring(ring, snapshot, voice.language) for ring in rings_with(context, party)] if with_rings else None
    return PartyProfile(
        party=party,
        record=record(context, party, visible),
        identifiers=_identifiers(snapshot, row, visible),
        outcomes=outcomes_of(snapshot, row),
        links=_links(snapshot, row, visible),
        score=score(context, party, purpose, True, voice) if purpose is not None and context.can_score else None,
        rings=None if rings is None else tuple(rings),
        snapshot=snapshot.id,
    )


def named_party(snapshot: Snapshot, row: int) -> NamedParty:
    """A row by its id, kind and name."""
    return NamedParty(party=snapshot.id_of(row), kind=snapshot.kind_of(row), name=snapshot.name_of(row))


def _identifiers(snapshot: Snapshot, row: int, kinds: Collection[str]) -> tuple[SharedIdentifier, ...]:
    if not set(snapshot.kinds_of({"identifier"})) <= set(kinds):
        return ()
    shared = []
    for identifier in neighbour_counts(snapshot, row, "identifier"):
        if snapshot.kind_of(identifier) in IDENTIFIER_KINDS:
            others = [other for other in neighbour_counts(snapshot, identifier, "identifier") if other != row]
            shared.append(
                SharedIdentifier(
                    identifier=named_party(snapshot, identifier),
                    shared=len(others),
                    others=tuple(named_party(snapshot, other) for other in others[:LISTED]),
                )
            )
    return tuple(shared)


def outcomes_of(snapshot: Snapshot, row: int) -> tuple[KnownOutcome, ...]:
    """What became of a party."""
    outcomes = snapshot.outcomes
    low, high = np.searchsorted(outcomes.party, [row, row + 1]).tolist()
    return tuple(
        KnownOutcome(
            outcome=OUTCOMES_KNOWN[int(outcomes.outcome[place])],
            state=OUTCOME_STATES[int(outcomes.state[place])],
            opened=_known(outcomes.opened[place]),
            closed=_known(outcomes.closed[place]),
            days_late=None if np.isnan(outcomes.days_late[place]) else int(outcomes.days_late[place]),
            amount=_known(outcomes.amount[place]),
        )
        for place in range(low, high)
    )


def _links(snapshot: Snapshot, row: int, kinds: Collection[str]) -> tuple[LinksOfKind, ...]:
    listed = []
    for kind in kinds:
        page = neighbours(snapshot, row, [kind], LISTED)
        if page.total:
            listed.append(
                LinksOfKind(
                    kind=kind,
                    category=snapshot.kinds[kind].category,
                    counts=LinkCounts.model_validate(page.counts[kind]),
                    links=tuple(party_link(snapshot, link) for link in page.items),
                )
            )
    return tuple(listed)


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)

"""Two rings side by side: who is in both, what ties one to the other, and what both are tied to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field

from graph.errors import UnknownRecord
from graph.explore.bfs import selected_kinds
from graph.explore.subgraph import links_within
from graph.rings.find import Ring
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.links import KindInfo
from graph.snapshots.snapshot import Snapshot
from service.answers.profiles import named_party
from service.closed import Closed
from service.context import ServingContext
from service.wording.reasons import Language
from service.wording.rings import RingAnswer, Role, render_ring

LISTED: Final = 20  # parties that both rings are tied to

Rows = npt.NDArray[np.int64]


class MemberOfBoth(Closed):
    """A party that is in both rings, and what it does in each."""

    party: str
    name: str | None
    role: Role
    role_in_other: Role


class LinksBetween(Closed):
    """The links of a kind between members of one ring alone and members of the other alone.

    pairs: how many pairs of parties they tie. amount: their sum, null where none is known. first, last: seconds since
    1970, null where none is dated.
    """

    kind: str
    category: str
    links: int = Field(ge=1)
    pairs: int = Field(ge=1)
    amount: float | None
    first: float | None
    last: float | None


class TiedToBoth(Closed):
    """A party outside both rings that members of each alone are linked to: how many of the one, and of the other."""

    party: str
    kind: str
    name: str | None
    members: int = Field(ge=1)
    members_of_other: int = Field(ge=1)


class RingComparison(Closed):
    """Two rings beside each other. `identifiers` and `parties` list the most tied; their totals count all.

    both: members of both. links: between those of one alone and those of the other alone.
    """

    ring: RingAnswer
    other: RingAnswer
    both: tuple[MemberOfBoth, ...]
    links: tuple[LinksBetween, ...]
    identifiers: tuple[TiedToBoth, ...]
    identifiers_total: int = Field(ge=0)
    parties: tuple[TiedToBoth, ...]
    parties_total: int = Field(ge=0)
    snapshot: str


def compare_rings(
    context: ServingContext, ring: str, other: str, kinds: Collection[str], language: Language = "en"
) -> RingComparison:
    """Two rings of the snapshot, by their names, over links of some kinds. Raises UnknownRecord."""
    one, two = _named(context, ring), _named(context, other)
    snapshot, infos = context.snapshot, selected_kinds(context.snapshot, kinds)
    alone = _rows(snapshot, one.parties - two.parties), _rows(snapshot, two.parties - one.parties)
    tied = _tied_to_both(snapshot, alone, infos, _rows(snapshot, one.parties | two.parties))
    identifiers = [each for each in tied if each.kind in IDENTIFIER_KINDS]
    parties = [each for each in tied if each.kind not in IDENTIFIER_KINDS]
    answers = render_ring(one, snapshot, language), render_ring(two, snapshot, language)
    roles = {member.party: member.role for member in answers[1].members}
    return RingComparison(
        ring=answers[0],
        other=answers[1],
        both=tuple(
            MemberOfBoth(party=member.party, name=member.name, role=member.role, role_in_other=roles[member.party])
            for member in answers[0].members
            if member.party in roles
        ),
        links=tuple(_between(snapshot, *alone, infos)),
        identifiers=tuple(identifiers[:LISTED]),
        identifiers_total=len(identifiers),
        parties=tuple(parties[:LISTED]),
        parties_total=len(parties),
        snapshot=snapshot.id,
    )


def _named(context: ServingContext, name: str) -> Ring:
    found = next((ring for ring in context.rings() if ring.ring == name), None)
    if found is None:
        raise UnknownRecord("there is no ring of this name in the snapshot; GET /v1/rings lists them")
    return found


def _rows(snapshot: Snapshot, parties: Collection[str]) -> Rows:
    """The rows of those parties that the snapshot has, ascending."""
    return np.array(sorted(row for party in parties if (row := snapshot.find(party)) is not None), np.int64)


def _between(snapshot: Snapshot, mine: Rows, its: Rows, infos: list[KindInfo]) -> Iterator[LinksBetween]:
    side = np.zeros(snapshot.n_parties, np.int8)
    side[mine], side[its] = 1, 2
    for info, sources, entries in links_within(snapshot, np.concatenate([mine, its]).astype(np.int32), infos):
        links = snapshot.links(info.name)
        targets = links.out_target[entries].astype(np.int64)
        crossing = side[sources] != side[targets]
        sources, targets, entries = sources[crossing], targets[crossing], entries[crossing]
        if len(entries):
            pairs = np.unique(np.sort(np.stack([sources, targets], 1), axis=1), axis=0)
            amounts, first, last = (getattr(links, name)[entries] for name in ("amount", "first", "last"))
            yield LinksBetween(
                kind=info.name,
                category=info.category,
                links=len(entries),
                pairs=len(pairs),
                amount=None if np.isnan(amounts).all() else float(np.nansum(amounts)),
                first=None if np.isnan(first).all() else float(np.nanmin(first)),
                last=None if np.isnan(last).all() else float(np.nanmax(last)),
            )


def _tied_to_both(
    snapshot: Snapshot, alone: tuple[Rows, Rows], infos: list[KindInfo], inside: Rows
) -> list[TiedToBoth]:
    """The parties outside both, those that tie most members first."""
    counts = [_members_by_neighbour(snapshot, rows, infos) for rows in alone]
    found = []
    for row in sorted((counts[0].keys() & counts[1].keys()) - set(inside.tolist())):
        party = named_party(snapshot, row)
        members, others = counts[0][row], counts[1][row]
        found.append(
            TiedToBoth(party=party.party, kind=party.kind, name=party.name, members=members, members_of_other=others)
        )
    return sorted(found, key=lambda one: (-min(one.members, one.members_of_other), -one.members, one.party))


def _members_by_neighbour(snapshot: Snapshot, rows: Rows, infos: list[KindInfo]) -> dict[int, int]:
    """Of each party that is linked to any of some rows, to how many of them."""
    pairs = [np.empty(0, np.int64)]
    for info in infos:
        links = snapshot.links(info.name)
        for found in (links.leaving(rows), links.reaching(rows)):
            pairs.append((found.party.astype(np.int64) << 32) | found.position)
    neighbours, members = np.unique(np.unique(np.concatenate(pairs)) >> 32, return_counts=True)
    return dict(zip(neighbours.tolist(), members.tolist(), strict=True))

"""What is known of a party: a search, its record, its links."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, cast

from pydantic import Field

from graph.explore.neighbours import NeighbourLink, behind_the_last, link_counts, neighbours
from graph.explore.search import Match, matches
from graph.explore.search import search as find
from graph.snapshots.snapshot import Snapshot
from service.answers.pages import Pages
from service.closed import Closed
from service.context import ServingContext
from service.stated.holdings import HELD, holdings_of

Direction = Literal["out", "in", "both"]
SearchField = Literal["id", "name"]
How = Literal["id", "word", "number", "beginning", "part", "typo"]


class LinkCounts(Closed):
    """How many links of a kind leave a party, and how many reach it; a link to itself is among `out` alone."""

    out: int = Field(ge=0)
    in_: int = Field(ge=0, validation_alias="in", serialization_alias="in")


class SearchMatch(Closed):
    """Where a word of the question was found; `found` is the word there, without accents and in lower case.

    how: id (the id itself), word, number (a phone number in another writing), beginning, part (inside a word) or typo
    (one letter is wrong, missing, too many or swapped).
    """

    word: str
    field: SearchField
    how: How
    found: str


class PartySummary(Closed):
    """A party that a search found, and why: the best match of each word; none where no text was asked for."""

    party: str
    kind: str
    name: str | None
    matches: tuple[SearchMatch, ...]


class PartyPage(Closed):
    """Some of the parties that a search found; `next` is the cursor of the rest."""

    parties: tuple[PartySummary, ...]
    next: str | None
    snapshot: str


class OwnTransferAnswer(Closed):
    """Own transfers of a party: how many, and the sum of their known amounts (null where none is known)."""

    links: int = Field(ge=1)
    amount: float | None


class CheckedHolding(Closed):
    """That a party holds an identifier: how it was checked, and when (seconds since 1970)."""

    party: str
    identifier: str
    level: str
    time: float


class PartyRecord(Closed):
    """What is known of a party itself. Protected attributes stand apart, since they never count."""

    party: str
    ids: tuple[str, ...] = Field(description="Every id of the party: several where sources say that they are one.")
    kind: str
    name: str | None
    implied: bool
    attributes: dict[str, float | str]
    protected_attributes: dict[str, float | str]
    links: dict[str, LinkCounts]
    own_transfers: dict[str, OwnTransferAnswer] = Field(
        description="Links between accounts or phones that the party held both, by kind: they tie it to nobody."
    )
    holdings: tuple[CheckedHolding, ...] = Field(
        description="Accounts and phones that it was checked to hold; to a service none."
    )
    snapshot: str


class PartyLink(Closed):
    """One link, seen from the party that was asked about; `party` is its other end, `name` the name of that.

    first, last: seconds since 1970. Both ends of a symmetric kind read `both` as its direction. `via` are the accounts
    or phones that the party and the other end held, through which the link is carried to them. `held` marks a link of
    an account or a phone itself, which is carried to whoever held it.
    """

    party: str
    name: str | None
    kind: str
    category: str
    direction: Direction
    weight: float | None
    first: float | None
    last: float | None
    count: int
    amount: float | None
    context: str | None
    via: tuple[str, ...]
    held: bool


class LinkPage(Closed):
    """Some of a party's links; `counts` and `total` are of all those asked for, `next` is the cursor of the rest."""

    party: str
    neighbours: tuple[PartyLink, ...]
    counts: dict[str, LinkCounts]
    total: int
    next: str | None
    snapshot: str


def search(
    context: ServingContext, text: str, limit: int, cursor: str | None = None, unseen: Collection[str] = ()
) -> PartyPage:
    """Parties by words of their ids and names, the best matches first, then by id. Raises StaleCursor.

    unseen: kinds of parties that are left out.
    """
    snapshot = context.snapshot
    pages = Pages(snapshot, f"{text} without {' '.join(sorted(unseen))}" if unseen else text)
    start = pages.start(cursor)
    rows = find(snapshot, text, limit + 1, start, unseen)
    if start and not rows:
        raise behind_the_last()
    return PartyPage(
        parties=tuple(
            PartySummary(
                party=snapshot.id_of(row),
                kind=snapshot.kind_of(row),
                name=snapshot.name_of(row),
                matches=tuple(_match(match) for match in matches(snapshot, text, row)) if text else (),
            )
            for row in rows[:limit]
        ),
        next=pages.cursor(start + limit) if len(rows) > limit else None,
        snapshot=snapshot.id,
    )


def record(
    context: ServingContext, party: str, kinds: Collection[str] | None = None, with_protected: bool = True
) -> PartyRecord:
    """What is known of a party, its links counted for `kinds` (None: all). Raises UnknownParty."""
    snapshot = context.snapshot
    row = snapshot.row_of(party)
    attributes = attributes_of(snapshot, row)
    sees_identifiers = kinds is None or set(snapshot.kinds_of({"identifier"})) <= set(kinds)
    return PartyRecord(
        party=party,
        ids=snapshot.ids_of(row),
        kind=snapshot.kind_of(row),
        name=snapshot.name_of(row),
        implied=bool(snapshot.implied[row]),
        attributes={name: value for name, value in attributes.items() if name not in snapshot.protected},
        protected_attributes={
            name: value for name, value in attributes.items() if with_protected and name in snapshot.protected
        },
        links=_link_counts(snapshot, row, {*snapshot.kinds, *snapshot.held_kinds} if kinds is None else kinds),
        own_transfers={
            kind: OwnTransferAnswer(links=own.facts, amount=own.amount)
            for kind, own in snapshot.own_transfers_of(row).items()
            if kinds is None or kind in kinds
        },
        holdings=checked_holdings(snapshot, row) if with_protected and sees_identifiers else (),
        snapshot=snapshot.id,
    )


def checked_holdings(snapshot: Snapshot, row: int, among: Collection[int] | None = None) -> tuple[CheckedHolding, ...]:
    """The checked holdings of a party. among: only those of these rows."""
    ids = None if among is None else {id for other in among for id in snapshot.ids_of(other)}
    return tuple(
        CheckedHolding(party=snapshot.id_of(row), identifier=identifier, level=checked.level, time=checked.time)
        for identifier, checked in holdings_of(snapshot, row).items()
        if ids is None or identifier in ids
    )


def links_of(
    context: ServingContext, party: str, kinds: Collection[str] | None, limit: int, cursor: str | None = None
) -> LinkPage:
    """A page of a party's links of `kinds` (None: all). Raises UnknownParty, UnknownKind, StaleCursor."""
    snapshot = context.snapshot
    page = neighbours(snapshot, snapshot.row_of(party), kinds, limit, cursor)
    return LinkPage(
        party=party,
        neighbours=tuple(party_link(snapshot, link) for link in page.items),
        counts={kind: LinkCounts.model_validate(counts) for kind, counts in page.counts.items()},
        total=page.total,
        next=page.next,
        snapshot=snapshot.id,
    )


def _match(match: Match) -> SearchMatch:
    return SearchMatch(
        word=match.word, field=cast(SearchField, match.field), how=cast(How, match.how), found=match.found
    )


def party_link(snapshot: Snapshot, link: NeighbourLink) -> PartyLink:
    """A link as it is answered."""
    return PartyLink(
        party=snapshot.id_of(link.party),
        name=snapshot.name_of(link.party),
        kind=link.kind,
        category=link.category,
        direction=cast(Direction, link.direction),
        weight=link.weight,
        first=link.first,
        last=link.last,
        count=link.count,
        amount=link.amount,
        context=link.context,
        via=tuple(snapshot.id_of(row) for row in link.via),
        held=link.held,
    )


def _link_counts(snapshot: Snapshot, row: int, kinds: Collection[str]) -> dict[str, LinkCounts]:
    return {kind: LinkCounts.model_validate(counts) for kind, counts in link_counts(snapshot, row, kinds).items()}


def attributes_of(snapshot: Snapshot, row: int) -> dict[str, float | str]:
    """The attributes that a party has, by name; protected ones are among them."""
    attributes: dict[str, float | str] = {}
    for name, values in snapshot.numeric.items():
        if values[row] == values[row]:
            attributes[name] = float(values[row])
    for name, (codes, texts) in snapshot.categorical.items():
        if codes[row] >= 0 and not name.startswith(HELD):  # which are told as holdings
            attributes[name] = texts[int(codes[row])]
    return dict(sorted(attributes.items()))

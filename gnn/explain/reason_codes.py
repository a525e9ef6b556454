"""The reasons of a score as values: a stable code, points on the scale of the score, and the links behind them.

Points are -POINTS_PER_LOG_ODDS * log-odds, so plus is good. The codes are a contract: they may be added to, never
changed; `service.wording` puts them in sentences. A code about a category is a form and the category, such as
KNOWN_BAD_GUARANTEE, and the form is chosen by the facts:

    KNOWN_BAD    the category lowers the score, and somebody it links to has a known bad outcome
    DISTRUSTED   trust alone: it lowers the score, and at least half of those who rated the party rated it below zero
    KNOWN_GOOD   it raises the score, and all outcomes known of those it links to are good
    SHARED       identifiers alone: others use the same phones, devices, addresses or accounts
    FEW, MANY    the party's number of links is in the lowest (highest) tenth among those of its kind that have any
    LINKS        none of these
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from gnn.explain.carriers import Carrier
from gnn.explain.shapley import OWN, Attribution
from gnn.features.families import Group
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.fact_codes import CAP_REACHED, KNOWN_BAD
from graph.explore.links import carried_through, co_users, kinds_between, neighbour_counts, rating_counts
from graph.schema import CATEGORIES
from graph.snapshots.snapshot import Snapshot

STRONGEST: Final = 3  # parties named as evidence
MIN_SHARE: Final = 0.9  # of the absolute points, that the reasons given make up
MIN_COMPLETENESS: Final = 0.5  # share of the attributes usual for its kind, below which a record is thin
FEW_AND_MANY: Final = (0.1, 0.9)
MIN_COMPARED: Final = 20  # parties to compare the number of links with

OWN_RECORD: Final = "OWN_RECORD"
THIN_RECORD: Final = "THIN_RECORD"
SHARED_IDENTIFIER: Final = "SHARED_IDENTIFIER"
DISTRUSTED: Final = "DISTRUSTED"
NO_EFFECTS: Final[Mapping[int, float]] = {}
CarriersOf = Callable[[Mapping[str, float]], Mapping[str, Carrier]]  # points by category -> carriers by category
FORMS: Final = ("KNOWN_BAD", "KNOWN_GOOD", "FEW", "MANY", "LINKS", "UNUSUAL", "AROUND")
OF_COUNTS: Final = ("FEW", "MANY", "LINKS")  # the forms that say no more than how many links there are
COUNTS: Final = frozenset({"degree", "links"})  # the features that these forms are of
MIN_POINTS: Final = 1.0  # from which a category with known bad ties is told however small its share
CODES: Final = (
    *KNOWN_BAD,
    CAP_REACHED,
    OWN_RECORD,
    THIN_RECORD,
    SHARED_IDENTIFIER,
    DISTRUSTED,
    *(f"{form}_{category.upper()}" for category in CATEGORIES for form in FORMS),
)


@dataclass(frozen=True, slots=True)
class Linked:
    """A party named as evidence: over which kinds and, for shared identifiers, through which of them (ids)."""

    row: int
    id: str
    name: str | None
    links: int
    known_bad: bool
    kinds: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The links of one category: how many parties, what is known of them, and the strongest.

    known_bad and known_good are None where they are fewer than is told. `negative` and `received` count signed
    statements about the party, in the category trust alone.
    """

    parties: int
    known_bad: int | None
    known_good: int | None
    strongest: tuple[Linked, ...]
    negative: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class AttributeEffect:
    """What one attribute of the own record does: the points that go when it alone is not known of the party."""

    attribute: str
    points: float


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; plus points raise the score.

    `category` is None where it is not about links. `attributes` split an own record, strongest first; they are
    removals one by one, so they do not sum. `capped` are the points that a cap took off others' share. `carrier` is the
    feature that carries the points, in forms that name it.
    """

    code: str
    points: float
    category: str | None = None
    evidence: Evidence | None = None
    attributes: tuple[AttributeEffect, ...] = ()
    capped: float | None = None
    carrier: Carrier | None = None


@dataclass(frozen=True)
class Outcomes:
    """What is known of each party, bool[n] each.

    around: of a category and a party the numbers of its neighbours, of the bad and of the good ones among them; counted
    one by one where it is not given.
    """

    bad: npt.NDArray[np.bool_]
    good: npt.NDArray[np.bool_]
    around: Callable[[str, int], tuple[int, int, int]] | None = None

    @cached_property
    def known_bad(self) -> npt.NDArray[np.int64]:
        """The parties with a known bad outcome, ascending."""
        return np.flatnonzero(self.bad)


@dataclass(frozen=True, slots=True)
class UsualNumbers:
    """How many links parties of a kind have that have any: FEW_AND_MANY's quantiles and the median; None for too few
    parties to compare with."""

    few: float
    middle: float
    many: float


class UsualLinks:
    """The usual numbers of links of a snapshot, by category and kind of party; each is found out once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._found: dict[str, tuple[npt.NDArray[np.int64], dict[int, UsualNumbers | None]]] = {}

    def of(self, category: str, row: int) -> tuple[int, UsualNumbers | None]:
        """The number of links of a party, and what is usual for its kind."""
        kind, snapshot = int(self._snapshot.party_kind[row]), self._snapshot
        if category not in self._found:
            number = np.zeros(snapshot.n_parties, np.int64)
            for name in snapshot.kinds_of({category}):
                number += snapshot.links(name).facts_by_source() + snapshot.links(name).facts_by_target()
            self._found[category] = number, {}
        number, by_kind = self._found[category]
        if kind not in by_kind:
            by_kind[kind] = _usual(number[(snapshot.party_kind == kind) & (number > 0)])
        return int(number[row]), by_kind[kind]


def _usual(numbers: npt.NDArray[np.int64]) -> UsualNumbers | None:
    if len(numbers) < MIN_COMPARED:
        return None
    few, middle, many = np.quantile(numbers, [FEW_AND_MANY[0], 0.5, FEW_AND_MANY[1]]).tolist()
    return UsualNumbers(few, middle, many)


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """The own record of the party: the share that is known of what is usual for its kind, and what each part does."""

    known: float
    attributes: tuple[AttributeEffect, ...]


def reasons(
    snapshot: Snapshot,
    row: int,
    attribution: Attribution,
    outcomes: Outcomes,
    facts: Iterable[str] = (),
    own: OwnRecord | None = None,
    effects: Mapping[int, float] = NO_EFFECTS,
    carriers_of: CarriersOf | None = None,
    usual: UsualLinks | None = None,
    least_told: int = 0,
) -> tuple[Reason, ...]:
    """Known facts first, then the own record and categories by the size of their points, as many as matter.

    They are given until they make up MIN_SHARE of the absolute points, and so is each category that lowers the score by
    MIN_POINTS with known bad ties; what only counts links comes after these. `facts` are the codes of what is known of
    the party. effects: points that the removal of other parties moves, by row; evidence names the largest first.
    carriers_of: by category, the features that carry points, asked about those of which only the links are known.
    usual: of the snapshot, where numbers of links have been compared before. least_told: of how many others a good or
    bad outcome must be known to be told; of fewer neither a count nor a code, nor which reasons there are, tells it.
    """
    usual = UsualLinks(snapshot) if usual is None else usual
    found = [Reason(code, 0.0) for code in facts]
    if attribution.capped:
        found.append(Reason(CAP_REACHED, 0.0, capped=-POINTS_PER_LOG_ODDS * (attribution.logit - attribution.uncapped)))
    points = {name: 0.0 - POINTS_PER_LOG_ODDS * x for name, x in attribution.contributions.items()}
    largest, told = largest_parts(points), []
    for name in [*largest, *sorted(name for name in points if name not in largest and points[name] <= -MIN_POINTS)]:
        if name == OWN:
            reason = _of_own(points[name], own)
        else:
            reason = _of_links(snapshot, row, name, points[name], outcomes, effects, least_told)
        if name in largest or _is_known_bad(reason):
            told.append(reason)
    unnamed = {
        reason.category: reason.points for reason in told if reason.category and reason.code.startswith("LINKS_")
    }
    carried = carriers_of(unnamed) if carriers_of is not None and unnamed else {}
    told = [
        _carried_by(usual, row, reason, carried.get(reason.category), least_told)
        if reason.category in unnamed
        else reason
        for reason in told
    ]
    if any(map(_is_known_bad, told)):
        told.sort(key=lambda reason: (reason.code.startswith(OF_COUNTS), -abs(reason.points)))
    return (*found, *told)


def _is_known_bad(reason: Reason) -> bool:
    return reason.code.startswith("KNOWN_BAD_")


def largest_parts(points: Mapping[str, float]) -> list[str]:
    """The parts of largest absolute points, until they make up MIN_SHARE of all; those of 0 never."""
    ordered = sorted((name for name in points if points[name]), key=lambda name: (-abs(points[name]), name))
    whole, sum_, largest = sum(abs(points[name]) for name in ordered), 0.0, []
    for name in ordered:
        if sum_ >= MIN_SHARE * whole:
            break
        largest.append(name)
        sum_ += abs(points[name])
    return largest


def _of_own(points: float, own: OwnRecord | None) -> Reason:
    if own is None:
        return Reason(OWN_RECORD, points)
    return Reason(THIN_RECORD if own.known < MIN_COMPLETENESS else OWN_RECORD, points, attributes=own.attributes)


def _of_links(
    snapshot: Snapshot,
    row: int,
    category: str,
    points: float,
    outcomes: Outcomes,
    effects: Mapping[int, float],
    least_told: int,
) -> Reason:
    """The reason of a category; LINKS where nothing is known of its parties, which `_carried_by` makes more of."""
    found = neighbour_counts(snapshot, row, category, outcomes.known_bad)
    shared = co_users(snapshot, row, outcomes.known_bad) if category == "identifier" else {}
    if shared:
        found = {other: len(via) for other, via in shared.items()}
    evidence = _evidence(snapshot, row, category, found, outcomes, shared, effects, least_told)
    if points < 0 and evidence.known_bad:
        form = "KNOWN_BAD"
    elif points < 0 and evidence.negative and 2 * evidence.negative >= evidence.received:
        return Reason(DISTRUSTED, points, category, evidence)
    elif shared:
        return Reason(SHARED_IDENTIFIER, points, category, evidence)
    elif points > 0 and evidence.known_good and not evidence.known_bad:
        form = "KNOWN_GOOD"
    else:
        form = "LINKS"
    return Reason(f"{form}_{category.upper()}", points, category, evidence)


def _carried_by(usual: UsualLinks, row: int, reason: Reason, carrier: Carrier | None, least_told: int) -> Reason:
    """The reason with what carries it, or else with the number of links."""
    assert reason.category is not None
    withheld = {Group.OUTCOMES.name} if least_told else set()  # it may be the outcome of a single party
    if carrier is None or carrier.feature in COUNTS | withheld:
        return replace(reason, code=f"{_by_number(usual, row, reason.category)}_{reason.category.upper()}")
    form = "AROUND" if carrier.below is None else "UNUSUAL"
    return replace(reason, code=f"{form}_{reason.category.upper()}", carrier=carrier)


def _evidence(
    snapshot: Snapshot,
    row: int,
    category: str,
    found: Mapping[int, int],
    outcomes: Outcomes,
    via: Mapping[int, Sequence[int]],
    effects: Mapping[int, float],
    least_told: int,
) -> Evidence:
    """The evidence of a category: known bad parties first, then by effect, by number of links, and by id."""

    def place(other: int) -> tuple[bool, float, int, int]:
        return not outcomes.bad[other], -abs(effects.get(other, 0.0)), -found[other], other

    order = sorted(found, key=place)[:STRONGEST]
    strongest = tuple(
        Linked(
            other,
            snapshot.id_of(other),
            snapshot.name_of(other),
            found[other],
            bool(outcomes.bad[other]),
            kinds_between(snapshot, row, other, category),
            tuple(snapshot.id_of(one) for one in via.get(other) or _carried(snapshot, row, other, category)),
        )
        for other in order
    )
    if outcomes.around is not None and not via:
        parties, bad, good = outcomes.around(category, row)
    else:
        parties, bad = len(found), sum(bool(outcomes.bad[other]) for other in found)
        good = sum(bool(outcomes.good[other]) and not bool(outcomes.bad[other]) for other in found)
    negative, received = rating_counts(snapshot, row) if category == "trust" else (0, 0)
    told_bad, told_good = (count if count >= least_told else None for count in (bad, good))
    return Evidence(parties, told_bad, told_good, strongest, negative, received)


def _carried(snapshot: Snapshot, row: int, other: int, category: str) -> list[int]:
    return carried_through(snapshot, row, other, snapshot.kinds_of({category}))


def _by_number(usual: UsualLinks, row: int, category: str) -> str:
    """FEW, MANY or LINKS, from the number of links beside that of the parties of its kind that have any."""
    mine, numbers = usual.of(category, row)
    if numbers is None:
        return "LINKS"
    if mine <= numbers.few and mine < numbers.middle:
        return "FEW"
    return "MANY" if mine >= numbers.many and mine > numbers.middle else "LINKS"

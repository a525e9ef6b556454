"""How the town's ordinary parties are tied: calls, friends, kin, money, guarantees, work and identifiers.

Days are fractions counted from 2025-01-01 UTC; a year has 365 of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loaders.synthetic.people import Floats, Ints, People, Rng

YEAR: Final = 365.0
HABIT: Final = 1.0  # how much worth shows in the size of orders


@dataclass(frozen=True)
class Links:
    """Columns of links, appended to block by block. Amounts and weights are NaN and counts 0 where a kind has none."""

    source: list[Ints] = field(default_factory=list)
    target: list[Ints] = field(default_factory=list)
    kind: list[NDArray[np.str_]] = field(default_factory=list)
    day: list[Floats] = field(default_factory=list)
    amount: list[Floats] = field(default_factory=list)
    weight: list[Floats] = field(default_factory=list)
    count: list[Ints] = field(default_factory=list)
    online: list[NDArray[np.int8]] = field(default_factory=list)

    def add(
        self,
        kind: str,
        source: Ints,
        target: Ints,
        day: Floats,
        amount: Floats | None = None,
        count: Ints | None = None,
        online: NDArray[np.bool_] | None = None,
        weight: Floats | None = None,
    ) -> None:
        """Append links of one kind; links of a party to itself are left out."""
        keep = source != target
        n = len(source)
        self.source.append(source[keep])
        self.target.append(target[keep])
        self.kind.append(np.full(int(keep.sum()), kind, dtype="<U13"))
        self.day.append(np.clip(day, 0.0, YEAR - 0.001)[keep])
        self.amount.append((np.full(n, np.nan) if amount is None else amount)[keep])
        self.weight.append((np.full(n, np.nan) if weight is None else weight)[keep])
        self.count.append((np.zeros(n, dtype=np.int64) if count is None else count)[keep])
        self.online.append((np.full(n, -1) if online is None else online)[keep].astype(np.int8))

    def ends(self, kind: str) -> tuple[Ints, Ints, Floats]:
        """Sources, targets and days of one kind."""
        chosen = [i for i, block in enumerate(self.kind) if len(block) and block[0] == kind]
        if not chosen:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        return (
            np.concatenate([self.source[i] for i in chosen]),
            np.concatenate([self.target[i] for i in chosen]),
            np.concatenate([self.day[i] for i in chosen]),
        )


def tie(people: People, links: Links, rng: Rng, conduct_carries_over: bool = True) -> None:
    """Add every ordinary link of the town to `links`."""
    friends = _social(people, links, rng)
    _contact(friends, people, links, rng)
    _work(people, links, rng)
    _money(friends, people, links, rng, conduct_carries_over)
    _identifiers(people, links, rng)


def _days(n: int, rng: Rng) -> Floats:
    return rng.random(n) * YEAR


def _alike(people: People, source: Ints, pool: Ints, rng: Rng, tries: int = 4, pull: float = 1.2) -> Ints:
    """For each source one party of `pool`: of a few drawn at random, the one of most similar worth, with noise."""
    drawn = pool[rng.integers(len(pool), size=(len(source), tries))]
    gap = np.abs(people.worth[drawn] - people.worth[source, None])
    best = np.argmin(pull * gap + rng.gumbel(size=gap.shape), axis=1)
    chosen: Ints = drawn[np.arange(len(source)), best]
    return chosen


def _circle_mates(people: People, source: Ints, rng: Rng) -> Ints:
    """For each source somebody of its circle (perhaps itself)."""
    persons = people.of("Person")
    order = persons[np.argsort(people.circle[persons], kind="stable")]
    sizes = np.bincount(people.circle[persons])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    mine = people.circle[source]
    mates: Ints = order[starts[mine] + (rng.random(len(source)) * sizes[mine]).astype(np.int64)]
    return mates


def _pairs(a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """The distinct unordered pairs of two different parties."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    pairs = np.unique(np.stack([low, high], axis=1)[low != high], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _social(people: People, links: Links, rng: Rng) -> tuple[Ints, Ints]:
    """FRIEND_OF, mostly within a circle and between people alike, and RELATIVE_OF within households."""
    persons = people.of("Person")
    near = np.repeat(persons, 1 + rng.poisson(3.0, size=len(persons)))
    far = np.repeat(persons, rng.poisson(1.0, size=len(persons)))
    a, b = _pairs(
        np.concatenate([near, far]),
        np.concatenate([_circle_mates(people, near, rng), _alike(people, far, persons, rng)]),
    )
    # Which end is written first is chance, as the link has no direction.
    swap = rng.random(len(a)) < 0.5
    links.add("FRIEND_OF", np.where(swap, b, a), np.where(swap, a, b), _days(len(a), rng))

    order = persons[np.argsort(people.home[persons], kind="stable")]
    kin_a, kin_b = [], []
    for step in (1, 2):
        same = people.home[order[:-step]] == people.home[order[step:]]
        kept = same & (rng.random(len(same)) < 0.8)
        kin_a.append(order[:-step][kept])
        kin_b.append(order[step:][kept])
    cousins = rng.choice(persons, size=len(persons) // 8)
    a2, b2 = _pairs(np.concatenate([*kin_a, cousins]), np.concatenate([*kin_b, _circle_mates(people, cousins, rng)]))
    links.add("RELATIVE_OF", a2, b2, _days(len(a2), rng))
    return np.concatenate([a, a2]), np.concatenate([b, b2])


def _contact(friends: tuple[Ints, Ints], people: People, links: Links, rng: Rng) -> None:
    """CALLS: dated, several a year between friends and kin, a few to anybody."""
    persons = people.of("Person")
    pair = np.repeat(np.arange(len(friends[0])), rng.negative_binomial(1, 0.25, size=len(friends[0])))
    turn = rng.random(len(pair)) < 0.5
    source = np.where(turn, friends[0][pair], friends[1][pair])
    target = np.where(turn, friends[1][pair], friends[0][pair])
    stray = rng.choice(persons, size=2 * len(persons))
    source = np.concatenate([source, stray])
    target = np.concatenate([target, rng.choice(people.judged, size=len(stray))])
    minutes = 1 + rng.geometric(0.25, size=len(source))
    links.add("CALLS", source, target, _days(len(source), rng), count=minutes)


def _work(people: People, links: Links, rng: Rng) -> None:
    """EMPLOYED_BY: two people in three, at firms of unequal size, likelier at a firm of like worth."""
    persons = people.of("Person")
    staff = persons[rng.random(len(persons)) < 0.65]
    firms = np.concatenate([people.of("Company"), people.of("Merchant")])
    weight = rng.pareto(1.6, size=len(firms)) + 0.2
    pool = rng.choice(firms, size=8 * len(persons), p=weight / weight.sum())
    links.add("EMPLOYED_BY", staff, _alike(people, staff, pool, rng), _days(len(staff), rng))


def _habit(worth: Floats, online: NDArray[np.bool_], carries_over: bool) -> Floats:
    """What worth does to the size of an order, in logarithms: the unsound buy large.

    Offline it is the same where conduct carries over, and the reverse where it does not.
    """
    sign = np.where(online | carries_over, -1.0, 1.0)
    return np.asarray(HABIT * sign * worth)


def _money(friends: tuple[Ints, Ints], people: People, links: Links, rng: Rng, conduct_carries_over: bool) -> None:
    """PAYS, ORDERS_FROM, LENDS_TO (lender to debtor) and GUARANTEES (guarantor to debtor)."""
    persons, merchants, companies = people.of("Person"), people.of("Merchant"), people.of("Company")
    pull = rng.pareto(1.5, size=len(merchants)) + 0.3
    pool = rng.choice(merchants, size=8 * len(persons), p=pull / pull.sum())
    buyers = np.repeat(persons, rng.negative_binomial(2, 0.4, size=len(persons)))
    shops = _alike(people, buyers, pool, rng, pull=0.8)
    day = _days(len(buyers), rng)
    noise, online = rng.normal(size=len(buyers)), rng.random(len(buyers)) < 0.6
    amount = np.exp(3.4 + _habit(people.worth[buyers], online, conduct_carries_over) + 0.9 * noise).round(2)
    links.add("ORDERS_FROM", buyers, shops, day, amount, online=online)
    paid = rng.random(len(buyers)) < 0.7
    delay = rng.exponential(9.0, size=len(buyers)) * np.exp(-0.3 * people.worth[buyers])
    settled = paid & (day + delay < YEAR)
    links.add("PAYS", buyers[settled], shops[settled], (day + delay)[settled], amount[settled])

    def between(source: Ints, target: Ints, kind: str, size: float) -> None:
        amounts = np.exp(size + 0.8 * rng.normal(size=len(source))).round(2)
        links.add(kind, source, target, _days(len(source), rng), amounts)

    def befriended(share: float) -> tuple[Ints, Ints]:
        pick = rng.choice(len(friends[0]), size=int(share * len(persons)))
        turn = rng.random(len(pick)) < 0.5
        a, b = friends[0][pick], friends[1][pick]
        return np.where(turn, a, b), np.where(turn, b, a)

    firms = np.concatenate([merchants, companies])
    buyers = np.repeat(firms, rng.poisson(2.5, size=len(firms)))
    between(buyers, _alike(people, buyers, firms, rng), "PAYS", 7.0)
    between(*befriended(0.6), "PAYS", 4.0)
    between(*befriended(0.5), "LENDS_TO", 6.0)
    lenders = rng.choice(companies, size=len(firms))
    between(lenders, _alike(people, lenders, firms, rng), "LENDS_TO", 9.0)
    between(*befriended(0.5), "GUARANTEES", 7.5)
    backers = np.repeat(firms, rng.poisson(1.2, size=len(firms)))
    between(backers, _alike(people, backers, firms, rng), "GUARANTEES", 10.0)


def _identifiers(people: People, links: Links, rng: Rng) -> None:
    """LIVES_AT for all people; phones, devices and accounts, some of them shared at home or with a friend."""
    persons = people.of("Person")
    links.add("LIVES_AT", persons, people.home[persons], _days(len(persons), rng))
    order = persons[np.argsort(people.home[persons], kind="stable")]
    for kind, relation, sharing in (
        ("Phone", "USES_PHONE", 0.25), ("Device", "USES_DEVICE", 0.4), ("Account", "HOLDS_ACCOUNT", 0.15),
    ):  # fmt: skip
        things = people.of(kind)
        # Holders are spread over the households; a holder's thing may serve the next person of the house, too.
        place = np.sort(rng.choice(len(order), size=min(len(things), len(order)), replace=False))
        things = rng.permutation(things)[: len(place)]
        links.add(relation, order[place], things, _days(len(place), rng))
        other = np.minimum(place + 1, len(order) - 1)
        lent = (rng.random(len(place)) < sharing) & (people.home[order[place]] == people.home[order[other]])
        links.add(relation, order[other[lent]], things[lent], _days(int(lent.sum()), rng))
    firms = np.concatenate([people.of("Merchant"), people.of("Company")])
    accounts = rng.choice(people.of("Account"), size=len(firms))
    links.add("HOLDS_ACCOUNT", firms, accounts, _days(len(firms), rng))

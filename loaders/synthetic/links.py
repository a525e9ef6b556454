"""The links between the town's ordinary parties: calls, friends, kin, money, guarantees, work and identifiers.

Days are fractions counted from 2025-01-01 UTC; the year has 365 of them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from loaders.synthetic.people import F64, I64, Bools, Population, Rng

YEAR_DAYS: Final = 365.0
ORDER_SIZE_EFFECT: Final = 1.0  # of creditworthiness on the logarithm of an order's amount


@dataclass(frozen=True)
class TownLinks:
    """Columns of links, appended to block by block, each block of one kind.

    source, target: numbers of parties. day: from the beginning of the year.
    amount, weight: NaN where a kind has none. count: 0 where it has none. online: 1, 0 or -1 where it has no context.
    """

    source: list[I64] = field(default_factory=list)
    target: list[I64] = field(default_factory=list)
    kind: list[NDArray[np.str_]] = field(default_factory=list)
    day: list[F64] = field(default_factory=list)
    amount: list[F64] = field(default_factory=list)
    weight: list[F64] = field(default_factory=list)
    count: list[I64] = field(default_factory=list)
    online: list[NDArray[np.int8]] = field(default_factory=list)

    def add(
        self,
        kind: str,
        source: I64,
        target: I64,
        day: F64,
        amount: F64 | None = None,
        count: I64 | None = None,
        online: Bools | None = None,
        weight: F64 | None = None,
    ) -> None:
        """Append links of one kind; links of a party to itself are left out."""
        rows = source != target
        n = len(source)
        self.source.append(source[rows])
        self.target.append(target[rows])
        self.kind.append(np.full(int(rows.sum()), kind, dtype="<U13"))
        self.day.append(np.clip(day, 0.0, YEAR_DAYS - 0.001)[rows])
        self.amount.append((np.full(n, np.nan) if amount is None else amount)[rows])
        self.weight.append((np.full(n, np.nan) if weight is None else weight)[rows])
        self.count.append((np.zeros(n, dtype=np.int64) if count is None else count)[rows])
        self.online.append((np.full(n, -1) if online is None else online)[rows].astype(np.int8))

    @property
    def size(self) -> int:
        """The number of links."""
        return sum(map(len, self.source))

    def followed_by(self, other: TownLinks) -> TownLinks:
        """These links and then those of `other`."""
        return TownLinks(*([*getattr(self, f.name), *getattr(other, f.name)] for f in fields(TownLinks)))

    def end(self, kinds: Collection[str], last_day: F64) -> None:
        """Take away the links of these kinds that come after the last day of their source; last_day: of each party."""
        columns: tuple[list[Any], ...] = (self.source, self.target, self.kind, self.day)
        columns += (self.amount, self.weight, self.count, self.online)
        for i, block in enumerate(self.kind):
            if len(block) and block[0] in kinds:
                goes_on = self.day[i] <= last_day[self.source[i]]
                for column in columns:
                    column[i] = column[i][goes_on]

    def of_kind(self, kind: str) -> tuple[I64, I64, F64]:
        """Sources, targets and days of the links of one kind."""
        blocks = [i for i, block in enumerate(self.kind) if len(block) and block[0] == kind]
        if not blocks:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        return (
            np.concatenate([self.source[i] for i in blocks]),
            np.concatenate([self.target[i] for i in blocks]),
            np.concatenate([self.day[i] for i in blocks]),
        )


def add_links(population: Population, links: TownLinks, rng: Rng, conduct_carries_over: bool = True) -> None:
    """Add every ordinary link of the town to `links`."""
    friends = _add_social(population, links, rng)
    _add_contact(friends, population, links, rng)
    _add_work(population, links, rng)
    _add_money(friends, population, links, rng, conduct_carries_over)
    _add_identifiers(population, links, rng)


def draw_days(n: int, rng: Rng) -> F64:
    """Uniform days of the year, shape (n,)."""
    return rng.random(n) * YEAR_DAYS


def _draw_similar(
    population: Population, source: I64, pool: I64, rng: Rng, candidates: int = 4, homophily: float = 1.2
) -> I64:
    """One party of `pool` for each source: of some random candidates the one of most similar creditworthiness.

    The difference is weighted by `homophily`, against Gumbel noise.
    """
    drawn = pool[rng.integers(len(pool), size=(len(source), candidates))]
    gap = np.abs(population.creditworthiness[drawn] - population.creditworthiness[source, None])
    nearest = np.argmin(homophily * gap + rng.gumbel(size=gap.shape), axis=1)
    chosen: I64 = drawn[np.arange(len(source)), nearest]
    return chosen


def _draw_from_community(population: Population, source: I64, rng: Rng) -> I64:
    """One person of the community of each source, perhaps itself."""
    persons = population.of_kind("Person")
    order = persons[np.argsort(population.community[persons], kind="stable")]
    sizes = np.bincount(population.community[persons])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    community = population.community[source]
    members: I64 = order[starts[community] + (rng.random(len(source)) * sizes[community]).astype(np.int64)]
    return members


def _distinct_pairs(a: I64, b: I64) -> tuple[I64, I64]:
    """The distinct unordered pairs of two different parties."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    pairs = np.unique(np.stack([low, high], axis=1)[low != high], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _draw_directions(a: I64, b: I64, rng: Rng) -> tuple[I64, I64]:
    """The pairs as (source, target), each turned round with probability 1/2."""
    forward = rng.random(len(a)) < 0.5
    return np.where(forward, a, b), np.where(forward, b, a)


def _add_social(population: Population, links: TownLinks, rng: Rng) -> tuple[I64, I64]:
    """FRIEND_OF, mostly within a community and between similar people, and RELATIVE_OF within households.

    Returns the pairs of friends and relatives.
    """
    persons = population.of_kind("Person")
    within = np.repeat(persons, 1 + rng.poisson(3.0, size=len(persons)))
    across = np.repeat(persons, rng.poisson(1.0, size=len(persons)))
    members = _draw_from_community(population, within, rng)
    others = _draw_similar(population, across, persons, rng)
    a, b = _distinct_pairs(np.concatenate([within, across]), np.concatenate([members, others]))
    # Which endpoint is written first is random, as the link has no direction.
    source, target = _draw_directions(b, a, rng)
    links.add("FRIEND_OF", source, target, draw_days(len(a), rng))

    order = persons[np.argsort(population.address[persons], kind="stable")]
    kin_a, kin_b = [], []
    for step in (1, 2):
        same = population.address[order[:-step]] == population.address[order[step:]]
        related = same & (rng.random(len(same)) < 0.8)
        kin_a.append(order[:-step][related])
        kin_b.append(order[step:][related])
    cousins = rng.choice(persons, size=len(persons) // 8)
    cousins_b = _draw_from_community(population, cousins, rng)
    a2, b2 = _distinct_pairs(np.concatenate([*kin_a, cousins]), np.concatenate([*kin_b, cousins_b]))
    links.add("RELATIVE_OF", a2, b2, draw_days(len(a2), rng))
    return np.concatenate([a, a2]), np.concatenate([b, b2])


def _add_contact(friends: tuple[I64, I64], population: Population, links: TownLinks, rng: Rng) -> None:
    """CALLS: dated, several a year between friends and kin, a few to any borrower."""
    persons = population.of_kind("Person")
    pair = np.repeat(np.arange(len(friends[0])), rng.negative_binomial(1, 0.25, size=len(friends[0])))
    source, target = _draw_directions(friends[0][pair], friends[1][pair], rng)
    random_callers = rng.choice(persons, size=2 * len(persons))
    source = np.concatenate([source, random_callers])
    target = np.concatenate([target, rng.choice(population.borrowers, size=len(random_callers))])
    minutes = 1 + rng.geometric(0.25, size=len(source))
    links.add("CALLS", source, target, draw_days(len(source), rng), count=minutes)


def _add_work(population: Population, links: TownLinks, rng: Rng) -> None:
    """EMPLOYED_BY: two people in three, at firms of unequal size, likelier at a firm of similar creditworthiness."""
    persons = population.of_kind("Person")
    staff = persons[rng.random(len(persons)) < 0.65]
    firms = np.concatenate([population.of_kind("Company"), population.of_kind("Merchant")])
    weight = rng.pareto(1.6, size=len(firms)) + 0.2
    pool = rng.choice(firms, size=8 * len(persons), p=weight / weight.sum())
    links.add("EMPLOYED_BY", staff, _draw_similar(population, staff, pool, rng), draw_days(len(staff), rng))


def _order_size_effect(creditworthiness: F64, online: Bools, carries_over: bool) -> F64:
    """The effect of creditworthiness on the logarithm of an order's amount: who is likely to fail buys large.

    Offline it is the same where conduct carries over, and the reverse where it does not.
    """
    sign = np.where(online | carries_over, -1.0, 1.0)
    return np.asarray(ORDER_SIZE_EFFECT * sign * creditworthiness)


def _add_money(
    friends: tuple[I64, I64], population: Population, links: TownLinks, rng: Rng, conduct_carries_over: bool
) -> None:
    """PAYS, ORDERS_FROM, LENDS_TO (lender to debtor) and GUARANTEES (guarantor to debtor)."""
    _add_orders(population, links, rng, conduct_carries_over)
    n_persons = population.size["Person"]
    merchants, companies = population.of_kind("Merchant"), population.of_kind("Company")

    def add_amounts(source: I64, target: I64, kind: str, log_amount: float) -> None:
        amounts = np.exp(log_amount + 0.8 * rng.normal(size=len(source))).round(2)
        links.add(kind, source, target, draw_days(len(source), rng), amounts)

    def draw_friends(share: float) -> tuple[I64, I64]:
        pairs = rng.choice(len(friends[0]), size=int(share * n_persons))
        return _draw_directions(friends[0][pairs], friends[1][pairs], rng)

    firms = np.concatenate([merchants, companies])
    buyers = np.repeat(firms, rng.poisson(2.5, size=len(firms)))
    add_amounts(buyers, _draw_similar(population, buyers, firms, rng), "PAYS", 7.0)
    add_amounts(*draw_friends(0.6), "PAYS", 4.0)
    add_amounts(*draw_friends(0.5), "LENDS_TO", 6.0)
    lenders = rng.choice(companies, size=len(firms))
    add_amounts(lenders, _draw_similar(population, lenders, firms, rng), "LENDS_TO", 9.0)
    add_amounts(*draw_friends(0.5), "GUARANTEES", 7.5)
    guarantors = np.repeat(firms, rng.poisson(1.2, size=len(firms)))
    add_amounts(guarantors, _draw_similar(population, guarantors, firms, rng), "GUARANTEES", 10.0)


def _add_orders(population: Population, links: TownLinks, rng: Rng, conduct_carries_over: bool) -> None:
    """ORDERS_FROM of people at merchants, and PAYS for most of them after a delay."""
    persons, merchants = population.of_kind("Person"), population.of_kind("Merchant")
    popularity = rng.pareto(1.5, size=len(merchants)) + 0.3
    pool = rng.choice(merchants, size=8 * len(persons), p=popularity / popularity.sum())
    buyers = np.repeat(persons, rng.negative_binomial(2, 0.4, size=len(persons)))
    shops = _draw_similar(population, buyers, pool, rng, homophily=0.8)
    day = draw_days(len(buyers), rng)
    noise, online = rng.normal(size=len(buyers)), rng.random(len(buyers)) < 0.6
    creditworthiness = population.creditworthiness[buyers]
    effect = _order_size_effect(creditworthiness, online, conduct_carries_over)
    amount = np.exp(3.4 + effect + 0.9 * noise).round(2)
    links.add("ORDERS_FROM", buyers, shops, day, amount, online=online)
    paid = rng.random(len(buyers)) < 0.7
    delay = rng.exponential(9.0, size=len(buyers)) * np.exp(-0.3 * creditworthiness)
    settled = paid & (day + delay < YEAR_DAYS)
    links.add("PAYS", buyers[settled], shops[settled], (day + delay)[settled], amount[settled])


def _add_identifiers(population: Population, links: TownLinks, rng: Rng) -> None:
    """LIVES_AT for all people; phones, devices and accounts, some of them shared within a household."""
    persons = population.of_kind("Person")
    links.add("LIVES_AT", persons, population.address[persons], draw_days(len(persons), rng))
    order = persons[np.argsort(population.address[persons], kind="stable")]
    for kind, relation, sharing in (
        ("Phone", "USES_PHONE", 0.25), ("Device", "USES_DEVICE", 0.4), ("Account", "HOLDS_ACCOUNT", 0.15),
    ):  # fmt: skip
        identifiers = population.of_kind(kind)
        # Holders are spread over the households; the next person of the household may use a holder's identifier, too.
        holder = np.sort(rng.choice(len(order), size=min(len(identifiers), len(order)), replace=False))
        identifiers = rng.permutation(identifiers)[: len(holder)]
        links.add(relation, order[holder], identifiers, draw_days(len(holder), rng))
        other = np.minimum(holder + 1, len(order) - 1)
        same_address = population.address[order[holder]] == population.address[order[other]]
        shared = (rng.random(len(holder)) < sharing) & same_address
        links.add(relation, order[other[shared]], identifiers[shared], draw_days(int(shared.sum()), rng))
    firms = np.concatenate([population.of_kind("Merchant"), population.of_kind("Company")])
    accounts = rng.choice(population.of_kind("Account"), size=len(firms))
    links.add("HOLDS_ACCOUNT", firms, accounts, draw_days(len(firms), rng))

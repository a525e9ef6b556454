"""The fraud rings of the town, and its decoys: honest groups that look like rings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from loaders.synthetic.links import YEAR_DAYS, TownLinks, draw_days
from loaders.synthetic.people import F64, I64, Population, Rng

RING_SIZES: Final = (5, 9)
RING_COUNTS: Final = (6, 10)


@dataclass(frozen=True)
class RingsAndDecoys:
    """The members (numbers of parties) of each ring and decoy by its name, and the day on which each ring is active."""

    rings: dict[str, I64]
    ring_day: dict[str, float]
    decoys: dict[str, I64]


def add_rings_and_decoys(population: Population, links: TownLinks, rng: Rng) -> RingsAndDecoys:
    """The rings and decoys of the town, whose links are added to `links`. No person is in two of them."""
    persons = population.of_kind("Person")
    free = rng.permutation(persons)
    count = int(rng.integers(RING_COUNTS[0], RING_COUNTS[1] + 1))
    rings: dict[str, I64] = {}
    ring_day: dict[str, float] = {}
    for number in range(1, count + 1):
        size = int(rng.integers(RING_SIZES[0], RING_SIZES[1] + 1))
        members, free = free[:size], free[size:]
        day = float(rng.uniform(70, 290))
        _add_ring(members, day, population, links, rng)
        rings[f"ring_{number:02d}"], ring_day[f"ring_{number:02d}"] = members, day

    family, free = free[: min(16, len(persons) // 16)], free[min(16, len(persons) // 16) :]
    beds = max(10, min(60, len(persons) // 12))
    dormitory, free = free[:beds], free[beds:]
    desks = max(8, min(30, len(persons) // 20))
    office = free[:desks]
    shop = _add_popular_shop(population, links, rng)
    _add_family(family, population, links, rng)
    _add_dormitory(dormitory, population, links, rng)
    _add_office(office, population, links, rng)
    decoys = {"popular_shop": shop, "big_family": family, "dormitory": dormitory, "office_computer": office}
    return RingsAndDecoys(rings, ring_day, decoys)


def _draw_days_around(day: float, spread: float, n: int, rng: Rng) -> F64:
    result: F64 = np.clip(day + spread * (rng.random(n) - 0.5), 0.0, YEAR_DAYS - 0.001)
    return result


def _draw_shared(population: Population, kind: str, n: int, rng: Rng) -> I64:
    """The number of one random party of a kind, n times."""
    return np.full(n, rng.choice(population.of_kind(kind)))


def _add_ring(members: I64, day: float, population: Population, links: TownLinks, rng: Rng) -> None:
    """Two devices and two phones that members share, payments in a circle, and calls, within two weeks around `day`."""
    size = len(members)
    for kind, relation in (("Device", "USES_DEVICE"), ("Phone", "USES_PHONE")):
        identifiers = rng.choice(population.of_kind(kind), size=2, replace=False)
        # All members use the first, so that the ring is connected; half of them use the second.
        half = members[: (size + 1) // 2]
        links.add(relation, members, np.full(size, identifiers[0]), _draw_days_around(day, 14, size, rng))
        links.add(relation, half, np.full(len(half), identifiers[1]), _draw_days_around(day, 14, len(half), rng))
    laps = int(rng.integers(2, 5))
    payer = np.tile(members, laps)
    links.add(
        "PAYS", payer, np.tile(np.roll(members, -1), laps), _draw_days_around(day, 14, len(payer), rng),
        (900 + 300 * rng.random(len(payer))).round(2),
    )  # fmt: skip
    callers = np.repeat(members, 3)
    links.add("CALLS", callers, rng.choice(members, size=len(callers)), _draw_days_around(day, 14, len(callers), rng),
              count=np.ones(len(callers), dtype=np.int64))  # fmt: skip
    shops = rng.choice(population.of_kind("Merchant"), size=2 * size)
    links.add("ORDERS_FROM", np.repeat(members, 2), shops, _draw_days_around(day + 7, 14, 2 * size, rng),
              (400 + 500 * rng.random(2 * size)).round(2), online=np.ones(2 * size, dtype=np.bool_))  # fmt: skip
    backed = members[rng.random(size) < 0.4]
    links.add("GUARANTEES", rng.choice(members, size=len(backed)), backed, _draw_days_around(day, 14, len(backed), rng))


def _add_popular_shop(population: Population, links: TownLinks, rng: Rng) -> I64:
    """An honest shop at which two people in five buy and pay; returns its number, shape (1,)."""
    merchants = population.of_kind("Merchant")
    shop = merchants[np.argsort(population.creditworthiness[merchants])[-1:]]
    persons = population.of_kind("Person")
    buyers = persons[rng.random(len(persons)) < 0.4]
    amount = np.exp(3.0 + 0.7 * rng.normal(size=len(buyers))).round(2)
    day = rng.random(len(buyers)) * (YEAR_DAYS - 5)
    target = np.repeat(shop, len(buyers))
    links.add("ORDERS_FROM", buyers, target, day, amount, online=rng.random(len(buyers)) < 0.5)
    links.add("PAYS", buyers, target, day + 4 * rng.random(len(buyers)), amount)
    return shop


def _add_family(members: I64, population: Population, links: TownLinks, rng: Rng) -> None:
    """A family, all relatives of each other, at one address, with one device and payments among them all year."""
    size = len(members)
    a, b = np.triu_indices(size, 1)
    links.add("RELATIVE_OF", members[a], members[b], draw_days(len(a), rng))
    links.add("LIVES_AT", members, _draw_shared(population, "Address", size, rng), draw_days(size, rng))
    users = members[: size // 2]
    links.add("USES_DEVICE", users, _draw_shared(population, "Device", len(users), rng), draw_days(len(users), rng))
    payer, payee = rng.choice(members, size=3 * size), rng.choice(members, size=3 * size)
    amount = np.exp(4.0 + 0.6 * rng.normal(size=3 * size)).round(2)
    links.add("PAYS", payer, payee, draw_days(3 * size, rng), amount)


def _add_dormitory(members: I64, population: Population, links: TownLinks, rng: Rng) -> None:
    """A dormitory: many people at one address, with few links among them, who moved in over September."""
    size = len(members)
    links.add("LIVES_AT", members, _draw_shared(population, "Address", size, rng), 243 + 30 * rng.random(size))
    links.add("CALLS", members, rng.choice(members, size=size), 243 + 110 * rng.random(size),
              count=np.ones(size, dtype=np.int64))  # fmt: skip


def _add_office(members: I64, population: Population, links: TownLinks, rng: Rng) -> None:
    """An office: colleagues of one firm who share one computer."""
    size = len(members)
    firm, computer = (_draw_shared(population, kind, size, rng) for kind in ("Company", "Device"))
    links.add("EMPLOYED_BY", members, firm, draw_days(size, rng))
    links.add("USES_DEVICE", members, computer, draw_days(size, rng))

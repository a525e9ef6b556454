"""What is planted in the town to be found, or to be left alone: fraud rings, and honest groups that look like one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from loaders.synthetic.links import YEAR, Links
from loaders.synthetic.people import Floats, Ints, People, Rng

RING_SIZES: Final = (5, 9)
RING_COUNTS: Final = (6, 10)


@dataclass(frozen=True)
class Plants:
    """Members by name, and for each person in a ring the day on which its ring struck."""

    rings: dict[str, Ints]
    struck: dict[str, float]
    decoys: dict[str, Ints]


def plant(people: People, links: Links, rng: Rng) -> Plants:
    """Add the rings and the decoys to `links`. No person is in two of them."""
    persons = people.of("Person")
    free = rng.permutation(persons)
    count = int(rng.integers(RING_COUNTS[0], RING_COUNTS[1] + 1))
    rings: dict[str, Ints] = {}
    struck: dict[str, float] = {}
    for number in range(1, count + 1):
        size = int(rng.integers(RING_SIZES[0], RING_SIZES[1] + 1))
        members, free = free[:size], free[size:]
        day = float(rng.uniform(70, 290))
        _ring(members, day, people, links, rng)
        rings[f"ring_{number:02d}"], struck[f"ring_{number:02d}"] = members, day

    family, free = free[: min(16, len(persons) // 16)], free[min(16, len(persons) // 16) :]
    beds = max(10, min(60, len(persons) // 12))
    dormitory, free = free[:beds], free[beds:]
    desks = max(8, min(30, len(persons) // 20))
    office = free[:desks]
    shop = _popular_shop(people, links, rng)
    _family(family, people, links, rng)
    _dormitory(dormitory, people, links, rng)
    _office(office, people, links, rng)
    decoys = {"popular_shop": shop, "big_family": family, "dormitory": dormitory, "office_computer": office}
    return Plants(rings, struck, decoys)


def _within(day: float, spread: float, n: int, rng: Rng) -> Floats:
    result: Floats = np.clip(day + spread * (rng.random(n) - 0.5), 0.0, YEAR - 0.001)
    return result


def _ring(members: Ints, day: float, people: People, links: Links, rng: Rng) -> None:
    """A few devices and phones for all, money going round, and calls, all within two weeks around `day`."""
    size = len(members)
    for kind, relation in (("Device", "USES_DEVICE"), ("Phone", "USES_PHONE")):
        things = rng.choice(people.of(kind), size=2, replace=False)
        # The first thing is everybody's, so that a ring hangs together; the second serves half of them.
        half = members[: (size + 1) // 2]
        links.add(relation, members, np.full(size, things[0]), _within(day, 14, size, rng))
        links.add(relation, half, np.full(len(half), things[1]), _within(day, 14, len(half), rng))
    laps = int(rng.integers(2, 5))
    payer = np.tile(members, laps)
    links.add(
        "PAYS", payer, np.tile(np.roll(members, -1), laps), _within(day, 14, len(payer), rng),
        (900 + 300 * rng.random(len(payer))).round(2),
    )  # fmt: skip
    callers = np.repeat(members, 3)
    links.add("CALLS", callers, rng.choice(members, size=len(callers)), _within(day, 14, len(callers), rng),
              count=np.ones(len(callers), dtype=np.int64))  # fmt: skip
    shops = rng.choice(people.of("Merchant"), size=2 * size)
    links.add("ORDERS_FROM", np.repeat(members, 2), shops, _within(day + 7, 14, 2 * size, rng),
              (400 + 500 * rng.random(2 * size)).round(2), online=np.ones(2 * size, dtype=np.bool_))  # fmt: skip
    backed = members[rng.random(size) < 0.4]
    links.add("GUARANTEES", rng.choice(members, size=len(backed)), backed, _within(day, 14, len(backed), rng))


def _popular_shop(people: People, links: Links, rng: Rng) -> Ints:
    """An honest shop at which two people in five buy and pay."""
    merchants = people.of("Merchant")
    shop = merchants[np.argsort(people.worth[merchants])[-1:]]
    persons = people.of("Person")
    buyers = persons[rng.random(len(persons)) < 0.4]
    amount = np.exp(3.0 + 0.7 * rng.normal(size=len(buyers))).round(2)
    day = rng.random(len(buyers)) * (YEAR - 5)
    target = np.repeat(shop, len(buyers))
    links.add("ORDERS_FROM", buyers, target, day, amount, online=rng.random(len(buyers)) < 0.5)
    links.add("PAYS", buyers, target, day + 4 * rng.random(len(buyers)), amount)
    return shop


def _family(members: Ints, people: People, links: Links, rng: Rng) -> None:
    """All relatives of each other, at one address, with one device and money moving among them all year."""
    size = len(members)
    a, b = np.triu_indices(size, 1)
    links.add("RELATIVE_OF", members[a], members[b], rng.random(len(a)) * YEAR)
    links.add("LIVES_AT", members, np.full(size, rng.choice(people.of("Address"))), rng.random(size) * YEAR)
    users = members[: size // 2]
    links.add("USES_DEVICE", users, np.full(len(users), rng.choice(people.of("Device"))), rng.random(len(users)) * YEAR)
    payer, payee = rng.choice(members, size=3 * size), rng.choice(members, size=3 * size)
    amount = np.exp(4.0 + 0.6 * rng.normal(size=3 * size)).round(2)
    links.add("PAYS", payer, payee, rng.random(3 * size) * YEAR, amount)


def _dormitory(members: Ints, people: People, links: Links, rng: Rng) -> None:
    """Many people at one address who hardly know each other; they moved in over September."""
    size = len(members)
    links.add("LIVES_AT", members, np.full(size, rng.choice(people.of("Address"))), 243 + 30 * rng.random(size))
    links.add("CALLS", members, rng.choice(members, size=size), 243 + 110 * rng.random(size),
              count=np.ones(size, dtype=np.int64))  # fmt: skip


def _office(members: Ints, people: People, links: Links, rng: Rng) -> None:
    """Colleagues of one firm who share one computer."""
    size = len(members)
    firm, computer = rng.choice(people.of("Company")), rng.choice(people.of("Device"))
    links.add("EMPLOYED_BY", members, np.full(size, firm), rng.random(size) * YEAR)
    links.add("USES_DEVICE", members, np.full(size, computer), rng.random(size) * YEAR)

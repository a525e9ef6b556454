"""The outcomes of people and firms: defaults, which spread by contagion, and the fraud of the rings.

A party fails by itself with a logistic hazard of its creditworthiness. Its failure then reaches its guarantor, its
lender, and less often its payees, employees and kin, after a delay. Whether a link carries a failure is drawn before,
so that the day on which a party fails is the earliest arrival over the carrying links (Dijkstra).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from loaders.synthetic.links import YEAR_DAYS, TownLinks
from loaders.synthetic.people import F64, I64, Bools, Population, Rng
from loaders.synthetic.rings_and_decoys import RingsAndDecoys

BAD_RATE: Final = 0.135  # of people and firms, within the year
KNOWN_RATE: Final = 0.7  # of outcomes
RING_FRAUD_RATE: Final = 0.88  # of the members of rings
HAZARD_SLOPE: Final = 2.3  # of creditworthiness, against standard logistic noise


class Contagion(NamedTuple):
    """How links of a kind carry a failure: against their direction or along it, how likely, and how fast."""

    against_direction: bool
    probability: float
    mean_delay: float  # days


# LENDS_TO and GUARANTEES point from the one who loses to the one who fails; EMPLOYED_BY points from staff to the firm.
CONTAGION: Final = {
    "GUARANTEES": Contagion(True, 0.45, 30.0),
    "LENDS_TO": Contagion(True, 0.28, 35.0),
    "EMPLOYED_BY": Contagion(True, 0.12, 45.0),
    "PAYS": Contagion(False, 0.012, 40.0),
    "RELATIVE_OF": Contagion(False, 0.05, 60.0),
}


class CarryingLink(NamedTuple):
    """A link over which a failure arrives at `party`, `delay` days later, once the link exists."""

    party: int
    since: float
    delay: float


@dataclass(frozen=True)
class SimulatedOutcomes:
    """The outcome of each party; arrays of shape (parties,).

    failure_day: infinite where it never fails.
    is_fraud: whether a failure is fraud.
    is_known: whether outcomes.csv has the outcome.
    """

    failure_day: F64
    is_fraud: Bools
    is_known: Bools


def simulate_outcomes(population: Population, links: TownLinks, groups: RingsAndDecoys, rng: Rng) -> SimulatedOutcomes:
    """The outcomes of the year, in which about BAD_RATE of people and firms fail."""
    borrowers = population.borrowers
    fraud_day = np.full(population.count, np.inf)
    for name, members in groups.rings.items():
        frauds = members[rng.random(len(members)) < RING_FRAUD_RATE]
        fraud_day[frauds] = np.minimum(groups.ring_day[name] + 8 + 45 * rng.random(len(frauds)), YEAR_DAYS - 1)

    carrying = _draw_carrying_links(links, population.count, rng)
    own_day = 15 + rng.random(population.count) * (YEAR_DAYS - 30)
    # The order in which parties fail by themselves: by creditworthiness, with logistic noise.
    hazard = -HAZARD_SLOPE * population.creditworthiness[borrowers] + rng.logistic(size=len(borrowers))
    shop = groups.decoys["popular_shop"]
    hazard[np.isin(borrowers, np.concatenate([shop, *groups.rings.values()]))] = -np.inf
    order = borrowers[np.argsort(-hazard, kind="stable")]

    def failure_days(own_failures: int) -> F64:
        first = order[:own_failures]
        start = fraud_day.copy()
        start[first] = np.minimum(start[first], own_day[first])
        day = _earliest_arrival(start, carrying)
        day[shop] = np.inf
        return day

    low, high = 0, len(order)
    wanted = BAD_RATE * len(borrowers)
    while low < high:
        middle = (low + high) // 2
        if np.isfinite(failure_days(middle)).sum() < wanted:
            low = middle + 1
        else:
            high = middle
    day = failure_days(low)
    is_known = np.zeros(population.count, dtype=np.bool_)
    is_known[borrowers] = rng.random(len(borrowers)) < KNOWN_RATE
    return SimulatedOutcomes(day, np.isfinite(fraud_day), is_known)


def _draw_carrying_links(links: TownLinks, count: int, rng: Rng) -> list[list[CarryingLink]]:
    """The links that carry a failure of each party on."""
    carrying: list[list[CarryingLink]] = [[] for _ in range(count)]
    for kind, contagion in CONTAGION.items():
        source, target, since = links.of_kind(kind)
        carries = rng.random(len(source)) < contagion.probability
        delay = 3 + rng.exponential(contagion.mean_delay, size=len(source))
        origin, end = (target, source) if contagion.against_direction else (source, target)
        columns = (origin[carries], end[carries], since[carries], delay[carries])
        for failed, party, day, days in zip(*(column.tolist() for column in columns), strict=True):
            carrying[failed].append(CarryingLink(party, day, days))
    return carrying


def _earliest_arrival(start: F64, carrying: list[list[CarryingLink]]) -> F64:
    """The day on which each party fails: by itself on `start`, or by the earliest arrival within the year."""
    day = start.copy()
    heap = [(float(day[party]), int(party)) for party in np.flatnonzero(np.isfinite(day))]
    heapq.heapify(heap)
    while heap:
        failed_on, failed = heapq.heappop(heap)
        if failed_on > day[failed]:
            continue
        for link in carrying[failed]:
            arrival = max(failed_on, link.since) + link.delay
            if arrival < YEAR_DAYS - 1 and arrival < day[link.party]:
                day[link.party] = arrival
                heapq.heappush(heap, (arrival, link.party))
    return day


def draw_observation_days(outcomes: SimulatedOutcomes, parties: I64, rng: Rng) -> F64:
    """The days on which good outcomes are observed, distributed as those of failures, so that a date leaks no outcome.

    Shape (parties,).
    """
    failures = np.sort(outcomes.failure_day[np.isfinite(outcomes.failure_day)])
    n = len(parties)
    days: F64 = np.clip(rng.choice(failures, size=n) + 6 * rng.normal(size=n), 1, YEAR_DAYS - 1)
    return days

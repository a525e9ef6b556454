"""What becomes of people and firms: defaults that spread along guarantees and money, and the fraud of the rings.

A party fails by itself by logistic hazard of its worth. A failure then reaches its guarantor, its lender, and
less often its payees, employees and kin, after a delay: each link either carries it or not, drawn before, so that who
fails and when is the earliest arrival over the carrying links (Dijkstra).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loaders.synthetic.links import YEAR, Links
from loaders.synthetic.people import Floats, Ints, People, Rng
from loaders.synthetic.rings_and_decoys import Plants

BAD_SHARE: Final = 0.135
KNOWN_SHARE: Final = 0.7
FRAUD_IN_RING: Final = 0.88
# How likely a link carries a failure from the first of (source, target) to the other, and its mean delay in days.
# LENDS_TO and GUARANTEES point from the one who loses to the one who fails; EMPLOYED_BY points from staff to the firm.
CARRIES: Final = {
    "GUARANTEES": (True, 0.45, 30.0),
    "LENDS_TO": (True, 0.28, 35.0),
    "EMPLOYED_BY": (True, 0.12, 45.0),
    "PAYS": (False, 0.012, 40.0),
    "RELATIVE_OF": (False, 0.05, 60.0),
}
STEEPNESS: Final = 2.3


@dataclass(frozen=True)
class Fates:
    """Of each party: the day it failed (infinity: never), whether by fraud, and whether the town's books say so."""

    day: Floats
    fraud: NDArray[np.bool_]
    known: NDArray[np.bool_]


def decide(people: People, links: Links, plants: Plants, rng: Rng) -> Fates:
    """Decide every fate. About BAD_SHARE of people and firms fail within the year."""
    judged = people.judged
    fraud_day = np.full(people.count, np.inf)
    for name, members in plants.rings.items():
        frauds = members[rng.random(len(members)) < FRAUD_IN_RING]
        fraud_day[frauds] = np.minimum(plants.struck[name] + 8 + 45 * rng.random(len(frauds)), YEAR - 1)

    carried = _carrying(links, people.count, rng)
    own_day = 15 + rng.random(people.count) * (YEAR - 30)
    # The order in which parties would fail by themselves: by worth, with logistic noise.
    shaky = -STEEPNESS * people.worth[judged] + rng.logistic(size=len(judged))
    honest = np.concatenate([plants.decoys["popular_shop"], *plants.rings.values()])
    shaky[np.isin(judged, honest)] = -np.inf
    order = judged[np.argsort(-shaky, kind="stable")]

    def fates(failures: int) -> Floats:
        start = fraud_day.copy()
        start[order[:failures]] = np.minimum(start[order[:failures]], own_day[order[:failures]])
        day = _earliest(start, carried)
        shop = plants.decoys["popular_shop"]
        day[shop] = np.inf
        return day

    low, high = 0, len(order)
    wanted = BAD_SHARE * len(judged)
    while low < high:
        middle = (low + high) // 2
        if np.isfinite(fates(middle)).sum() < wanted:
            low = middle + 1
        else:
            high = middle
    day = fates(low)
    known = np.zeros(people.count, dtype=np.bool_)
    known[judged] = rng.random(len(judged)) < KNOWN_SHARE
    return Fates(day, np.isfinite(fraud_day), known)


def _carrying(links: Links, count: int, rng: Rng) -> list[list[tuple[int, float, float]]]:
    """For each party whom its failure would reach: (party, day from which the link stands, delay)."""
    reach: list[list[tuple[int, float, float]]] = [[] for _ in range(count)]
    for kind, (backwards, chance, delay) in CARRIES.items():
        source, target, since = links.ends(kind)
        carries = rng.random(len(source)) < chance
        wait = 3 + rng.exponential(delay, size=len(source))
        origin, end = (target, source) if backwards else (source, target)
        rows = (origin[carries], end[carries], since[carries], wait[carries])
        for a, b, s, w in zip(*(r.tolist() for r in rows), strict=True):
            reach[a].append((b, s, w))
    return reach


def _earliest(start: Floats, reach: list[list[tuple[int, float, float]]]) -> Floats:
    """Earliest day on which each party fails, from own failures and what reaches it within the year."""
    day = start.copy()
    heap = [(float(day[row]), int(row)) for row in np.flatnonzero(np.isfinite(day))]
    heapq.heapify(heap)
    while heap:
        when, row = heapq.heappop(heap)
        if when > day[row]:
            continue
        for other, since, wait in reach[row]:
            arrival = max(when, since) + wait
            if arrival < YEAR - 1 and arrival < day[other]:
                day[other] = arrival
                heapq.heappush(heap, (arrival, other))
    return day


def good_days(fates: Fates, rows: Ints, rng: Rng) -> Floats:
    """Days on which good outcomes were seen, spread over the year as the failures are, so that a date tells nothing."""
    failures = np.sort(fates.day[np.isfinite(fates.day)])
    drawn: Floats = np.clip(rng.choice(failures, size=len(rows)) + 6 * rng.normal(size=len(rows)), 1, YEAR - 1)
    return drawn

"""The signed ratings of the town: people rate the shops they bought from and the parties they lent to.

A rating depends on the creditworthiness of the rated, on the rater's leniency, and on noise. Members of a ring give one
another the best.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from loaders.synthetic.links import YEAR_DAYS, TownLinks
from loaders.synthetic.people import F64, I64, Population, Rng
from loaders.synthetic.rings_and_decoys import RingsAndDecoys

RATING_RATES: Final = {"ORDERS_FROM": 0.2, "LENDS_TO": 0.4}  # share of these links whose target is rated by the source
MAX_STARS: Final = 5  # a rating is one of -5..5 without 0, written as a weight in -1..1


def add_ratings(population: Population, links: TownLinks, groups: RingsAndDecoys, rng: Rng) -> None:
    """Add RATES to `links`, each some days after the link that it rates."""
    leniency = 0.5 * rng.normal(size=population.count)
    for kind, share in RATING_RATES.items():
        source, target, day = links.of_kind(kind)
        is_rated = (rng.random(len(source)) < share) & (day < YEAR_DAYS - 5)
        rater, rated = source[is_rated], target[is_rated]
        quality = 1.0 + 1.1 * population.creditworthiness[rated] + leniency[rater] + 0.7 * rng.normal(size=len(rater))
        _add_latest(rater, rated, day[is_rated] + 5 * rng.random(len(rater)), quality, links)
    for name, members in groups.rings.items():
        day = groups.ring_day[name] + 10 * rng.random(len(members))
        _add_latest(members, np.roll(members, 1), day, np.full(len(members), 2.0), links)


def _add_latest(rater: I64, rated: I64, day: F64, quality: F64, links: TownLinks) -> None:
    """Add the last rating of each pair; `quality` (about -2..2) becomes stars."""
    last = {pair: i for i, pair in enumerate(zip(rater.tolist(), rated.tolist(), strict=True))}
    rows = np.array(sorted(last.values()), dtype=np.int64)
    stars = np.clip(np.round(quality[rows] * MAX_STARS / 2), -MAX_STARS, MAX_STARS)
    stars[stars == 0] = 1
    links.add("RATES", rater[rows], rated[rows], day[rows], weight=stars / MAX_STARS)

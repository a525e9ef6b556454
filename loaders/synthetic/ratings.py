"""What the town's people say of one another: signed ratings of the shops they bought from and of whom they lent to.

They follow what was delivered and paid back, through noise, and some raters are kinder than others. Members of a ring
praise one another.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from loaders.synthetic.links import YEAR, Links
from loaders.synthetic.people import Floats, Ints, People, Rng
from loaders.synthetic.rings_and_decoys import Plants

RATED: Final = {"ORDERS_FROM": 0.2, "LENDS_TO": 0.4}  # how many of these links lead to a rating of the second party
STARS: Final = 5  # a rating is one of -5..5 without 0, written as a weight in -1..1


def rate(people: People, links: Links, plants: Plants, rng: Rng) -> None:
    """Add RATES to `links`, some days after what is rated."""
    kindness = 0.5 * rng.normal(size=people.count)
    for kind, share in RATED.items():
        source, target, day = links.ends(kind)
        told = (rng.random(len(source)) < share) & (day < YEAR - 5)
        rater, rated = source[told], target[told]
        felt = 1.0 + 1.1 * people.worth[rated] + kindness[rater] + 0.7 * rng.normal(size=len(rater))
        _add(rater, rated, day[told] + 5 * rng.random(len(rater)), felt, links)
    for name, members in plants.rings.items():
        after = plants.struck[name] + 10 * rng.random(len(members))
        _add(members, np.roll(members, 1), after, np.full(len(members), 2.0), links)


def _add(rater: Ints, rated: Ints, day: Floats, felt: Floats, links: Links) -> None:
    """The last word of each rater on each party, `felt` (about -2..2) in stars."""
    last = {pair: i for i, pair in enumerate(zip(rater.tolist(), rated.tolist(), strict=True))}
    kept = np.array(sorted(last.values()), dtype=np.int64)
    stars = np.clip(np.round(felt[kept] * STARS / 2), -STARS, STARS)
    stars[stars == 0] = 1
    links.add("RATES", rater[kept], rated[kept], day[kept], weight=stars / STARS)

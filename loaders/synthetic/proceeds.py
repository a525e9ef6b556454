"""The proceeds of the town's fraud rings, most of which the members pass on to the ring's organiser.

Some members are paid by a victim; the others sell what they ordered, for cash of which no file knows. The organiser is
a member who uses every device and phone that the ring shares. What it keeps goes no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from loaders.synthetic.links import TownLinks
from loaders.synthetic.people import F64, I64, Population, Rng
from loaders.synthetic.rings_and_decoys import RingsAndDecoys

VICTIMS: Final = 3  # of a ring
PASSED_ON: Final = (0.85, 0.97)  # share of what a member took; it keeps the rest


@dataclass(frozen=True)
class Proceeds:
    """The organiser (number of a party) and the victims of each ring by its name.

    links: the payments of victims to members and of members to organisers.
    """

    organisers: dict[str, int]
    victims: dict[str, I64]
    links: TownLinks


def draw_proceeds(population: Population, groups: RingsAndDecoys, rng: Rng) -> Proceeds:
    """The proceeds of every ring. No victim is in a ring or a decoy, and each pays one member once."""
    proceeds = Proceeds({}, {}, TownLinks())
    taken = np.concatenate([*groups.rings.values(), *groups.decoys.values()])
    free = rng.permutation(np.setdiff1d(population.of_kind("Person"), taken))
    for name, members in groups.rings.items():
        # The first of a ring uses all that its members share.
        organiser, others = int(members[0]), members[1:]
        victims, free = free[:VICTIMS], free[VICTIMS:]
        _add_payments(victims, others, organiser, groups.ring_day[name], proceeds.links, rng)
        proceeds.organisers[name], proceeds.victims[name] = organiser, victims
    return proceeds


def _add_payments(victims: I64, takers: I64, organiser: int, day: float, links: TownLinks, rng: Rng) -> None:
    """The takings of every taker within three weeks of `day`, the first from a victim each, and what is passed on."""
    n, paying = len(takers), len(victims)
    taken_on: F64 = day + 21 * rng.random(n)
    amount: F64 = np.exp(6.2 + 0.5 * rng.normal(size=n)).round(2)
    links.add("PAYS", victims, takers[:paying], taken_on[:paying], amount[:paying])
    passed = (amount * rng.uniform(*PASSED_ON, size=n)).round(2)
    links.add("PAYS", takers, np.full(n, organiser), taken_on + rng.uniform(1, 4, size=n), passed)

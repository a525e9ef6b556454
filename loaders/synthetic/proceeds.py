"""The proceeds of the town's fraud rings: victims pay the members, who pass most of it on to the ring's organiser.

The organiser is a member who uses every device and phone that the ring shares. What it keeps goes no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from loaders.synthetic.links import TownLinks
from loaders.synthetic.people import F64, I64, Population, Rng
from loaders.synthetic.rings_and_decoys import RingsAndDecoys

MAX_VICTIMS: Final = 2  # of one member; each has one at least
PASSED_ON: Final = (0.85, 0.97)  # share of what a victim paid; the member keeps the rest


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
        takers = np.repeat(others, rng.integers(1, MAX_VICTIMS + 1, size=len(others)))
        victims, free = free[: len(takers)], free[len(takers) :]
        _add_payments(victims, takers[: len(victims)], organiser, groups.ring_day[name], proceeds.links, rng)
        proceeds.organisers[name], proceeds.victims[name] = organiser, victims
    return proceeds


def _add_payments(victims: I64, takers: I64, organiser: int, day: float, links: TownLinks, rng: Rng) -> None:
    """A payment of each victim within three weeks of `day`, most of which leaves its taker one to four days later."""
    n = len(victims)
    paid: F64 = day + 21 * rng.random(n)
    amount: F64 = np.exp(6.2 + 0.5 * rng.normal(size=n)).round(2)
    links.add("PAYS", victims, takers, paid, amount)
    passed = (amount * rng.uniform(*PASSED_ON, size=n)).round(2)
    links.add("PAYS", takers, np.full(n, organiser), paid + rng.uniform(1, 4, size=n), passed)

"""Networks of payments in which nobody commits fraud: any ring that is found in them is false.

A payroll economy (100 firms pay wages, which are spent at firms), a marketplace economy (refunds flow back from five
marketplaces), and payments at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.stores import arrow_batch, load
from graph.schema import PARTIES, RELATIONSHIPS
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store

Payment = tuple[int, int, float, float]  # payer, payee, time in seconds, amount

DAY: Final = 86_400.0
START: Final = 1.7e9
FIRMS: Final = 100
MARKETPLACES: Final = 5


def economy(name: str, folder: Path, parties: int, seed: int) -> Snapshot:
    """The snapshot of one of ECONOMIES."""
    payments = list(ECONOMIES[name](parties, np.random.default_rng(seed)))
    ids = [f"p{i:05d}" for i in range(parties)]
    payers, payees, times, amounts = zip(*payments, strict=True)
    links = arrow_batch(
        RELATIONSHIPS,
        len(payments),
        source=[ids[one] for one in payers],
        target=[ids[one] for one in payees],
        kind=["PAYS"] * len(payments),
        key=[str(i) for i in range(len(payments))],
        first=times,
        last=times,
        amount=[round(one, 2) for one in amounts],
    )
    store = open_store(f"sqlite:///{folder / 'kith.db'}")
    load(store, [arrow_batch(PARTIES, parties, id=ids, kind=["Person"] * parties)], [links])
    snapshot = build_snapshot(store, folder / "snapshot")
    store.close()
    return snapshot


def payroll(parties: int, random: np.random.Generator) -> Iterator[Payment]:
    """Three monthly wages each, and four purchases a month at one of four favourite firms."""
    for person in range(FIRMS, parties):
        employer, favourites, wage = random.integers(FIRMS), random.integers(FIRMS, size=4), random.lognormal(7.5, 0.3)
        for month in range(3):
            payday = START + (30 * month + 1) * DAY
            yield int(employer), person, payday, wage
            for shop in random.choice(favourites, 4):
                yield person, int(shop), payday + 30 * DAY * random.random(), random.lognormal(4, 0.6)


def marketplace(parties: int, random: np.random.Generator) -> Iterator[Payment]:
    """Purchases at one marketplace each; for two fifths of the customers some money comes back."""
    for customer in range(MARKETPLACES, parties):
        market, comes_back = int(random.integers(MARKETPLACES)), random.random() < 0.4
        for _ in range(random.poisson(3)):
            yield customer, market, START + 90 * DAY * random.random(), random.lognormal(3.5, 0.8)
        for _ in range(random.poisson(3) if comes_back else 0):
            yield market, customer, START + 90 * DAY * random.random(), random.lognormal(3.5, 0.8)


def at_random(parties: int, random: np.random.Generator) -> Iterator[Payment]:
    """Four payments a party between any two, over a year."""
    for payer, payee in random.integers(parties, size=(4 * parties, 2)).tolist():
        if payer != payee:
            yield payer, payee, START + 365 * DAY * random.random(), random.lognormal(4, 1)


ECONOMIES: Final[Mapping[str, Callable[[int, np.random.Generator], Iterator[Payment]]]] = {
    "payroll": payroll,
    "marketplace": marketplace,
    "random": at_random,
}

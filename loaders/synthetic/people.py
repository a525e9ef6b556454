"""Who lives in the town: parties of each kind, their hidden creditworthiness, and what their records say of it.

Creditworthiness `worth` is standard normal over people and firms, higher is better. People of one circle
share a part of it, and so do the people of one household; records show it through noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rng = np.random.Generator

SHARES: Final = {
    "Person": 0.46, "Merchant": 0.05, "Company": 0.05, "Phone": 0.14, "Device": 0.11, "Address": 0.10, "Account": 0.09,
}  # fmt: skip
PREFIXES: Final = {
    "Person": "p", "Merchant": "m", "Company": "c", "Phone": "ph", "Device": "dev", "Address": "adr", "Account": "acc",
}  # fmt: skip
CIRCLE_SIZE: Final = 22
HOUSEHOLD_SIZE: Final = 3.2
MISSING: Final = 0.04

_STARTS: Final = "Al Be Ca Da El Fa Ga Ha Is Jo Ka Li Ma No Or Pa Ro Sa Te Vi".split()
_ENDS: Final = "bel dan dro fin lia mar nes ran ria ron sa ta vin wen zo".split()
_SURNAMES: Final = (
    "Ash Birch Clay Dale Elm Field Glen Heath Ivy Lake Marsh North Oak Pine Reed Stone Thorn Vale".split()
)
_SURNAME_ENDS: Final = "brook burn by ford ham land ley mere stead ton well wick wood worth".split()
_TRADES: Final = "Bakery Books Cycles Foods Garage Garden Hardware Optics Pharmacy Shoes Textiles Tools".split()
_FIRMS: Final = "Builders Carriers Consulting Energy Farms Foundry Logistics Media Partners Software".split()


@dataclass(frozen=True)
class People:
    """The parties by number: those of one kind are consecutive. `worth`, `circle` and `home` are NaN/-1 where none."""

    kind: NDArray[np.str_]
    first: dict[str, int]
    size: dict[str, int]
    worth: Floats
    circle: Ints
    home: Ints

    @property
    def count(self) -> int:
        return len(self.kind)

    def of(self, kind: str) -> Ints:
        """The numbers of the parties of one kind."""
        return np.arange(self.first[kind], self.first[kind] + self.size[kind])

    @property
    def judged(self) -> Ints:
        """The parties that borrow and can fail: people, merchants and companies."""
        return np.concatenate([self.of(kind) for kind in ("Person", "Merchant", "Company")])


def populate(parties: int, rng: Rng) -> People:
    """Divide about `parties` parties over the kinds and draw circles, households and creditworthiness."""
    size = {kind: round(parties * share) for kind, share in SHARES.items()}
    starts = np.concatenate([[0], np.cumsum(list(size.values()))])
    first = {kind: int(start) for kind, start in zip(size, starts[:-1], strict=True)}
    count = int(starts[-1])
    people, homes = size["Person"], size["Address"]
    circle = np.full(count, -1)
    home = np.full(count, -1)
    worth = np.full(count, np.nan)

    circles = max(2, people // CIRCLE_SIZE)
    circle[:people] = rng.integers(circles, size=people)
    # A household is a run of people of one circle, so that relatives are mostly also friends of friends.
    order = np.lexsort((rng.random(people), circle[:people]))
    households = min(homes, max(1, int(people / HOUSEHOLD_SIZE)))
    cuts = np.sort(rng.choice(np.arange(1, people), size=households - 1, replace=False))
    household = np.empty(people, dtype=np.int64)
    household[order] = np.searchsorted(cuts, np.arange(people), side="right")
    home[:people] = first["Address"] + household

    shared = 0.62 * rng.normal(size=circles)[circle[:people]] + 0.42 * rng.normal(size=households)[household]
    worth[:people] = _standard(shared + 0.66 * rng.normal(size=people))
    for kind in ("Merchant", "Company"):
        worth[first[kind] : first[kind] + size[kind]] = rng.normal(size=size[kind])
    return People(np.repeat(list(size), list(size.values())), first, size, worth, circle, home)


def identify(people: People, rng: Rng) -> list[str]:
    """An id for each party, such as p00017; the number is a random permutation and says nothing."""
    ids: list[str] = []
    for kind, size in people.size.items():
        width = max(4, len(str(size)) + 1)
        ids += [f"{PREFIXES[kind]}{number:0{width}d}" for number in rng.permutation(size) + 1]
    return ids


def describe(people: People, rng: Rng) -> dict[str, list[str]]:
    """The attribute columns of parties.csv, as text, empty where missing.

    `age` and `sex` are there to be protected: age goes with income and a little with worth, as it does in life.
    """
    count = people.count
    names = ("name age sex income employment tenure_days orders_late_share credit_used_share sector staff").split()
    columns: dict[str, list[str]] = {name: [""] * count for name in names}

    def put(name: str, rows: Ints, values: list[str], missing: float = MISSING) -> None:
        keep = rng.random(len(rows)) >= missing
        for row, value, kept in zip(rows.tolist(), values, keep.tolist(), strict=True):
            if kept:
                columns[name][row] = value

    persons = people.of("Person")
    worth = people.worth[persons]
    n = len(persons)
    put("name", persons, _person_names(n, rng), 0.0)
    age = np.clip(38 + 12 * rng.normal(size=n) + 2.5 * worth, 18, 85).astype(np.int64)
    put("age", persons, [str(v) for v in age])
    put("sex", persons, np.where(rng.random(n) < 0.5, "f", "m").tolist())
    income = np.exp(10.2 + 0.14 * worth + 0.45 * rng.normal(size=n) + 0.006 * (age - 38))
    put("income", persons, [str(round(v, -2)) for v in income.tolist()])
    works = np.array(["salaried", "self_employed", "student", "retired", "none"])
    steady = worth + 2.2 * rng.normal(size=n)
    job = np.select([age > 66, (age < 25) & (rng.random(n) < 0.5), steady < -2.9, steady > -0.9], [3, 2, 4, 0], 1)
    put("employment", persons, works[job].tolist())

    for kind, words in (("Merchant", _TRADES), ("Company", _FIRMS)):
        rows = people.of(kind)
        sector = rng.choice(words, size=len(rows))
        owner = _surnames(len(rows), rng)
        put("name", rows, [f"{a} {b}" for a, b in zip(owner, sector.tolist(), strict=True)], 0.0)
        put("sector", rows, [s.lower() for s in sector.tolist()])
        size = np.exp((1.2 if kind == "Merchant" else 2.6) + 0.9 * rng.normal(size=len(rows)))
        put("staff", rows, [str(int(v) + 1) for v in size.tolist()])

    rows = people.judged
    worth = people.worth[rows]
    tenure = np.exp(6.4 + 0.2 * worth + 0.8 * rng.normal(size=len(rows)))
    put("tenure_days", rows, [str(int(v)) for v in np.clip(tenure, 3, 9000).tolist()])
    late = 1 / (1 + np.exp(2.3 + 0.4 * worth + 1.0 * rng.normal(size=len(rows))))
    put("orders_late_share", rows, [f"{v:.3f}" for v in late.tolist()])
    used = 1 / (1 + np.exp(0.4 + 0.35 * worth + 1.2 * rng.normal(size=len(rows))))
    put("credit_used_share", rows, [f"{v:.3f}" for v in used.tolist()], 0.1)
    return columns


def _person_names(n: int, rng: Rng) -> list[str]:
    given = zip(rng.choice(_STARTS, size=n).tolist(), rng.choice(_ENDS, size=n).tolist(), strict=True)
    return [f"{a}{b} {c}" for (a, b), c in zip(given, _surnames(n, rng), strict=True)]


def _surnames(n: int, rng: Rng) -> list[str]:
    return [
        a + b
        for a, b in zip(rng.choice(_SURNAMES, size=n).tolist(), rng.choice(_SURNAME_ENDS, size=n).tolist(), strict=True)
    ]


def _standard(values: Floats) -> Floats:
    result: Floats = (values - values.mean()) / values.std()
    return result

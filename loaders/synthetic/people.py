"""The parties of the town: their kinds, communities and households, hidden creditworthiness, ids and attributes.

Creditworthiness is standard normal over people and firms, higher is better. People of one community share a part of it,
and so do the people of one household; attributes show it through noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
Rng = np.random.Generator

KIND_SHARES: Final = {
    "Person": 0.46, "Merchant": 0.05, "Company": 0.05, "Phone": 0.14, "Device": 0.11, "Address": 0.10, "Account": 0.09,
}  # fmt: skip
ID_PREFIXES: Final = {
    "Person": "p", "Merchant": "m", "Company": "c", "Phone": "ph", "Device": "dev", "Address": "adr", "Account": "acc",
}  # fmt: skip
COMMUNITY_SIZE: Final = 22
HOUSEHOLD_SIZE: Final = 3.2
MISSING_RATE: Final = 0.04  # of attributes
ATTRIBUTES: Final = (
    "name", "age", "sex", "income", "employment", "tenure_days", "orders_late_share", "credit_used_share", "sector",
    "staff",
)  # fmt: skip

_NAME_STARTS: Final = "Al Be Ca Da El Fa Ga Ha Is Jo Ka Li Ma No Or Pa Ro Sa Te Vi".split()
_NAME_ENDS: Final = "bel dan dro fin lia mar nes ran ria ron sa ta vin wen zo".split()
_SURNAMES: Final = (
    "Ash Birch Clay Dale Elm Field Glen Heath Ivy Lake Marsh North Oak Pine Reed Stone Thorn Vale".split()
)
_SURNAME_ENDS: Final = "brook burn by ford ham land ley mere stead ton well wick wood worth".split()
_TRADES: Final = "Bakery Books Cycles Foods Garage Garden Hardware Optics Pharmacy Shoes Textiles Tools".split()
_INDUSTRIES: Final = "Builders Carriers Consulting Energy Farms Foundry Logistics Media Partners Software".split()


@dataclass(frozen=True)
class Population:
    """The parties by number, from 0; those of one kind are consecutive.

    kind, creditworthiness, community, address: shape (parties,); NaN or -1 where a party has none.
    first: the number of the first party of each kind. size: how many there are.
    address: the number of the party that is the home of a person.
    """

    kind: NDArray[np.str_]
    first: dict[str, int]
    size: dict[str, int]
    creditworthiness: F64
    community: I64
    address: I64

    @property
    def count(self) -> int:
        """The number of parties."""
        return len(self.kind)

    def of_kind(self, kind: str) -> I64:
        """The numbers of the parties of one kind."""
        return np.arange(self.first[kind], self.first[kind] + self.size[kind])

    @property
    def borrowers(self) -> I64:
        """The numbers of the parties that borrow and can fail: people, merchants and companies."""
        return np.concatenate([self.of_kind(kind) for kind in ("Person", "Merchant", "Company")])


def draw_population(parties: int, rng: Rng) -> Population:
    """About `parties` parties divided over the kinds, with random communities, households and creditworthiness."""
    size = {kind: round(parties * share) for kind, share in KIND_SHARES.items()}
    starts = np.concatenate([[0], np.cumsum(list(size.values()))])
    first = {kind: int(start) for kind, start in zip(size, starts[:-1], strict=True)}
    count = int(starts[-1])
    people, addresses = size["Person"], size["Address"]
    community = np.full(count, -1)
    address = np.full(count, -1)
    creditworthiness = np.full(count, np.nan)

    communities = max(2, people // COMMUNITY_SIZE)
    community[:people] = rng.integers(communities, size=people)
    # A household is a run of people of one community, so that relatives are mostly also friends of friends.
    order = np.lexsort((rng.random(people), community[:people]))
    households = min(addresses, max(1, int(people / HOUSEHOLD_SIZE)))
    cuts = np.sort(rng.choice(np.arange(1, people), size=households - 1, replace=False))
    household = np.empty(people, dtype=np.int64)
    household[order] = np.searchsorted(cuts, np.arange(people), side="right")
    address[:people] = first["Address"] + household

    shared = 0.62 * rng.normal(size=communities)[community[:people]] + 0.42 * rng.normal(size=households)[household]
    creditworthiness[:people] = _standardised(shared + 0.66 * rng.normal(size=people))
    for kind in ("Merchant", "Company"):
        creditworthiness[first[kind] : first[kind] + size[kind]] = rng.normal(size=size[kind])
    kinds = np.repeat(list(size), list(size.values()))
    return Population(kinds, first, size, creditworthiness, community, address)


def draw_ids(population: Population, rng: Rng) -> list[str]:
    """An id for each party, such as p00017; its number is a random permutation, independent of all else."""
    ids: list[str] = []
    for kind, size in population.size.items():
        width = max(4, len(str(size)) + 1)
        ids += [f"{ID_PREFIXES[kind]}{number:0{width}d}" for number in rng.permutation(size) + 1]
    return ids


def draw_attributes(population: Population, rng: Rng) -> dict[str, list[str]]:
    """The attribute columns of parties.csv, one text a party, empty where missing.

    `age` and `sex` are protected attributes: age correlates with income and a little with creditworthiness, as it does
    in life.
    """
    columns = {name: [""] * population.count for name in ATTRIBUTES}
    _fill_persons(columns, population, rng)
    for kind in ("Merchant", "Company"):
        _fill_firms(columns, kind, population, rng)
    _fill_borrowers(columns, population, rng)
    return columns


def _fill(column: list[str], rows: I64, values: list[str], rng: Rng, missing_rate: float = MISSING_RATE) -> None:
    """Write the values of some parties, but for a random share of them."""
    present = rng.random(len(rows)) >= missing_rate
    for row, value, is_present in zip(rows.tolist(), values, present.tolist(), strict=True):
        if is_present:
            column[row] = value


def _fill_persons(columns: dict[str, list[str]], population: Population, rng: Rng) -> None:
    rows = population.of_kind("Person")
    creditworthiness = population.creditworthiness[rows]
    n = len(rows)
    _fill(columns["name"], rows, _person_names(n, rng), rng, 0.0)
    age = np.clip(38 + 12 * rng.normal(size=n) + 2.5 * creditworthiness, 18, 85).astype(np.int64)
    _fill(columns["age"], rows, [str(v) for v in age], rng)
    _fill(columns["sex"], rows, np.where(rng.random(n) < 0.5, "f", "m").tolist(), rng)
    income = np.exp(10.2 + 0.14 * creditworthiness + 0.45 * rng.normal(size=n) + 0.006 * (age - 38))
    _fill(columns["income"], rows, [str(round(v, -2)) for v in income.tolist()], rng)
    steadiness = creditworthiness + 2.2 * rng.normal(size=n)
    is_student = (age < 25) & (rng.random(n) < 0.5)
    employment = np.select(
        [age > 66, is_student, steadiness < -2.9, steadiness > -0.9],
        ["retired", "student", "none", "salaried"],
        "self_employed",
    )
    _fill(columns["employment"], rows, employment.tolist(), rng)


def _fill_firms(columns: dict[str, list[str]], kind: str, population: Population, rng: Rng) -> None:
    rows = population.of_kind(kind)
    n = len(rows)
    sector = rng.choice(_TRADES if kind == "Merchant" else _INDUSTRIES, size=n).tolist()
    names = [f"{owner} {trade}" for owner, trade in zip(_surnames(n, rng), sector, strict=True)]
    _fill(columns["name"], rows, names, rng, 0.0)
    _fill(columns["sector"], rows, [name.lower() for name in sector], rng)
    staff = np.exp((1.2 if kind == "Merchant" else 2.6) + 0.9 * rng.normal(size=n))
    _fill(columns["staff"], rows, [str(int(v) + 1) for v in staff.tolist()], rng)


def _fill_borrowers(columns: dict[str, list[str]], population: Population, rng: Rng) -> None:
    rows = population.borrowers
    creditworthiness = population.creditworthiness[rows]
    n = len(rows)
    tenure = np.exp(6.4 + 0.2 * creditworthiness + 0.8 * rng.normal(size=n))
    _fill(columns["tenure_days"], rows, [str(int(v)) for v in np.clip(tenure, 3, 9000).tolist()], rng)
    late = 1 / (1 + np.exp(2.3 + 0.4 * creditworthiness + 1.0 * rng.normal(size=n)))
    _fill(columns["orders_late_share"], rows, [f"{v:.3f}" for v in late.tolist()], rng)
    used = 1 / (1 + np.exp(0.4 + 0.35 * creditworthiness + 1.2 * rng.normal(size=n)))
    _fill(columns["credit_used_share"], rows, [f"{v:.3f}" for v in used.tolist()], rng, 0.1)


def _person_names(n: int, rng: Rng) -> list[str]:
    first_names = zip(rng.choice(_NAME_STARTS, size=n).tolist(), rng.choice(_NAME_ENDS, size=n).tolist(), strict=True)
    return [f"{a}{b} {c}" for (a, b), c in zip(first_names, _surnames(n, rng), strict=True)]


def _surnames(n: int, rng: Rng) -> list[str]:
    return [
        a + b
        for a, b in zip(rng.choice(_SURNAMES, size=n).tolist(), rng.choice(_SURNAME_ENDS, size=n).tolist(), strict=True)
    ]


def _standardised(values: F64) -> F64:
    result: F64 = (values - values.mean()) / values.std()
    return result

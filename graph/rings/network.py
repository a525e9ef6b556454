"""What the ring finders read of a snapshot: who uses which identifier, who is tied to whom since when, who is kin.

Parties are rows of the snapshot. An identifier is what an identifier link points at (a phone, a device, an account).
Addresses stand apart: living together is normal, so they explain sharing and are never evidence of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY: Final = 86_400.0
HOME, EMPLOYER, KIN = "LIVES_AT", "EMPLOYED_BY", "RELATIVE_OF"
TIED_BY: Final = ("contact", "social", "trust", "money", "guarantee")  # where a link between two parties is news
SMALLEST_HOME: Final = 5  # up to so many at one address are a household in any town


@dataclass(frozen=True)
class Uses:
    """Distinct (party, thing) pairs, sorted; `time` is the first use in seconds, NaN where unknown."""

    party: Ints
    thing: Ints
    time: Floats

    def kept(self, keep: Bools | Ints) -> Uses:
        return Uses(self.party[keep], self.thing[keep], self.time[keep])


@dataclass(frozen=True)
class Ties:
    """Directed links between parties, one entry each; time in seconds and amount are NaN where unknown."""

    source: Ints
    target: Ints
    time: Floats
    amount: Floats

    def kept(self, keep: Bools | Ints) -> Ties:
        return Ties(self.source[keep], self.target[keep], self.time[keep], self.amount[keep])


@dataclass(frozen=True)
class Pairs:
    """Distinct pairs of tied parties (a < b), sorted; `first` is when they were first linked, NaN where unknown."""

    a: Ints
    b: Ints
    first: Floats

    def kept(self, keep: Bools | Ints) -> Pairs:
        return Pairs(self.a[keep], self.b[keep], self.first[keep])


@dataclass(frozen=True)
class Explanations:
    """Innocent reasons for two parties to have much in common: incidence or adjacency matrices over all rows."""

    home: sparse.csr_array
    household: sparse.csr_array  # addresses of ordinary size only
    employer: sparse.csr_array
    kin: sparse.csr_array
    friend: sparse.csr_array

    def homeless(self, rows: Ints) -> Bools:
        """Whether no address is known of each row."""
        result: Bools = np.diff(self.home.indptr)[rows] == 0
        return result

    def of_things(self, a: Ints, b: Ints) -> Bools:
        """Whether each pair may well use one phone or device: kin, one household, one employer."""
        return _meet(self.household, a, b) | _meet(self.employer, a, b) | _linked(self.kin, a, b)

    def of_groups(self, a: Ints, b: Ints) -> Bools:
        """Whether each pair belongs together: kin, one address, one employer."""
        return _meet(self.home, a, b) | _meet(self.employer, a, b) | _linked(self.kin, a, b)

    def of_money(self, a: Ints, b: Ints) -> Bools:
        """Whether each pair may well pay or guarantee one another: they belong together or are friends."""
        return self.of_groups(a, b) | _linked(self.friend, a, b)


@dataclass(frozen=True)
class RingNetwork:
    """The parts of a snapshot that can speak for or against a ring; `size` is its number of rows.

    `household` is how many people an ordinary address has, 0 where no addresses are known.
    """

    size: int
    household: int
    uses: Uses
    money: Ties
    guarantees: Ties
    pairs: Pairs
    explanations: Explanations


def read_network(snapshot: Snapshot) -> RingNetwork:
    """Read a snapshot once, in time and memory linear in its links."""
    n = snapshot.n_parties
    homes = _uses(snapshot, _kinds(snapshot, "identifier"), addresses=True)
    friends = _ties(snapshot, [kind for kind in _kinds(snapshot, "social") if kind != KIN])
    return RingNetwork(
        size=n,
        household=_household(homes),
        uses=_uses(snapshot, _kinds(snapshot, "identifier"), addresses=False),
        money=_ties(snapshot, _kinds(snapshot, "money")),
        guarantees=_ties(snapshot, _kinds(snapshot, "guarantee")),
        pairs=_pairs(_ties(snapshot, [kind for kind in _kinds(snapshot, *TIED_BY) if kind != KIN]), n),
        explanations=Explanations(
            home=_incidence(homes, n),
            household=_incidence(homes.kept(_ordinary(homes)), n),
            employer=_incidence(_ties(snapshot, _named(snapshot, EMPLOYER)), n),
            kin=_adjacency(_ties(snapshot, _named(snapshot, KIN)), n),
            friend=_adjacency(friends, n),
        ),
    )


def ordinary_users(uses: Uses) -> int:
    """How many users a thing ordinarily has: the 95th percentile over things."""
    _, counts = np.unique(uses.thing, return_counts=True)
    return int(np.quantile(counts, 0.95, method="lower")) if len(counts) else 0


def _ordinary(homes: Uses) -> Bools:
    """Which of the uses are of an address with no more people than a household of this town has."""
    _, at, counts = np.unique(homes.thing, return_inverse=True, return_counts=True)
    result: Bools = counts[at] <= _household(homes)
    return result


def _household(homes: Uses) -> int:
    return max(SMALLEST_HOME, ordinary_users(homes)) if len(homes.thing) else 0


def _kinds(snapshot: Snapshot, *categories: str) -> list[str]:
    return [name for name, info in sorted(snapshot.kinds.items()) if info.category in categories]


def _named(snapshot: Snapshot, name: str) -> list[str]:
    return [name] if name in snapshot.kinds else []


def _ties(snapshot: Snapshot, kinds: Sequence[str]) -> Ties:
    """Every entry of these kinds whose ends are two different parties."""
    rows = np.arange(snapshot.n_parties)
    columns: list[tuple[Ints, Ints, Floats, Floats]] = []
    for kind in kinds:
        links = snapshot.links(kind)
        time = np.where(np.isnan(links.first), links.last, links.first)
        source = np.repeat(rows, np.diff(links.out_indptr))
        columns.append((source, links.out_target.astype(np.int64), time, links.amount.astype(np.float64)))
    if not columns:
        return Ties(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
    ties = Ties(*(np.concatenate(column) for column in zip(*columns, strict=True)))
    return ties.kept(ties.source != ties.target)


def _uses(snapshot: Snapshot, kinds: Sequence[str], addresses: bool) -> Uses:
    """Who uses what. A link of two identifiers (an account on a phone) is no use by a party."""
    ties = [(kind, _ties(snapshot, [kind])) for kind in kinds]
    address = [code for code, kind in enumerate(snapshot.party_kinds) if kind == "Address"]
    things = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    party, thing, time = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for kind, tie in ties:
        at_home = np.isin(snapshot.party_kind[tie.target], address) | (kind == HOME)
        keep = (at_home == addresses) & ~np.isin(snapshot.party_kind[tie.source], things)
        party.append(tie.source[keep])
        thing.append(tie.target[keep])
        time.append(tie.time[keep])
    pairs = _first_of_each(np.concatenate(party), np.concatenate(thing), np.concatenate(time), snapshot.n_parties)
    return Uses(*pairs)


def _pairs(ties: Ties, n: int) -> Pairs:
    low, high = np.minimum(ties.source, ties.target), np.maximum(ties.source, ties.target)
    return Pairs(*_first_of_each(low, high, ties.time, n))


def _first_of_each(a: Ints, b: Ints, time: Floats, n: int) -> tuple[Ints, Ints, Floats]:
    """Distinct (a, b), sorted, with the smallest time of each; NaN sorts last."""
    key = a * n + b
    order = np.lexsort((time, key))
    first = order[np.diff(key[order], prepend=-1) != 0]
    return a[first], b[first], time[first]


def _incidence(pairs: Uses | Ties, n: int) -> sparse.csr_array:
    a, b = (pairs.party, pairs.thing) if isinstance(pairs, Uses) else (pairs.source, pairs.target)
    return _ones(a, b, n)


def _adjacency(ties: Ties, n: int) -> sparse.csr_array:
    return _ones(np.concatenate([ties.source, ties.target]), np.concatenate([ties.target, ties.source]), n)


def _ones(a: Ints, b: Ints, n: int) -> sparse.csr_array:
    matrix = sparse.csr_array((np.ones(len(a), np.int32), (a, b)), shape=(n, n))
    matrix.data[:] = 1
    return matrix


def _meet(incidence: sparse.csr_array, a: Ints, b: Ints) -> Bools:
    """Whether the rows a[i] and b[i] have a column in common."""
    if not len(a):
        return np.zeros(0, bool)
    result: Bools = np.asarray(incidence[a].multiply(incidence[b]).sum(axis=1)).ravel() > 0
    return result


def _linked(adjacency: sparse.csr_array, a: Ints, b: Ints) -> Bools:
    if not len(a):
        return np.zeros(0, bool)
    result: Bools = np.asarray(adjacency[a, b]).ravel() > 0
    return result

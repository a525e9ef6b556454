"""What the ring finders read of a snapshot: users of identifiers, links between parties, first links, innocent ties.

Parties are rows of the snapshot. An identifier is what an identifier link points at: a phone, a device, an account.
Addresses are never evidence of a ring: living together is normal, and explains sharing. Only LIVES_AT says that
somebody lives there; who was seen at an address, as of the internet, is at home elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.csr import edge_index
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY: Final = 86_400.0
LIVES_AT, EMPLOYED_BY, RELATIVE_OF = "LIVES_AT", "EMPLOYED_BY", "RELATIVE_OF"
PAIR_CATEGORIES: Final = frozenset({"contact", "social", "trust", "money", "guarantee"})  # their first links are dated
COLLEAGUES: Final = ("MANAGES", "WORKED_WITH")
MIN_ORDINARY: Final = 5  # up to so many people of one address or employer are nothing unusual in any network


@dataclass(frozen=True)
class Uses:
    """Distinct (party, identifier) pairs, sorted; `time` is the first use in seconds, NaN where unknown."""

    party: Ints
    identifier: Ints
    time: Floats

    def select(self, which: Bools | Ints) -> Uses:
        """The uses of a mask or of positions."""
        return Uses(self.party[which], self.identifier[which], self.time[which])


@dataclass(frozen=True)
class DirectedLinks:
    """Links between two different parties, one entry each; time in seconds and amount are NaN where unknown.

    fact: entries of one fact, which was carried to several holders, have the same number.
    """

    source: Ints
    target: Ints
    time: Floats
    amount: Floats
    fact: Ints

    def select(self, which: Bools | Ints) -> DirectedLinks:
        """The links of a mask or of positions."""
        source, target, fact = self.source[which], self.target[which], self.fact[which]
        return DirectedLinks(source, target, self.time[which], self.amount[which], fact)

    def each_once(self) -> DirectedLinks:
        """One entry of each fact, to count links or add up their amounts."""
        return self.select(np.unique(self.fact, return_index=True)[1])


@dataclass(frozen=True)
class Pairs:
    """Distinct pairs of linked parties (a < b), sorted; `first` is the time of their first link, NaN where unknown."""

    a: Ints
    b: Ints
    first: Floats

    def select(self, which: Bools | Ints) -> Pairs:
        """The pairs of a mask or of positions."""
        return Pairs(self.a[which], self.b[which], self.first[which])


@dataclass(frozen=True)
class InnocentTies:
    """Innocent reasons for two parties to have much in common: incidence or adjacency matrices over all rows."""

    home: sparse.csr_array
    employer: sparse.csr_array
    colleague: sparse.csr_array
    kin: sparse.csr_array
    friend: sparse.csr_array

    def without_address(self, rows: Ints) -> Bools:
        """Whether no address is known of each row: bool[k]."""
        result: Bools = np.diff(self.home.indptr)[rows] == 0
        return result

    def without_employer(self, rows: Ints) -> Bools:
        """Whether neither employer nor colleague is known of each row: bool[k]."""
        result: Bools = (np.diff(self.employer.indptr)[rows] == 0) & (np.diff(self.colleague.indptr)[rows] == 0)
        return result

    def explain_group(self, a: Ints, b: Ints) -> Bools:
        """Whether each pair belongs together, bool[k]: kin, colleagues, one address, one employer."""
        together = _share_column(self.home, a, b) | _share_column(self.employer, a, b)
        return together | _adjacent(self.kin, a, b) | _adjacent(self.colleague, a, b)

    def explain_money(self, a: Ints, b: Ints) -> Bools:
        """Whether each pair may well pay or guarantee one another, bool[k]: they belong together or are friends."""
        return self.explain_group(a, b) | _adjacent(self.friend, a, b)


@dataclass(frozen=True)
class RingNetwork:
    """The parts of a snapshot that are evidence for or against rings; `size` is its number of rows.

    `household` and `office` are the largest numbers of people of an ordinary address and of an ordinary employer, 0
    where none is known.
    """

    size: int
    household: int
    office: int
    uses: Uses
    money: DirectedLinks
    guarantees: DirectedLinks
    pairs: Pairs
    innocent: InnocentTies


def read_network(snapshot: Snapshot) -> RingNetwork:
    """The ring network of a snapshot, read once in time and memory linear in its links."""
    n = snapshot.n_parties
    homes = _uses(snapshot, _if_present(snapshot, LIVES_AT))
    jobs = _links(snapshot, _if_present(snapshot, EMPLOYED_BY))
    friends = _links(snapshot, [kind for kind in snapshot.kinds_of({"social"}) if kind != RELATIVE_OF])
    return RingNetwork(
        size=n,
        household=_ordinary(usual_users(homes)),
        office=_ordinary(_usual_staff(jobs)),
        uses=_uses(snapshot, [kind for kind in snapshot.kinds_of({"identifier"}) if kind != LIVES_AT], "Address"),
        money=_links(snapshot, snapshot.kinds_of({"money"})),
        guarantees=_links(snapshot, snapshot.kinds_of({"guarantee"})),
        pairs=_pairs(_links(snapshot, [kind for kind in snapshot.kinds_of(PAIR_CATEGORIES) if kind != RELATIVE_OF]), n),
        innocent=InnocentTies(
            home=_binary(homes.party, homes.identifier, n),
            employer=_binary(jobs.source, jobs.target, n),
            colleague=_adjacency(_links(snapshot, [kind for kind in COLLEAGUES if kind in snapshot.kinds]), n),
            kin=_adjacency(_links(snapshot, _if_present(snapshot, RELATIVE_OF)), n),
            friend=_adjacency(friends, n),
        ),
    )


def usual_users(uses: Uses) -> int:
    """The 95th percentile of the number of users of an identifier, 0 where there is none."""
    _, counts = np.unique(uses.identifier, return_counts=True)
    return int(np.quantile(counts, 0.95, method="lower")) if len(counts) else 0


def _usual_staff(jobs: DirectedLinks) -> int:
    """The 95th percentile of the number of people of an employer, 0 where there is none."""
    pairs = np.unique(np.stack([jobs.target, jobs.source]), axis=1)
    _, counts = np.unique(pairs[0], return_counts=True)
    return int(np.quantile(counts, 0.95, method="lower")) if len(counts) else 0


def _ordinary(usual: int) -> int:
    return max(MIN_ORDINARY, usual) if usual else 0


def _if_present(snapshot: Snapshot, kind: str) -> list[str]:
    return [kind] if kind in snapshot.kinds else []


def _links(snapshot: Snapshot, kinds: Sequence[str]) -> DirectedLinks:
    """Every link of these kinds whose ends are two different parties."""
    columns: list[tuple[Ints, Ints, Floats, Floats, Ints]] = []
    facts = 0
    for kind in kinds:
        links = snapshot.links(kind)
        time = np.where(np.isnan(links.first), links.last, links.first)
        ends = edge_index(links.out_indptr, links.out_target)
        columns.append((*ends, time, links.amount.astype(np.float64), facts + links.fact.astype(np.int64)))
        facts += links.info.facts
    if not columns:
        none = np.empty(0, np.int64)
        return DirectedLinks(none, none, np.empty(0), np.empty(0), none)
    links_of_all = DirectedLinks(*(np.concatenate(column) for column in zip(*columns, strict=True)))
    return links_of_all.select(links_of_all.source != links_of_all.target)


def _uses(snapshot: Snapshot, kinds: Sequence[str], but: str | None = None) -> Uses:
    """The uses by links of these kinds, but of no identifier of one kind; a link between identifiers is no use."""
    barred = [code for code, kind in enumerate(snapshot.party_kinds) if kind == but]
    identifiers = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    party, identifier, time = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for kind in kinds:
        links = _links(snapshot, [kind])
        chosen = ~np.isin(snapshot.party_kind[links.source], identifiers)
        chosen &= ~np.isin(snapshot.party_kind[links.target], barred)
        party.append(links.source[chosen])
        identifier.append(links.target[chosen])
        time.append(links.time[chosen])
    columns = np.concatenate(party), np.concatenate(identifier), np.concatenate(time)
    return Uses(*_first_of_each(*columns, snapshot.n_parties))


def _pairs(links: DirectedLinks, n: int) -> Pairs:
    low, high = np.minimum(links.source, links.target), np.maximum(links.source, links.target)
    return Pairs(*_first_of_each(low, high, links.time, n))


def _first_of_each(a: Ints, b: Ints, time: Floats, n: int) -> tuple[Ints, Ints, Floats]:
    """Distinct (a, b), sorted, with the smallest time of each; NaN sorts last."""
    key = a * n + b
    order = np.lexsort((time, key))
    first = order[np.diff(key[order], prepend=-1) != 0]
    return a[first], b[first], time[first]


def _adjacency(links: DirectedLinks, n: int) -> sparse.csr_array:
    """The symmetric adjacency matrix of the links."""
    return _binary(np.concatenate([links.source, links.target]), np.concatenate([links.target, links.source]), n)


def _binary(a: Ints, b: Ints, n: int) -> sparse.csr_array:
    """The n * n matrix that is 1 at the places (a[i], b[i])."""
    matrix = sparse.csr_array((np.ones(len(a), np.int32), (a, b)), shape=(n, n))
    matrix.data[:] = 1
    return matrix


def _share_column(incidence: sparse.csr_array, a: Ints, b: Ints) -> Bools:
    """Whether the rows a[i] and b[i] have a column in common: bool[k]."""
    if not len(a):
        return np.zeros(0, bool)
    result: Bools = np.asarray(incidence[a].multiply(incidence[b]).sum(axis=1)).ravel() > 0
    return result


def _adjacent(adjacency: sparse.csr_array, a: Ints, b: Ints) -> Bools:
    """Whether the rows a[i] and b[i] are linked: bool[k]."""
    if not len(a):
        return np.zeros(0, bool)
    result: Bools = np.asarray(adjacency[a, b]).ravel() > 0
    return result

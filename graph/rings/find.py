"""Rings: groups of parties that several finders, or one beyond doubt, say did not come about by chance.

The finders (`shared_identifiers`, `loops`, `bursts`) propose groups with evidence; here evidence
for the same group is put together, weighed against innocent explanations, and what stands becomes a ring. Everything is
read from a snapshot alone and depends on neither row numbers nor the order of ids: where two groups are equally strong,
the smaller SHA-256 of a member's id goes first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any, Final

import networkx as nx
import numpy as np

from graph.rings.bursts import History, bursts
from graph.rings.candidate import BURST, EXPLAINED, GUARANTEE, MONEY, SHARED, Finding
from graph.rings.loops import loops
from graph.rings.network import RingNetwork, read_network
from graph.rings.roles import group_graph, roles
from graph.rings.shared_identifiers import shared_identifiers
from graph.snapshots.snapshot import Snapshot

KINDS: Final = (SHARED, MONEY, GUARANTEE, BURST)
MIXED: Final = "mixed"
LEVELS: Final = ("low", "medium", "high", "very_high")
STEPS: Final = (6.0, 12.0, 20.0)  # strengths from which a ring is medium, high, very high
MOST: Final = 12.0  # beyond a millionth of a millionth nothing is gained
WEAKEST: Final = 1.0  # evidence below this surprise is not kept
ALONE: Final = 3.0  # one finding of this surprise makes a ring
TOGETHER: Final = 4.0  # findings of different kinds make a ring when their surprises sum to this
BURST_ALONE: Final = 6.0  # a burst alone, or against an innocent explanation: friends, too, have busy weeks
SAME: Final = 0.5  # Jaccard from which two groups are one


@dataclass(frozen=True)
class Evidence:
    """What speaks for a ring: a kind, its strength (minus log10 of what chance would do, at most 12), the figures."""

    kind: str
    strength: float
    figures: Mapping[str, float | int | None]
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    party: str
    role: str


@dataclass(frozen=True)
class Ring:
    """A ring as found in one snapshot; `ring` is its identity, which `match` carries over to the next snapshot.

    strength is the sum over its evidence; level is one of LEVELS; members are sorted by id.
    """

    ring: str
    kind: str
    level: str
    strength: float
    members: tuple[Member, ...]
    evidence: tuple[Evidence, ...]

    @property
    def parties(self) -> frozenset[str]:
        return frozenset(member.party for member in self.members)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def of_json(value: Mapping[str, Any]) -> Ring:
        """The ring that `to_json` wrote, whether its evidence was told in words since or not.

        Raises KeyError or TypeError for anything else.
        """
        members = tuple(Member(**member) for member in value["members"])
        bare = [{name: field for name, field in one.items() if name != "text"} for one in value["evidence"]]
        evidence = tuple(Evidence(**{**one, "identifiers": tuple(one["identifiers"])}) for one in bare)
        return Ring(**{**value, "members": members, "evidence": evidence})


def find_rings(snapshot: Snapshot) -> list[Ring]:
    """Every ring of a snapshot, the strongest first."""
    if not snapshot.n_parties:
        return []
    network = read_network(snapshot)
    history = History(network)
    found = [
        *shared_identifiers(network),
        *loops(network, MONEY),
        *loops(network, GUARANTEE),
        *bursts(network, history),
    ]
    kept = [finding for finding in found if finding.surprise >= WEAKEST]
    digests = _digests(snapshot, {row for finding in kept for row in finding.members})
    groups = [_weighed(group, network, history) for group in _merged(kept, digests)]
    rings: list[Ring] = []
    taken: set[str] = set()
    for group in sorted((g for g in groups if _stands(g)), key=lambda g: (-_strength(g), _order(g[0], digests))):
        ring = _ring(group, network, snapshot, [digests[row] for row in group[0].members], taken)
        taken.add(ring.ring)
        rings.append(ring)
    return rings


def match(old: Sequence[Ring], new: Sequence[Ring]) -> list[Ring]:
    """The new rings, each under the identity of the old one it is most like, from a Jaccard index of 0.5 on.

    The likest pairs go first and each old ring lends its identity once. A new ring whose own identity was lent to
    another gets it with a number behind.
    """
    likeness = sorted(
        ((_jaccard(a.parties, b.parties), a.ring, b.ring) for a in old for b in new if a.parties & b.parties),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    carried: dict[str, str] = {}
    for jaccard, before, now in likeness:
        if jaccard >= SAME and now not in carried and before not in carried.values():
            carried[now] = before
    taken = set(carried.values())
    result = []
    for ring in new:
        name = carried.get(ring.ring) or _free(ring.ring, taken)
        taken.add(name)
        result.append(replace(ring, ring=name))
    return result


Group = list[Finding]  # the first says who is in it


def _merged(found: Iterable[Finding], digests: Mapping[int, bytes]) -> list[Group]:
    """Findings about the same parties put together, one for each kind. Those that name their members best go first."""
    groups: list[Group] = []
    at: dict[int, list[Group]] = {}
    for finding in sorted(found, key=lambda f: (f.surprise < ALONE, KINDS.index(f.kind), *_key(f, digests))):
        near = [group for row in finding.members for group in at.get(row, ())]
        home = max(near, key=lambda group: _alike(finding, group[0]), default=None)
        if home is not None and _alike(finding, home[0]) >= SAME:
            if all(finding.kind != other.kind for other in home):
                home.append(finding)
            continue
        groups.append([finding])
        for row in finding.members:
            at.setdefault(row, []).append(groups[-1])
    return groups


def _alike(a: Finding, b: Finding) -> float:
    """How much of the smaller group is in the larger one."""
    return len({*a.members} & {*b.members}) / min(len(a.members), len(b.members))


def _weighed(group: Group, network: RingNetwork, history: History) -> Group:
    """The group with what its history says, and without what an innocent explanation covers."""
    members = np.array(group[0].members)
    chosen_for = max((int(f.figures["pairs"] or 0) for f in group if f.kind in (MONEY, GUARANTEE)), default=0)
    if group[0].kind != BURST:
        burst = history.burst(members, chosen_for)
        group = [f for f in group if f.kind != BURST] + ([burst] if burst and burst.surprise >= WEAKEST else [])
    pairs = np.array(list(combinations(group[0].members, 2)))
    explained = network.explanations
    shares = {
        SHARED: explained.of_things(pairs[:, 0], pairs[:, 1]).mean(),
        MONEY: explained.of_groups(pairs[:, 0], pairs[:, 1]).mean(),
    }
    shares |= {GUARANTEE: shares[MONEY], BURST: shares[MONEY]}
    if len(group) == 1 and len(members) <= network.household and explained.homeless(members).mean() > EXPLAINED:
        shares[SHARED] = 1.0  # who shares a phone and has no known home may well share that, too
    return [
        finding
        for finding in group
        if shares[finding.kind] < EXPLAINED or (finding.kind == BURST and finding.surprise >= BURST_ALONE)
    ]


def _stands(group: Group) -> bool:
    alone = any(finding.surprise >= (BURST_ALONE if finding.kind == BURST else ALONE) for finding in group)
    return alone or (len(group) > 1 and _strength(group) >= TOGETHER)


def _strength(group: Group) -> float:
    return sum(min(finding.surprise, MOST) for finding in group)


def _ring(group: Group, network: RingNetwork, snapshot: Snapshot, digests: list[bytes], taken: set[str]) -> Ring:
    strength = _strength(group)
    role = _roles(group[0].members, network)
    members = sorted((Member(snapshot.id_of(row), role[row]) for row in group[0].members), key=lambda m: m.party)
    return Ring(
        ring=_free(f"ring-{min(digests).hex()[:12]}", taken),
        kind=group[0].kind if len(group) == 1 else MIXED,
        level=LEVELS[sum(strength >= step for step in STEPS)],
        strength=round(strength, 2),
        members=tuple(members),
        evidence=tuple(
            Evidence(
                finding.kind,
                round(min(finding.surprise, MOST), 2),
                finding.figures,
                tuple(sorted(snapshot.id_of(row) for row in finding.things)),
            )
            for finding in sorted(group, key=lambda f: KINDS.index(f.kind))
        ),
    )


def _roles(members: Sequence[int], network: RingNetwork) -> dict[int, str]:
    """Roles by what ties the members: pairs that are linked, things that two of them use, and the money inside."""
    links: dict[tuple[int, int], int] = {}
    inside = np.isin(network.pairs.a, members) & np.isin(network.pairs.b, members)
    used = np.isin(network.uses.party, members)
    by_thing: dict[int, list[int]] = {}
    for party, thing in zip(network.uses.party[used].tolist(), network.uses.thing[used].tolist(), strict=True):
        by_thing.setdefault(thing, []).append(party)
    ties = list(zip(network.pairs.a[inside].tolist(), network.pairs.b[inside].tolist(), strict=True))
    for pair in [*ties, *(pair for users in by_thing.values() for pair in combinations(sorted(users), 2))]:
        links[pair] = links.get(pair, 0) + 1
    money = nx.DiGraph()
    paid = np.isin(network.money.source, members) & np.isin(network.money.target, members)
    money.add_edges_from(zip(network.money.source[paid].tolist(), network.money.target[paid].tolist(), strict=True))
    return roles(group_graph(members, links), money)


def _digests(snapshot: Snapshot, rows: set[int]) -> dict[int, bytes]:
    return {row: hashlib.sha256(snapshot.id_of(row).encode("utf-8", "surrogatepass")).digest() for row in rows}


def _key(finding: Finding, digests: Mapping[int, bytes]) -> tuple[float, int, list[bytes]]:
    return -finding.surprise, -len(finding.members), sorted(digests[row] for row in finding.members)


def _order(finding: Finding, digests: Mapping[int, bytes]) -> list[bytes]:
    return sorted(digests[row] for row in finding.members)


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)


def _free(name: str, taken: set[str]) -> str:
    """The name, or where it is taken the name with the first number behind it that is free."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free

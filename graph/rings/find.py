"""Rings: groups of parties that chance alone and innocent ties do not explain.

The finders (`shared_identifiers`, `loops`, `bursts`) propose candidates. Candidates about the same group are put
together, those that innocent ties explain are removed, and groups of enough significance become rings. Everything is
read from a snapshot alone and depends on neither row numbers nor the order of ids: of two equally strong groups, the
one with the smaller SHA-256 of a member's id is first.
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
from graph.rings.candidate import BURST, GUARANTEE, MAX_INNOCENT_SHARE, MONEY, SHARED, RingCandidate
from graph.rings.loops import loops
from graph.rings.network import RingNetwork, read_network
from graph.rings.roles import group_graph, payees, payers, roles
from graph.rings.shared_identifiers import shared_identifiers, unexplained_uses
from graph.rings.shared_pairs import chains_of_pairs
from graph.snapshots.snapshot import Snapshot

KINDS: Final = (SHARED, MONEY, GUARANTEE, BURST)
MIXED: Final = "mixed"
CATEGORY: Final = {MONEY: "money", GUARANTEE: "guarantee"}  # of the links that a kind of evidence is made of
LEVELS: Final = ("low", "medium", "high", "very_high")
LEVEL_BOUNDS: Final = (6.0, 12.0, 20.0)  # strengths from which a ring is medium, high, very high

# All in units of significance, neg_log10_expected.
MIN_EVIDENCE: Final = 1.0  # of a candidate that counts at all
MIN_SINGLE: Final = 3.0  # of one candidate that makes a ring
MIN_SINGLE_BURST: Final = 6.0  # of a burst that makes a ring, even of friends or kin, who have busy weeks
MIN_TOGETHER: Final = 4.0  # of candidates of different kinds that make a ring, summed
MAX_EVIDENCE: Final = 12.0  # that one candidate adds to the strength of a ring

MIN_OVERLAP: Final = 0.5  # overlap coefficient from which two candidates are about one group
MIN_JACCARD: Final = 0.5  # Jaccard index from which a ring is an earlier one


@dataclass(frozen=True)
class Evidence:
    """Evidence of one kind for a ring: strength (its significance, at most 12), figures, ids of shared identifiers.

    via: ids of the identifiers through which the money or the guarantees among the members are carried.
    """

    kind: str
    strength: float
    figures: Mapping[str, float | int | None]
    identifiers: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """A party of a ring, with one of `graph.rings.roles.ROLES`.

    payers, payees: how many of the other members pay it, and how many it pays.
    """

    party: str
    role: str
    payers: int = 0
    payees: int = 0


@dataclass(frozen=True)
class Ring:
    """A ring of one snapshot; `ring` is its identity, which `match` carries over from the snapshot before.

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
        """Ids of the members."""
        return frozenset(member.party for member in self.members)

    def to_json(self) -> dict[str, Any]:
        """The ring as a JSON object."""
        return asdict(self)

    @staticmethod
    def of_json(value: Mapping[str, Any]) -> Ring:
        """The ring that `to_json` wrote, whether texts and names were added to it since or not.

        Raises KeyError or TypeError for anything else.
        """
        members = tuple(
            Member(member["party"], member["role"], member.get("payers", 0), member.get("payees", 0))
            for member in value["members"]
        )
        evidence = []
        for piece in value["evidence"]:
            fields = {name: field for name, field in piece.items() if name != "text"}
            lists = {"identifiers": tuple(fields["identifiers"]), "via": tuple(fields.get("via", ()))}
            evidence.append(Evidence(**{**fields, **lists}))
        return Ring(**{**value, "members": members, "evidence": tuple(evidence)})


def find_rings(snapshot: Snapshot) -> list[Ring]:
    """Every ring of a snapshot, the strongest first."""
    if not snapshot.n_parties:
        return []
    network = read_network(snapshot)
    uses = unexplained_uses(network)
    history = History(network)
    candidates = [
        candidate
        for candidate in (
            *shared_identifiers(network, uses),
            *chains_of_pairs(network, uses),
            *loops(network, MONEY),
            *loops(network, GUARANTEE),
            *bursts(network, history),
        )
        if candidate.neg_log10_expected >= MIN_EVIDENCE
    ]
    digests = _digests(snapshot, {row for candidate in candidates for row in candidate.members})
    groups = [_evaluated(group, network, history) for group in _grouped(candidates, digests)]
    rings: list[Ring] = []
    names: set[str] = set()
    for group in sorted((g for g in groups if _is_ring(g)), key=lambda g: (-_strength(g), _digests_of(g[0], digests))):
        ring = _ring(group, network, snapshot, [digests[row] for row in _members(group)], names)
        names.add(ring.ring)
        rings.append(ring)
    return rings


def match(old: Sequence[Ring], new: Sequence[Ring]) -> list[Ring]:
    """The new rings, each with the identity of the old ring it is most similar to.

    Similarity is the Jaccard index of the members, |A & B| / |A | B|, and at least MIN_JACCARD. The most similar pairs
    are matched first, each old ring once. A new ring whose own identity went to another gets it with a number appended.
    """
    pairs = [(_jaccard(a.parties, b.parties), a.ring, b.ring) for a in old for b in new if a.parties & b.parties]
    carried: dict[str, str] = {}
    for jaccard, before, now in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if jaccard >= MIN_JACCARD and now not in carried and before not in carried.values():
            carried[now] = before
    names = set(carried.values())
    result = []
    for ring in new:
        name = carried.get(ring.ring) or _unused_name(ring.ring, names)
        names.add(name)
        result.append(replace(ring, ring=name))
    return result


Group = list[RingCandidate]  # about the same parties, each of its own kind; the members are those of the first


def _grouped(candidates: Iterable[RingCandidate], digests: Mapping[int, bytes]) -> list[Group]:
    """The candidates in groups about the same parties; the first of a group is the one that is first in `_order`."""
    groups: list[Group] = []
    groups_of: dict[int, list[Group]] = {}  # by member
    for candidate in sorted(candidates, key=lambda c: _order(c, digests)):
        nearby = [group for row in candidate.members for group in groups_of.get(row, ())]
        nearest = max(nearby, key=lambda group: _overlap(candidate, group[0]), default=None)
        if nearest is not None and _overlap(candidate, nearest[0]) >= MIN_OVERLAP:
            if all(candidate.kind != other.kind for other in nearest):
                nearest.append(candidate)
            continue
        groups.append([candidate])
        for row in candidate.members:
            groups_of.setdefault(row, []).append(groups[-1])
    return groups


def _overlap(a: RingCandidate, b: RingCandidate) -> float:
    """The overlap coefficient of the members: |A & B| / min(|A|, |B|)."""
    return len({*a.members} & {*b.members}) / min(len(a.members), len(b.members))


def _evaluated(group: Group, network: RingNetwork, history: History) -> Group:
    """The group with the burst of its whole history, and without candidates that innocent ties explain."""
    members = np.array(group[0].members)
    selected_for = max((int(c.figures["pairs"] or 0) for c in group if c.kind in (MONEY, GUARANTEE)), default=0)
    if group[0].kind != BURST:
        group = [candidate for candidate in group if candidate.kind != BURST]
        burst = history.burst(members, selected_for)
        if burst is not None and burst.neg_log10_expected >= MIN_EVIDENCE:
            group.append(burst)
    innocent_share = _innocent_shares(group, members, network)
    return [
        candidate
        for candidate in group
        if innocent_share[candidate.kind] < MAX_INNOCENT_SHARE or (candidate.kind == BURST and _suffices(candidate))
    ]


def _innocent_shares(group: Group, members: np.ndarray[Any, Any], network: RingNetwork) -> dict[str, float]:
    """The share of the group's pairs that innocent ties explain, for each kind of evidence."""
    pairs, innocent = np.array(list(combinations(group[0].members, 2))), network.innocent
    of_group = of_sharing = float(innocent.explain_group(pairs[:, 0], pairs[:, 1]).mean())
    if len(group) == 1 and _may_be_unrecorded(members, network):
        of_sharing = 1.0
    return {SHARED: of_sharing, MONEY: of_group, GUARANTEE: of_group, BURST: of_group}


def _may_be_unrecorded(members: np.ndarray[Any, Any], network: RingNetwork) -> bool:
    """Whether those who share a phone may well share a home or an office of which the network does not know.

    It knows of others, and of most of the members neither; the group is no larger than homes or offices are.
    """
    innocent = network.innocent
    homeless = len(members) <= network.household and innocent.without_address(members).mean() > MAX_INNOCENT_SHARE
    jobless = len(members) <= network.office and innocent.without_employer(members).mean() > MAX_INNOCENT_SHARE
    return bool(homeless or jobless)


def _suffices(candidate: RingCandidate) -> bool:
    """Whether a single candidate is evidence enough for a ring."""
    return candidate.neg_log10_expected >= (MIN_SINGLE_BURST if candidate.kind == BURST else MIN_SINGLE)


def _is_ring(group: Group) -> bool:
    return any(map(_suffices, group)) or (len(group) > 1 and _strength(group) >= MIN_TOGETHER)


def _strength(group: Group) -> float:
    return sum(min(candidate.neg_log10_expected, MAX_EVIDENCE) for candidate in group)


def _members(group: Group) -> list[int]:
    """Every party that the evidence of a group is about, ascending."""
    return sorted({row for candidate in group for row in candidate.members})


def _ring(group: Group, network: RingNetwork, snapshot: Snapshot, digests: list[bytes], names: set[str]) -> Ring:
    strength = _strength(group)
    rows = _members(group)
    money = _money_among(rows, network)
    role = roles(_ties_among(rows, network), money)
    found = (Member(snapshot.id_of(row), role[row], payers(money, row), payees(money, row)) for row in rows)
    members = sorted(found, key=lambda m: m.party)
    return Ring(
        ring=_unused_name(f"ring-{min(digests).hex()[:12]}", names),
        kind=group[0].kind if len(group) == 1 else MIXED,
        level=LEVELS[sum(strength >= bound for bound in LEVEL_BOUNDS)],
        strength=round(strength, 2),
        members=tuple(members),
        evidence=tuple(
            Evidence(
                candidate.kind,
                round(min(candidate.neg_log10_expected, MAX_EVIDENCE), 2),
                candidate.figures,
                tuple(sorted(snapshot.id_of(row) for row in candidate.identifiers)),
                tuple(sorted(snapshot.id_of(row) for row in _via(candidate, snapshot))),
            )
            for candidate in sorted(group, key=lambda candidate: KINDS.index(candidate.kind))
        ),
    )


def _via(candidate: RingCandidate, snapshot: Snapshot) -> set[int]:
    """Rows of the identifiers that carry the links of the candidate's kind among its members."""
    found: set[int] = set()
    for kind in snapshot.kinds_of({CATEGORY[candidate.kind]}) if candidate.kind in CATEGORY else ():
        links = snapshot.links(kind)
        for row in candidate.members:
            out = links.out(row)
            found.update(links.via_of(out.entry[np.isin(out.party, candidate.members)]))
    return found


def _money_among(members: Sequence[int], network: RingNetwork) -> nx.DiGraph:
    """Who of the members pays whom."""
    paid = network.money.select(np.isin(network.money.source, members) & np.isin(network.money.target, members))
    return nx.DiGraph(zip(paid.source.tolist(), paid.target.tolist(), strict=True))


def _ties_among(members: Sequence[int], network: RingNetwork) -> nx.Graph:
    """What connects the members: linked pairs, and identifiers that two of them use."""
    strength: dict[tuple[int, int], int] = {}
    inside = np.isin(network.pairs.a, members) & np.isin(network.pairs.b, members)
    linked = list(zip(network.pairs.a[inside].tolist(), network.pairs.b[inside].tolist(), strict=True))
    used = network.uses.select(np.isin(network.uses.party, members))
    users_of: dict[int, list[int]] = {}
    for party, identifier in zip(used.party.tolist(), used.identifier.tolist(), strict=True):
        users_of.setdefault(identifier, []).append(party)
    for pair in [*linked, *(pair for users in users_of.values() for pair in combinations(sorted(users), 2))]:
        strength[pair] = strength.get(pair, 0) + 1
    return group_graph(members, strength)


def _digests(snapshot: Snapshot, rows: set[int]) -> dict[int, bytes]:
    """SHA-256 of the id of each row."""
    return {row: hashlib.sha256(snapshot.id_of(row).encode("utf-8", "surrogatepass")).digest() for row in rows}


def _digests_of(candidate: RingCandidate, digests: Mapping[int, bytes]) -> list[bytes]:
    return sorted(digests[row] for row in candidate.members)


def _order(candidate: RingCandidate, digests: Mapping[int, bytes]) -> tuple[Any, ...]:
    """Enough for a ring first, then by kind, significance, size and content."""
    significance = candidate.neg_log10_expected
    by_content = -significance, -len(candidate.members), _digests_of(candidate, digests)
    return significance < MIN_SINGLE, KINDS.index(candidate.kind), *by_content


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)


def _unused_name(name: str, names: set[str]) -> str:
    """The name, or where it is used already the name with the first number appended that is not."""
    number, unused = 2, name
    while unused in names:
        unused, number = f"{name}-{number}", number + 1
    return unused

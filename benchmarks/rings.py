"""Rings found in built-in towns, against two plain peers, and how long a big network takes.

Precision and recall count a found group as right from a Jaccard index of 0.5 with a planted ring on. The peers read the
same snapshots: connected components of who shares a phone, device or account with whom, and the Louvain communities of
that graph (networkx), both of 3 to 40 parties. In economies without fraud every ring is false; the peer there takes
every short cycle of payments for one. `python -m benchmarks.rings`.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import networkx as nx

from benchmarks.economies import ECONOMIES, economy
from benchmarks.snapshots import filled
from graph.csr import edge_index
from graph.rings.candidate import MAX_MEMBERS, MIN_MEMBERS
from graph.rings.find import LEVELS, MIN_JACCARD, find_rings
from graph.rings.network import read_network
from graph.rings.roles import COLLECTOR
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.synthetic.town import TownTruth, write_town

Groups = list[frozenset[str]]

CYCLES = "directed cycles of three or four payments"
COMPONENTS, LOUVAIN = "components of shared identifiers", "Louvain communities of shared identifiers"
ANY_MEMBER = "a member at random"
DENSEST: Final = 0.5  # a community is called a ring where half of its pairs share something


@dataclass(frozen=True)
class Town:
    snapshot: Snapshot
    truth: TownTruth


def town(folder: Path, parties: int, seed: int) -> Town:
    """Write, load and snapshot one built-in town."""
    truth = write_town(folder / "town", parties, seed)
    store = open_store(f"sqlite:///{folder / 'kith.db'}")
    load([folder / "town"], store)
    snapshot = build_snapshot(store, folder / "snapshot")
    store.close()
    return Town(snapshot, truth)


def ours(snapshot: Snapshot) -> Groups:
    return [ring.parties for ring in find_rings(snapshot)]


def components(snapshot: Snapshot) -> Groups:
    return _named(snapshot, nx.connected_components(_sharing(snapshot)))


def louvain(snapshot: Snapshot) -> Groups:
    graph = _sharing(snapshot)
    found = nx.community.louvain_communities(graph, seed=0)
    return _named(snapshot, (group for group in found if nx.density(graph.subgraph(group)) >= DENSEST))


def short_cycles(snapshot: Snapshot) -> Groups:
    """Parties of each directed cycle of three or four payments."""
    payments = snapshot.links("PAYS")
    paid: dict[int, set[int]] = {}
    payers, payees = edge_index(payments.out_indptr, payments.out_target)
    for payer, payee in zip(payers.tolist(), payees.tolist(), strict=True):
        paid.setdefault(payer, set()).add(payee)
    chains: list[tuple[int, ...]] = [(payer,) for payer in paid]
    groups: list[set[int]] = []
    for length in (2, 3, 4):
        chains = [(*c, new) for c in chains for new in paid.get(c[-1], ()) if new > c[0] and new not in c]
        groups += [set(chain) for chain in chains if length > 2 and chain[0] in paid.get(chain[-1], ())]
    return _named(snapshot, groups)


def _sharing(snapshot: Snapshot) -> nx.Graph:
    uses = read_network(snapshot).uses
    users: dict[int, list[int]] = {}
    for party, identifier in zip(uses.party.tolist(), uses.identifier.tolist(), strict=True):
        users.setdefault(identifier, []).append(party)
    graph = nx.Graph()
    for group in users.values():
        graph.add_edges_from(combinations(group, 2))
    return graph


def _named(snapshot: Snapshot, groups: Iterable[set[int]]) -> Groups:
    fit = (group for group in groups if MIN_MEMBERS <= len(group) <= MAX_MEMBERS)
    return [frozenset(snapshot.id_of(row) for row in group) for group in fit]


def accuracy_of(towns: Sequence[Town], finder: Callable[[Snapshot], Groups]) -> dict[str, float]:
    """Precision and recall over all towns together, and the share of innocent groups that were called no ring."""
    found = planted = right = reached = innocent = alone = 0
    for one in towns:
        groups = finder(one.snapshot)
        rings = [frozenset(members) for members in one.truth.rings.values()]
        found, planted = found + len(groups), planted + len(rings)
        right += sum(any(_same(group, ring) for ring in rings) for group in groups)
        reached += sum(any(_same(group, ring) for group in groups) for ring in rings)
        for members in one.truth.decoys.values():
            innocent += 1
            alone += not any(2 * len(group & frozenset(members)) >= len(group) for group in groups)
    return {
        "precision": right / max(found, 1),
        "recall": reached / planted,
        "innocent groups left alone": alone / innocent,
    }


def organisers_told(towns: Sequence[Town]) -> float:
    """The share of planted organisers who are the collector of a ring that is found."""
    told = []
    for one in towns:
        members = [member for ring in find_rings(one.snapshot) for member in ring.members]
        collectors = {member.party for member in members if member.role == COLLECTOR}
        told += [organiser in collectors for organiser in one.truth.organisers.values()]
    return sum(told) / len(told)


def _same(a: frozenset[str], b: frozenset[str]) -> bool:
    return len(a & b) >= MIN_JACCARD * len(a | b)


def row(case: str, value: float, peer: str, peer_value: float, unit: str, ratio: float) -> dict[str, Any]:
    numbers = {"ours": round(value, 4), "peer": peer, "peer_value": round(peer_value, 4)}
    return {"case": case} | numbers | {"unit": unit, "ratio": round(ratio, 2)}


def false_rings(name: str, folder: Path, parties: int = 5_000) -> dict[str, Any]:
    """How many rings of level medium or more are found where there are none."""
    scratch = folder / name
    scratch.mkdir()
    snapshot = economy(name, scratch, parties, 0)
    false = sum(ring.level != LEVELS[0] for ring in find_rings(snapshot))
    theirs = len(set(short_cycles(snapshot)))
    return row(f"false rings, {name} economy of {parties}", false, CYCLES, theirs, "rings", theirs / max(false, 1))


def big(folder: Path, parties: int, relationships: int) -> Snapshot:
    """A random network without plants, from the bench of snapshots; its dates span three years."""
    store, connection = filled(folder, parties, relationships, 0)
    connection.close()
    snapshot = build_snapshot(store, folder / "big")
    store.close()
    return snapshot


def seconds(finder: Callable[[Snapshot], Groups], snapshot: Snapshot) -> float:
    begun = time.perf_counter()
    finder(snapshot)
    return time.perf_counter() - begun


def run(parties: int = 200_000, relationships: int = 2_000_000) -> dict[str, Any]:
    """Measure in a temporary folder; the answer is what `kith bench rings` prints."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        for size, seeds in ((1_500, range(5)), (5_000, range(10))):
            towns = []
            for seed in seeds:
                folder = Path(name) / f"{size}-{seed}"
                folder.mkdir()
                towns.append(town(folder, size, seed))
            measured = accuracy_of(towns, ours)
            for peer, finder in ((COMPONENTS, components), (LOUVAIN, louvain)):
                theirs = accuracy_of(towns, finder)
                rows += [
                    row(f"{case}, {len(towns)} towns of {size}", value, peer, theirs[case], "share",
                        value / max(theirs[case], 1e-3))
                    for case, value in measured.items()
                ]  # fmt: skip
            members = [len(ring) for one in towns for ring in one.truth.rings.values()]
            chance, told = sum(1 / n for n in members) / len(members), organisers_told(towns)
            case = f"organisers told as collectors, {len(towns)} towns of {size}"
            rows.append(row(case, told, ANY_MEMBER, chance, "share", told / chance))
        rows += [false_rings(economy_name, Path(name)) for economy_name in ECONOMIES]
        snapshot = big(Path(name), parties, relationships)
        mine, theirs_ = seconds(ours, snapshot), seconds(components, snapshot)
        rows.append(row(f"{parties} parties, {relationships} links", mine, COMPONENTS, theirs_, "s", theirs_ / mine))
    return {"name": "rings", "rows": rows}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))

"""The role of each member of a small group, from the group as a networkx graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final

import networkx as nx

HUB, BRIDGE, FEEDER, COLLECTOR, MEMBER = "hub", "bridge", "feeder", "collector", "member"
ROLES: Final = (HUB, BRIDGE, FEEDER, COLLECTOR, MEMBER)
HUB_FACTOR: Final = 1.5  # weighted degree of a hub, as a multiple of the median


def group_graph(members: Iterable[int], links: Mapping[tuple[int, int], int]) -> nx.Graph:
    """The undirected graph of the members; the attribute `weight` of an edge is the number in `links` of its pair."""
    graph = nx.Graph()
    graph.add_nodes_from(sorted(members))
    graph.add_weighted_edges_from((a, b, count) for (a, b), count in sorted(links.items()))
    return graph


def payers(money: nx.DiGraph, node: int) -> int:
    """The number of members who pay this one."""
    return int(money.in_degree(node)) if node in money else 0


def payees(money: nx.DiGraph, node: int) -> int:
    """The number of members whom this one pays."""
    return int(money.out_degree(node)) if node in money else 0


def roles(graph: nx.Graph, money: nx.DiGraph) -> dict[int, str]:
    """The role of each member, the first that applies.

    collector   more than half of the other members pay it, and it pays fewer of them than pay it
    bridge      an articulation point: without it the group is not connected
    hub         its weighted degree is at least HUB_FACTOR times the median
    feeder      it pays members of the group and receives nothing from them
    collector   members of the group pay it, few as they may be, and it pays none of them
    member      none of these
    """
    bridges = set(nx.articulation_points(graph))
    weight = dict(graph.degree(weight="weight"))
    middle = median(weight.values())
    result = {}
    for node in graph:
        paid, received = payees(money, node), payers(money, node)
        if 2 * received > len(graph) - 1 and paid < received:
            result[node] = COLLECTOR
        elif node in bridges:
            result[node] = BRIDGE
        elif middle and weight[node] >= HUB_FACTOR * middle:
            result[node] = HUB
        elif paid and not received:
            result[node] = FEEDER
        elif received and not paid:
            result[node] = COLLECTOR
        else:
            result[node] = MEMBER
    return result

"""Directed cycles of three or more parties: the parts of a strongly connected group that hold one, and its times.

In a strongly connected group every cycle lies in one biconnected component. A component of two parties only pays back
and forth, such as a shop that refunds, an employer whose staff buy from it, or a marketplace; one of three or more
always holds a cycle of three or more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from heapq import heappop, heappush

import networkx as nx
import numpy as np

from graph.rings.network import DirectedLinks

Times = dict[int, dict[int, list[float]]]  # source -> target -> times of its links, ascending


def circuit_parts(links: DirectedLinks) -> Iterator[DirectedLinks]:
    """The links of each biconnected component of three or more parties, by the smallest row of the component.

    links: of one strongly connected group.
    """
    undirected = nx.Graph(zip(links.source.tolist(), links.target.tolist(), strict=True))
    components = [sorted(members) for members in nx.biconnected_components(undirected) if len(members) > 2]
    for members in sorted(components):
        rows = np.array(members)
        yield links.select(np.isin(links.source, rows) & np.isin(links.target, rows))


def flows_in_time(links: DirectedLinks) -> bool:
    """Whether a cycle of three or more parties has links whose times never decrease along it.

    A group with an undated link cannot be ruled out.
    """
    if np.isnan(links.time).any():
        return True
    times: Times = defaultdict(lambda: defaultdict(list))
    order = np.argsort(links.time, kind="stable")
    for source, target, time in zip(
        *(x[order].tolist() for x in (links.source, links.target, links.time)), strict=True
    ):
        times[source][target].append(time)
    # What leaves a party later has fewer ways to go on, so the first link of each pair is the one to begin with.
    return any(
        _returns(times, source, target, of_pair[0])
        for source, targets in list(times.items())
        for target, of_pair in list(targets.items())
    )


def _returns(times: Times, source: int, target: int, time: float) -> bool:
    """Whether what arrives at `target` at a time can get back to `source` through a third party (earliest arrival)."""
    arrived, queue = {target: time}, [(time, target)]
    while queue:
        now, party = heappop(queue)
        if now > arrived[party]:
            continue
        for other, of_pair in times.get(party, {}).items():
            at = bisect_left(of_pair, now)
            if at == len(of_pair) or (party == target and other == source):
                continue
            if other == source:
                return True
            if of_pair[at] < arrived.get(other, np.inf):
                arrived[other] = of_pair[at]
                heappush(queue, (of_pair[at], other))
    return False

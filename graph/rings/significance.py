"""How often chance alone would make such a group: the one measure by which all evidence of a ring is compared.

Everything is a *surprise*: minus the decimal logarithm of the number of groups of the same shape that a random network
with as many links, spread at random, would hold. A surprise of 3 is one such group in a thousand networks. The counts
are the usual first moments of subgraphs of sparse random graphs (Bollobas, Random Graphs, chapter 4): a tree of k
parties costs nothing, each link beyond it costs a factor of about branching / size.
"""

from __future__ import annotations

from math import lgamma, log

from scipy.stats import binom


def loop_surprise(parties: int, links: int, branching: float, size: int, looks: int) -> float:
    """Of a strongly connected group of `parties` with `links` directed pairs.

    `branching` is how many onward links an arriving link meets on average, `size` the parties of the network looked
    at, `looks` how many such networks (windows) were looked through. Cycles of length k: branching^k / k; each chord
    on top has k^2 places, each taken with probability branching / size.
    """
    chords = max(links - parties, 0)
    expected = parties * log(max(branching, 1e-9)) - log(parties) + _extra(chords, branching * parties**2 / size)
    return _surprise(expected + log(looks))


def dense_surprise(parties: int, links: int, branching: float, size: int, looks: int) -> float:
    """Of a connected group of `parties` with `links` undirected pairs; see `loop_surprise`."""
    extra = max(links - parties + 1, 0)
    tree = log(size) + (parties - 1) * log(max(branching, 1.0))
    return _surprise(tree + _extra(extra, branching * parties**2 / (2 * size)) + log(looks))


def sharing_surprise(parties: int, things: int, uses: int, density: float, size: int) -> float:
    """Of `parties` using `things` by `uses` distinct links; any party uses any thing with probability `density`."""
    extra = max(uses - parties - things + 1, 0)
    places = parties * things
    ways = lgamma(places + 1) - lgamma(extra + 1) - lgamma(places - extra + 1)
    return _surprise(log(size) + ways + extra * log(density))


def burst_surprise(within: int, links: int, share: float, looks: int) -> float:
    """Of `within` of a group's `links` in one window that holds `share` of all the network's links."""
    return _surprise(float(binom.logsf(within - 1, links, share)) + log(looks))


def _extra(count: int, mean: float) -> float:
    return count * log(max(mean, 1e-9)) - lgamma(count + 1)


def _surprise(log_expected: float) -> float:
    return max(0.0, -log_expected / log(10))

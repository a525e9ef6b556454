"""The significance of a group: how rarely chance alone makes one like it, in the same unit for all evidence.

The significance of a group is

    neg_log10_expected = -log10 E

where E is the expected number of groups of the same shape in a random network with as many links, placed at random (as
in the E-value of a sequence search). A significance of 3 is one such group in a thousand random networks; it is never
below 0. E is the first moment of a subgraph count in a sparse random graph: parties joined by as few links as possible
are common, and each link beyond that multiplies E by about branching / size.

Source: Bollobás, Random Graphs (2nd edition, 2001), chapter 4.
"""

from __future__ import annotations

from math import inf, lgamma, log

from scipy.special import bdtrc  # scipy.stats would cost every serving process 24 MB


def loop_neg_log10_expected(parties: int, links: int, branching: float, size: int, n_windows: int) -> float:
    """Significance of a strongly connected group of k parties with m directed pairs, found in one of several windows.

    E = n_windows * branching^k / k * (branching * k^2 / size)^(m - k) / (m - k)!

    branching is the mean number of outgoing links where an incoming link ends, size the number of parties of a window.

    >>> round(loop_neg_log10_expected(parties=3, links=3, branching=1.0, size=1000, n_windows=1), 3)  # E = 1 / 3
    0.477
    """
    chords = max(links - parties, 0)
    log_loops = parties * log(max(branching, 1e-9)) - log(parties)
    return _neg_log10(log_loops + _log_extra_links(chords, branching * parties**2 / size) + log(n_windows))


def dense_neg_log10_expected(parties: int, links: int, branching: float, size: int, n_windows: int) -> float:
    """Significance of a connected group of k parties with m undirected pairs, found in one of several windows.

    E = n_windows * size * branching^(k - 1) * (branching * k^2 / (2 * size))^x / x!  with x = m - k + 1

    branching is at least 1. The parameters are those of `loop_neg_log10_expected`.

    >>> round(dense_neg_log10_expected(parties=4, links=6, branching=1.0, size=1000, n_windows=1), 3)
    4.069
    """
    extra = max(links - parties + 1, 0)
    log_trees = log(size) + (parties - 1) * log(max(branching, 1.0))
    return _neg_log10(log_trees + _log_extra_links(extra, branching * parties**2 / (2 * size)) + log(n_windows))


def sharing_neg_log10_expected(parties: int, identifiers: int, links: int, density: float, size: int) -> float:
    """Significance of a group of parties that use some identifiers by m distinct links.

    E = size * C(parties * identifiers, x) * density^x  with x = m - parties - identifiers + 1

    density is the probability that a party uses an identifier, size the number of parties that use any.

    >>> round(sharing_neg_log10_expected(parties=3, identifiers=2, links=6, density=0.001, size=1000), 3)  # E = 15e-3
    1.824
    """
    extra = max(links - parties - identifiers + 1, 0)
    places = parties * identifiers
    log_ways = lgamma(places + 1) - lgamma(extra + 1) - lgamma(places - extra + 1)
    return _neg_log10(log(size) + log_ways + extra * log(density))


def chain_neg_log10_expected(parties: int, pairs: int, pairs_of_all: int, branching: float, size: int) -> float:
    """Significance of a connected group of k parties that m pairs join, of which each shares something of its own.

    E = pairs_of_all * branching^(k - 2) * (branching * k^2 / (2 * size))^x / x!  with x = m - k + 1

    branching is the mean number of other pairs in which one end of a pair is, size the number of parties.

    >>> round(chain_neg_log10_expected(parties=5, pairs=4, pairs_of_all=10, branching=0.1, size=1000), 3)  # E = 0.01
    2.0
    """
    extra = max(pairs - parties + 1, 0)
    log_chains = log(pairs_of_all) + (parties - 2) * log(max(branching, 1e-9))
    return _neg_log10(log_chains + _log_extra_links(extra, branching * parties**2 / (2 * size)))


def burst_neg_log10_expected(count: int, links: int, share: float, n_windows: int) -> float:
    """Significance of `count` of a group's links in one window that holds `share` of all links of the network.

    E = n_windows * P(X >= count)  with X ~ Binomial(links, share)

    >>> round(burst_neg_log10_expected(count=4, links=4, share=0.1, n_windows=10), 3)  # E = 10 * 0.1^4
    3.0
    """
    probability = float(bdtrc(count - 1, links, share))
    return _neg_log10(log(probability) + log(n_windows) if probability else -inf)


def _log_extra_links(count: int, mean: float) -> float:
    """log(mean^count / count!)."""
    return count * log(max(mean, 1e-9)) - lgamma(count + 1)


def _neg_log10(log_expected: float) -> float:
    return max(0.0, -log_expected / log(10))

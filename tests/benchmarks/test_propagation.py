"""The propagation bench at a tiny size, and the networks it runs on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from benchmarks.propagation import TURNS, run
from benchmarks.rmat import SHARES, rmat


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """The bench takes two for torch; the tests after it in this process go on with theirs."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_every_width_is_measured_beside_every_peer() -> None:
    result = run(scale=8, links=2000)
    assert (result["name"], result["parties"], result["links"]) == ("propagation", 256, 2000)
    time = [(row["case"], row["peer"]) for row in result["rows"] if row["unit"] == "ms"]
    peers = ("torch.sparse CSR", "torch-geometric scatter", "memory bound")
    assert time == [(f"width {width}", peer) for width in TURNS for peer in peers]
    assert all(row["ours"] > 0 and row["peer_value"] > 0 for row in result["rows"])


def test_rmat_is_seeded_and_within_its_parties() -> None:
    first, again, other = rmat(10, 5000, 1), rmat(10, 5000, 1), rmat(10, 5000, 2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    for ends in first:
        assert (ends.dtype, len(ends)) == (np.int32, 5000)
        assert ends.min() >= 0 and ends.max() < 1024


def test_rmat_fills_the_quadrants_by_their_shares() -> None:
    # with one bit a link is one draw of a quadrant; the numbers are shuffled, so both ends may be swapped
    source, target = rmat(1, 100_000, 0)
    shares = np.bincount(2 * source + target, minlength=4) / 100_000
    expected = np.array([*SHARES, 1 - sum(SHARES)])
    assert min(np.abs(shares - expected).max(), np.abs(shares[::-1] - expected).max()) < 0.01


def test_rmat_has_hubs() -> None:
    _, target = rmat(12, 80_000, 0)
    received = np.bincount(target, minlength=1 << 12)
    assert received.max() > 20 * received.mean()

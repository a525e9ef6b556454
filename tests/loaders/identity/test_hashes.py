"""How often a row was seen is exact, however many there are and wherever their hashes are kept."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from loaders.identity import hashes, spilled_runs
from loaders.identity.hashes import Occurrences


@pytest.mark.parametrize("spilled", [1 << 17, 50])
def test_rows_are_numbered_among_equal_ones_over_all_calls(monkeypatch: pytest.MonkeyPatch, spilled: int) -> None:
    monkeypatch.setattr(hashes, "SPILLED", spilled)
    monkeypatch.setattr(spilled_runs, "BLOCK", 7)
    random = np.random.default_rng(1)
    occurrences, seen = Occurrences(), Counter[int]()
    assert occurrences.is_empty
    for _ in range(60):
        rows = (
            random.integers(0, 2**64, 40, np.uint64) if random.random() < 0.3 else random.integers(0, 90, 40, np.uint64)
        )
        expected = []
        for row in rows.tolist():
            seen[row] += 1
            expected.append(seen[row])
        assert occurrences.number(rows).tolist() == expected
    asked = np.array([*seen, 2**63 + 1], np.uint64)
    assert occurrences.times(asked).tolist() == [seen[row] for row in asked.tolist()]
    assert not occurrences.is_empty

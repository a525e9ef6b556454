"""An array with rows replaced reads like a copy in which they were."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gnn.propagation.patched_rows import PatchedRows

ROWS = st.lists(st.integers(0, 12), max_size=6)


@given(first=ROWS, then=ROWS, asked=st.lists(st.integers(0, 9), max_size=20))
def test_rows_read_as_in_a_copy_that_was_written_to(first: list[int], then: list[int], asked: list[int]) -> None:
    """Of 10 rows; rows from 10 on are new."""
    base = np.arange(20.0).reshape(10, 2)
    copy, patched = np.concatenate([base, np.full((3, 2), -1.0)]), PatchedRows.of(base)
    for number, some in enumerate((first, then)):
        rows = np.array(sorted(set(some)), np.int64)
        values = np.stack([100.0 * (number + 1) + rows, rows], axis=1)
        copy[rows], patched = values, patched.with_rows(rows, values)
    wanted = np.array([*asked, *sorted(set(first) | set(then))], np.int64)
    np.testing.assert_array_equal(patched.take(wanted), copy[wanted])
    np.testing.assert_array_equal(base, np.arange(20.0).reshape(10, 2))

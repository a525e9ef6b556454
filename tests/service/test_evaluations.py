"""What `kith evaluate` finds in files: leaks by the order of rows, which a store does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gnn.outcomes import outcomes_as_labels
from graph.snapshot_build import build_snapshot
from graph.store import open_store
from loaders.ingest import load
from service.evaluations import Asked, leaks_of
from tests.loaders.files import write

PARTIES = 200
BAD = np.random.default_rng(0).random(PARTIES) < 0.3
BY_CHANCE = np.random.default_rng(1).permutation(PARTIES)
BY_OUTCOME = np.argsort(BAD, kind="stable")
ROWS = {"The order of parties in the file", "The order of outcomes in the file"}
IDS = {"The order of ids", "The number in an id"}


def written(folder: Path, ids: Sequence[str], order: Sequence[int]) -> Path:
    """Parties with nothing but an id, and their outcomes, in this order of rows."""
    return write(
        folder,
        parties="id\n" + "".join(f"{ids[i]}\n" for i in order),
        outcomes="id,outcome\n" + "".join(f"{ids[i]},{int(BAD[i])}\n" for i in order),
    )


def leaks(folder: Path, scratch: Path) -> set[str]:
    store = open_store(f"sqlite:///{scratch}/kith.db")
    load([folder], store, rejects_dir=scratch / "rejects")
    snapshot = build_snapshot(store, scratch / "snapshot")
    store.close()
    found = leaks_of(Asked([folder]), snapshot, outcomes_as_labels(snapshot))
    return {leak.words.removeprefix("Leak? ").split(" alone tells")[0] for leak in found}


@pytest.mark.parametrize(
    ("number", "order", "told"),
    [
        pytest.param(BY_CHANCE, np.argsort(BY_CHANCE), set(), id="rows are sorted by id, and it is chance"),
        pytest.param(BY_CHANCE, BY_OUTCOME, ROWS, id="rows are sorted by outcome"),
        pytest.param(np.argsort(BY_OUTCOME), BY_CHANCE, IDS, id="ids were given out by outcome"),
    ],
)
def test_an_order_that_tells_the_outcome_is_named_and_no_other(
    number: np.ndarray, order: np.ndarray, told: set[str], tmp_path: Path
) -> None:
    ids = [f"k{n:03}" for n in number]
    assert leaks(written(tmp_path / "f", ids, order.tolist()), tmp_path) == told

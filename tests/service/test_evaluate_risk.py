"""What `kith evaluate` makes of files: leaks by the order of rows, and a protected column that nothing reads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from service.evaluation.risk import EvaluationRequest, leaks_of, read_files
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


def read(asked: EvaluationRequest, scratch: Path) -> Snapshot:
    with closing(open_store(f"sqlite:///{scratch}/kith.db")) as store:
        return read_files(asked, store, scratch)[1]


def leaks(folder: Path, scratch: Path) -> set[str]:
    asked = EvaluationRequest([folder])
    snapshot = read(asked, scratch)
    found = leaks_of(asked, snapshot, outcomes_as_labels(snapshot))
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


@pytest.mark.parametrize(("asked", "read_by_features"), [(None, True), ("Post Code", False), ("Post Code<=3", False)])
def test_no_feature_reads_the_column_by_which_groups_are_compared(
    asked: str | None, read_by_features: bool, tmp_path: Path
) -> None:
    folder = write(tmp_path / "f", parties="id,Post Code,income\na,1,5\nb,9,6\n")
    snapshot = read(EvaluationRequest([folder], protected=asked), tmp_path)
    assert ("Post Code" in snapshot.protected) is not read_by_features
    assert ("Post Code" in str(fit_spec(snapshot).blocks)) is read_by_features
    assert "income" in str(fit_spec(snapshot).blocks)

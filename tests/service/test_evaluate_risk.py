"""What `kith evaluate` makes of files: leakage by the order of rows, and a protected column that no feature reads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from gnn.evaluation.leakage import Source
from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from service.evaluation.risk import EvaluationRequest, leakage, network_of
from tests.loaders.files import write

PARTIES = 200
BAD = np.random.default_rng(0).random(PARTIES) < 0.3
BY_CHANCE = np.random.default_rng(1).permutation(PARTIES)
BY_OUTCOME = np.argsort(BAD, kind="stable")
ROWS = {Source("row_order", "parties"), Source("row_order", "outcomes")}
IDS = {Source("id_order"), Source("id_number")}


def written(folder: Path, ids: Sequence[str], order: Sequence[int]) -> Path:
    """Parties with nothing but an id, and their outcomes, in this order of rows."""
    return write(
        folder,
        parties="id\n" + "".join(f"{ids[i]}\n" for i in order),
        outcomes="id,outcome\n" + "".join(f"{ids[i]},{int(BAD[i])}\n" for i in order),
    )


def read(request: EvaluationRequest, scratch: Path) -> Snapshot:
    with closing(open_store(f"sqlite:///{scratch}/kith.db")) as store:
        return network_of(request, store, scratch).snapshot


def leaks(folder: Path, scratch: Path) -> set[Source]:
    request = EvaluationRequest([folder])
    snapshot = read(request, scratch)
    return {leak.source for leak in leakage(request, snapshot, outcomes_as_labels(snapshot))}


@pytest.mark.parametrize(
    ("number", "order", "sources"),
    [
        pytest.param(BY_CHANCE, np.argsort(BY_CHANCE), set(), id="rows are sorted by id, and it is chance"),
        pytest.param(BY_CHANCE, BY_OUTCOME, ROWS, id="rows are sorted by outcome"),
        pytest.param(np.argsort(BY_OUTCOME), BY_CHANCE, IDS, id="ids were given out by outcome"),
    ],
)
def test_an_order_that_predicts_the_outcome_is_a_leak_and_no_other(
    number: np.ndarray, order: np.ndarray, sources: set[Source], tmp_path: Path
) -> None:
    ids = [f"k{n:03}" for n in number]
    assert leaks(written(tmp_path / "f", ids, order.tolist()), tmp_path) == sources


@pytest.mark.parametrize(
    ("grouping", "read_by_features"), [(None, True), ("Post Code", False), ("Post Code<=3", False)]
)
def test_no_feature_reads_the_column_by_which_groups_are_compared(
    grouping: str | None, read_by_features: bool, tmp_path: Path
) -> None:
    folder = write(tmp_path / "f", parties="id,Post Code,income\na,1,5\nb,9,6\n")
    snapshot = read(EvaluationRequest([folder], protected=grouping), tmp_path)
    assert ("Post Code" in snapshot.protected) is not read_by_features
    assert ("Post Code" in str(fit_spec(snapshot).blocks)) is read_by_features
    assert "income" in str(fit_spec(snapshot).blocks)

"""A model that reads what a snapshot does not allow is refused, whatever is asked of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.allowed import refuse_unfit
from gnn.feature_spec import fit_spec
from gnn.judged import judge
from gnn.outcomes import outcomes_as_labels
from gnn.scorer import Scorer
from gnn.splits import stratified
from graph.errors import ModelError
from graph.schema import Party, Relationship
from graph.snapshot import Snapshot
from graph.snapshot_build import build_snapshot
from tests.gnn.networks import Facts, Trained

FOUR = Facts(
    [Party(id, "Person", None, {"income": float(i), "trade": "baker"}) for i, id in enumerate("abcd")],
    [Relationship("a", "b", "PAYS", "1"), Relationship("c", "d", "FRIEND_OF", "1")],
)


def protecting(facts: Facts, columns: list[str], folder: Path) -> Snapshot:
    """The same facts in a store that a mapping has told to protect these columns."""
    store = facts.store()
    store.add_protected(columns)
    return build_snapshot(store, folder)


def test_a_model_that_reads_a_column_protected_since_is_refused(tmp_path: Path) -> None:
    spec = fit_spec(FOUR.snapshot(tmp_path / "then"))
    with pytest.raises(ModelError, match=r"it reads income, trade, which the snapshot protects; .*`kith train`$"):
        refuse_unfit(spec, protecting(FOUR, ["income", "trade"], tmp_path / "both"))
    refuse_unfit(spec, protecting(FOUR, ["shoe"], tmp_path / "other"))  # no column of the model's


def test_a_model_that_never_read_the_protected_column_serves(tmp_path: Path) -> None:
    now = protecting(FOUR, ["income"], tmp_path / "now")
    spec = fit_spec(now)
    assert [column.name for column in spec.columns] == ["trade=baker"]
    refuse_unfit(spec, now)
    refuse_unfit(spec, FOUR.snapshot(tmp_path / "free"))


def test_neither_scoring_nor_judging_goes_past_it(trained: Trained, tmp_path: Path) -> None:
    incomes = [replace(p, attributes={**p.attributes, "income": 1.0}) for p in trained.facts.parties]
    now = protecting(replace(trained.facts, parties=incomes), ["income"], tmp_path / "now")
    with pytest.raises(ModelError, match="income"):
        Scorer(trained.model, now)
    y = np.asarray(outcomes_as_labels(now))
    with pytest.raises(ModelError, match="income"):
        judge(trained.learnt, now, y, stratified(y, 0), None)

"""A model that reads what a snapshot does not allow is refused, whatever is asked of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gnn.evaluation.predictions import predict
from gnn.features.compatibility import refuse_unfit
from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from gnn.scoring.scorer import Scorer
from gnn.training.splits import stratified
from graph.errors import ModelError
from graph.schema import Party, Relationship, RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
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


OWN_KIND = Facts(FOUR.parties, [Relationship("a", "b", "XPAYS", "1"), *FOUR.relationships])


def with_kind(category: str, symmetric: bool, folder: Path, facts: Facts = OWN_KIND) -> Snapshot:
    """The same facts in a store in which XPAYS is of this category."""
    store = facts.store()
    store.define_kinds([RelationshipKind("XPAYS", category, symmetric)])
    return build_snapshot(store, folder)


@pytest.mark.parametrize(
    ("category", "symmetric", "said"),
    [
        ("social", False, "it knows XPAYS as money, directed, here it is social, directed"),
        ("work", True, "it knows XPAYS as money, directed, here it is work, the same both ways"),
        ("money", True, "it knows XPAYS as money, directed, here it is money, the same both ways"),
    ],
)
def test_a_model_that_knows_a_kind_as_something_else_is_refused(
    category: str, symmetric: bool, said: str, tmp_path: Path
) -> None:
    spec = fit_spec(with_kind("money", False, tmp_path / "then"))
    with pytest.raises(ModelError, match=f"{said}; train again with `kith train`$"):
        refuse_unfit(spec, with_kind(category, symmetric, tmp_path / "now"))


def test_a_kind_that_is_new_or_gone_is_no_hindrance(tmp_path: Path) -> None:
    known, unknown = with_kind("social", False, tmp_path / "1"), FOUR.snapshot(tmp_path / "2")
    refuse_unfit(fit_spec(known), unknown)
    refuse_unfit(fit_spec(unknown), known)


def test_a_category_that_the_model_never_saw_moves_no_score(hamlet: Trained, tmp_path: Path) -> None:
    people = [party.id for party in hamlet.facts.parties if party.kind == "Person"]
    more = [Relationship(a, b, "EMPLOYED_BY", "1") for a, b in pairwise(people)]
    now = replace(hamlet.facts, relationships=[*hamlet.facts.relationships, *more]).snapshot(tmp_path / "now")
    rows = np.arange(now.n_parties)
    assert "work" in now.categories
    assert (Scorer.of(hamlet.model, now).probability(rows) == hamlet.scorer.probability(rows)).all()


def test_scoring_a_network_with_a_kind_of_another_category_is_refused(hamlet: Trained, tmp_path: Path) -> None:
    store = hamlet.facts.store()
    store.define_kinds([RelationshipKind("PAYS", "social")])
    with pytest.raises(ModelError, match="PAYS as money"):
        Scorer.of(hamlet.model, build_snapshot(store, tmp_path / "now"))


def test_neither_scoring_nor_judging_goes_past_it(hamlet: Trained, tmp_path: Path) -> None:
    incomes = [replace(p, attributes={**p.attributes, "income": 1.0}) for p in hamlet.facts.parties]
    now = protecting(replace(hamlet.facts, parties=incomes), ["income"], tmp_path / "now")
    with pytest.raises(ModelError, match="income"):
        Scorer.of(hamlet.model, now)
    y = np.asarray(outcomes_as_labels(now))
    with pytest.raises(ModelError, match="income"):
        predict(hamlet.learnt, now, y, stratified(y, 0), None)

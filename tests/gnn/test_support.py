"""Where the outcomes lie that a model was trained on: what is found of their selection, and who is unlike them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from gnn.arrays import F32, I64
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.selection_findings import selection_findings
from gnn.features.columns.record import Column
from gnn.features.featurizer import compute
from gnn.features.label_features import LabelVector
from gnn.features.network_state import network_state
from gnn.features.spec import FeatureSpec, fit_spec, with_bases
from gnn.features.targets import outcomes_as_labels
from gnn.models.support import TrainingSupport
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from gnn.training.fit_support import fit_support
from gnn.training.train import others_of
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts, Trained

CUSTOMERS = 400
ALL = frozenset({"money"})


@dataclass(frozen=True)
class Shop:
    """A network with what a model would keep of its outcomes."""

    snapshot: Snapshot
    spec: FeatureSpec
    values: F32
    known: I64
    support: TrainingSupport

    @staticmethod
    def of(facts: Facts, folder: Path) -> Shop:
        snapshot = facts.snapshot(folder / "s")
        y, spec = outcomes_as_labels(snapshot), fit_spec(snapshot)
        values, known = compute(spec, snapshot, LabelVector.all(y)), np.flatnonzero(~np.isnan(y))
        others = others_of(spec, network_state(spec, snapshot), known)
        return Shop(snapshot, spec, values, known, fit_support(spec, values[known], y[known], others))

    def warnings(self, ids: Sequence[str], categories: frozenset[str] = ALL) -> list[tuple[str, ...]]:
        return self.support.codes(self.values[self.snapshot.rows_of(ids)], categories)


def customers(income: float = 0.0) -> list[Party]:
    """Four hundred people with an income about 2,000."""
    random = np.random.default_rng(0)
    return [
        Party(f"c{i:03}", "Person", attributes={"income": float(np.round(2_000 + 300 * random.normal(), 2))})
        for i in range(CUSTOMERS)
    ]


def loans(whom: range) -> list[Relationship]:
    return [Relationship("bank", f"c{i:03}", "LENDS_TO", "1") for i in whom]


def payments(whom: range) -> list[Relationship]:
    """Every customer pays the next, so that all have something to tell."""
    return [Relationship(f"c{i:03}", f"c{(i + 1) % CUSTOMERS:03}", "PAYS", "1") for i in whom]


def outcomes(name: str, whom: range) -> list[Outcome]:
    return [Outcome(f"c{i:03}", name, "1") for i in whom]


EVERYBODY = range(CUSTOMERS)
BANK = Party("bank", "Company")


def codes(shop: Shop, good: int, bad: int) -> list[Code]:
    return [finding.code for finding in selection_findings(shop.support, good, bad)]


def test_good_outcomes_that_exist_only_where_a_loan_exists_are_found(tmp_path: Path) -> None:
    """A hundred and fifty loans were repaid, thirty were not; twenty frauds had none, as 120 customers have none."""
    known = [*outcomes("good", range(150)), *outcomes("default", range(150, 180)), *outcomes("fraud", range(180, 201))]
    facts = Facts([*customers(), BANK], [*loans(range(180)), *payments(EVERYBODY)], known)
    shop = Shop.of(facts, tmp_path)
    kinds, one_sided = selection_findings(shop.support, 150, 51)
    assert kinds == Finding(Code.OUTCOMES_OF_SOME_KINDS, {"kinds": ["Person"], "without": {"Company": 1}})
    assert one_sided.code == Code.OUTCOMES_ONE_SIDED
    (stratum,) = one_sided.figures["strata"]
    assert stratum == {
        "what": "links", "name": "LENDS_TO", "side": "in", "present": False, "good": 0, "bad": 21, "others": 199,
    }  # fmt: skip
    without, with_loan = shop.warnings(["c300", "c010"])
    assert (without, with_loan) == (("ONE_SIDED_OUTCOMES",), ())
    assert shop.warnings(["bank"]) == [("KIND_WITHOUT_OUTCOMES", "ATTRIBUTES_MISSING")]
    assert shop.warnings(["c300"], frozenset()) == [()], "what may not count is no ground for a warning"


def test_outcomes_that_exist_only_where_something_is_present_are_found(tmp_path: Path) -> None:
    known = [*outcomes("good", range(150)), *outcomes("default", range(150, 200))]
    shop = Shop.of(Facts([*customers(), BANK], [*loans(range(200)), *payments(EVERYBODY)], known), tmp_path)
    assert codes(shop, 150, 50) == [Code.OUTCOMES_OF_SOME_KINDS, Code.OUTCOMES_ELSEWHERE]
    assert shop.warnings(["c300", "c010"]) == [("UNLIKE_TRAINING",), ()]


def test_outcomes_of_some_customers_drawn_by_chance_are_not_selected(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    known = [Outcome(f"c{i:03}", ["good", "default"][int(random.random() < 0.3)], "1") for i in EVERYBODY if i % 3]
    facts = Facts(customers(), [*payments(EVERYBODY), *payments(range(0, CUSTOMERS, 7))], known)
    assert codes(Shop.of(facts, tmp_path), 187, 79) == []


@pytest.mark.parametrize(("good", "bad", "drawn"), [(500, 500, True), (700, 300, True), (713, 287, False)])
def test_a_sample_that_is_balanced_or_round_looks_drawn(good: int, bad: int, drawn: bool) -> None:
    support = TrainingSupport({}, (), (), {})
    found = [finding.code for finding in selection_findings(support, good, bad)]
    assert found == ([Code.OUTCOMES_DRAWN] if drawn else [])
    assert not selection_findings(support, good, bad, population_rate=0.1), "the population is known"


def test_a_party_far_from_the_training_parties_is_unlike_them(tmp_path: Path) -> None:
    odd = [
        Party("rich", "Person", attributes={"income": 90_000.0}),
        Party("plain", "Person", attributes={"income": 2_000.0}),
        Party("nobody", "Person"),
    ]
    links = [*payments(EVERYBODY), *(Relationship(party.id, "c000", "PAYS", "1") for party in odd)]
    known = [*outcomes("good", range(0, 300)), *outcomes("default", range(300, 390))]
    shop = Shop.of(Facts([*customers(), *odd], links, known), tmp_path)
    assert shop.warnings(["rich", "plain", "nobody"]) == [("UNLIKE_TRAINING",), (), ("ATTRIBUTES_MISSING",)]
    assert TrainingSupport.from_json(json.loads(json.dumps(shop.support.to_json()))) == shop.support


def test_about_one_in_a_hundred_of_alike_parties_is_called_far() -> None:
    """Two kinds of parties lie in different places; what is not seen of them lies as what is seen."""
    random = np.random.default_rng(2)
    columns = tuple(Column(f"a{i}") for i in range(6))
    spec = with_bases(FeatureSpec(columns, ("Person", "Company"), {}))
    n = 8_000
    company = np.arange(n) % 4 == 0
    record = random.standard_t(4, (n, 6)) + 3 * company[:, None]
    record[random.random((n, 6)) < 0.1] = np.nan
    values = np.concatenate([record, ~company[:, None], company[:, None], np.ones((n, 1))], axis=1).astype(np.float32)
    seen = np.arange(n // 2)
    support = fit_support(spec, values[seen], (seen % 5 == 0).astype(np.float32), [values[n // 2 :]])
    for kind in (company, ~company):
        rows = np.flatnonzero(kind[n // 2 :]) + n // 2
        rate = np.mean(["UNLIKE_TRAINING" in one for one in support.codes(values[rows], frozenset())])
        assert 0.005 <= rate <= 0.02
    swapped = values[~company][: n // 4].copy()
    swapped[:, :6] += 6
    assert np.mean(["UNLIKE_TRAINING" in one for one in support.codes(swapped, frozenset())]) > 0.5


def test_an_answer_warns_and_a_barred_category_says_nothing(trained: Trained, tmp_path: Path) -> None:
    stranger = Party("stranger", "Company", attributes={"income": 2_000.0, "trade": "baker", "age": 40.0})
    facts = Facts([*trained.facts.parties, stranger], trained.facts.relationships, trained.facts.outcomes)
    snapshot = facts.snapshot(tmp_path / "s")
    (answer,) = Scorer.of(trained.model, snapshot).assess_rows(snapshot.rows_of(["stranger"]), Terms(frozenset()))
    assert answer.warnings == ("kind_without_outcomes",)


def test_support_does_not_depend_on_the_order_of_parties(tmp_path: Path) -> None:
    known = [*outcomes("good", range(150)), *outcomes("default", range(150, 200))]
    facts = Facts([*customers(), BANK], [*loans(range(200)), *payments(EVERYBODY)], known)
    shop = Shop.of(facts, tmp_path)
    mixed = np.random.default_rng(0).permutation(len(shop.known))
    known, y = shop.known[mixed], outcomes_as_labels(shop.snapshot)
    again = fit_support(
        shop.spec, shop.values[known], y[known], others_of(shop.spec, network_state(shop.spec, shop.snapshot), known)
    )
    assert again == shop.support

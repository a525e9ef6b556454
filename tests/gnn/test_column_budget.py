"""Statistics over neighbours are columns where they tell parties apart; beyond a budget the finest are left out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from gnn.features.columns.neighbour import MOST_COLUMNS
from gnn.features.columns.record import MOST_RECORD_COLUMNS, fit_columns
from gnn.features.featurizer import compute
from gnn.features.label_features import LabelVector
from gnn.features.spec import FeatureSpec, fit_spec
from graph.schema import Party, Relationship
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

KINDS = ("CALLS", "KNOWS", "PAYS", "LENDS_TO", "GUARANTEES", "WORKED_WITH", "FOLLOWS", "OWNS")


def people(n: int, attributes: int) -> list[Party]:
    random = np.random.default_rng(0)
    values = random.normal(size=(n, attributes)).round(3)
    return [
        Party(f"p{i:03}", "Person", attributes={f"a{j:02}": float(values[i, j]) for j in range(attributes)})
        for i in range(n)
    ]


def many_links(parties: list[Party]) -> list[Relationship]:
    """Eight kinds of links; the fewer of a kind, the later it stands in KINDS."""
    random = np.random.default_rng(1)
    ends = [random.integers(0, len(parties), (300 - 30 * k, 2)).tolist() for k in range(len(KINDS))]
    pairs = {(parties[a].id, parties[b].id, kind) for kind, of in zip(KINDS, ends, strict=True) for a, b in of}
    return [Relationship(a, b, kind, "1") for a, b, kind in sorted(pairs)]


def names(spec: FeatureSpec) -> list[str]:
    return [name for block in spec.blocks for name in block.columns]


def families(spec: FeatureSpec) -> Mapping[str, set[str]]:
    return {block: {family for family, read in of.items() if read} for block, of in spec.read.items()}


def test_what_all_ends_of_a_category_have_alike_is_no_column_of_it(tmp_path: Path) -> None:
    """Only people phone each other, all of one town; whom they pay are people and shops, in two towns."""
    town = {"town": "Kiel", "income": 1.0}
    others = [Party(id, "Person", attributes={**town, "income": i + 2.0}) for i, id in enumerate("bcd")]
    shops = [Party(id, "Merchant", attributes={"town": "Bonn"}) for id in ("shop", "kiosk")]
    calls = [Relationship(a, b, "CALLS", "1") for a, b in ("ab", "bc", "cd")]
    pays = [Relationship(a, b, "PAYS", "1") for a, b in (("a", "shop"), ("b", "kiosk"), ("a", "d"))]
    spec = fit_spec(Facts([Party("a", "Person", attributes=town), *others, *shops], [*calls, *pays]).snapshot(tmp_path))
    found = names(spec)
    assert "contact.mean.income" in found
    assert not [name for name in found if name.startswith("contact.") and ("kind=" in name or "town=" in name)]
    assert {"money.mean.kind=Person", "money.mean.kind=Merchant", "money.mean.town=Kiel"} <= set(found)
    assert "money.mean.kind=Phone" not in found, "no phone pays or is paid"


def test_a_small_feature_list_keeps_every_statistic(tmp_path: Path) -> None:
    parties = people(40, 2)
    spec = fit_spec(Facts(parties, [r for r in many_links(parties) if r.kind in ("CALLS", "PAYS")]).snapshot(tmp_path))
    every = {"mean", "two_hop_mean", "diff_to_two_hop_mean", "percentile_rank", "quantile"}
    assert families(spec) == {
        "contact": every, "money": every, "contact>money": {"path_mean"}, "money>contact": {"path_mean"},
    }  # fmt: skip


def test_fifty_seven_attributes_and_eight_kinds_make_as_many_columns_as_a_model_may_read(tmp_path: Path) -> None:
    parties = people(60, 57)
    snapshot = Facts(parties, many_links(parties)).snapshot(tmp_path)
    assert len(snapshot.categories) == 6
    whole, spec = fit_spec(snapshot, most_columns=10**6), fit_spec(snapshot)
    assert whole.width > 2_000
    assert spec.width <= MOST_COLUMNS < spec.width + 3
    assert set(names(spec)) < set(names(whole))
    left_out = set(names(whole)) - set(names(spec))
    assert not [name for name in left_out if "bad_" in name], "known outcomes around a party are never left out"
    assert not left_out & {*spec.blocks[0].columns, *(f"{category}.degree" for category in spec.categories)}
    assert not [name for name in left_out if name.endswith(".links")]
    values, labels = compute(spec, snapshot, LabelVector.all(np.zeros(60, np.float32))), names(spec)
    full = compute(whole, snapshot, LabelVector.all(np.zeros(60, np.float32)))
    place = {name: i for i, name in enumerate(names(whole))}
    assert np.array_equal(values, full[:, [place[name] for name in labels]], equal_nan=True)


def test_the_statistics_that_tell_the_fewest_parties_apart_go_first(tmp_path: Path) -> None:
    """Everybody phones; two pay each other. With one column too many, it is one about payments that goes."""
    parties = people(30, 3)
    calls = [Relationship(a.id, b.id, "CALLS", "1") for a, b in pairwise(parties)]
    snapshot = Facts(parties, [*calls, Relationship("p000", "p001", "PAYS", "1")]).snapshot(tmp_path)
    whole = fit_spec(snapshot, most_columns=10**6)
    for fewer in (1, 3):
        left_out = set(names(whole)) - set(names(fit_spec(snapshot, most_columns=whole.width - fewer)))
        assert len(left_out) >= fewer
        assert all(name.startswith(("contact>money", "money>contact")) for name in left_out)
    first = set(names(whole)) - set(names(fit_spec(snapshot, most_columns=whole.width - 1)))
    assert all(name.startswith("contact>money") for name in first), "its second hop reaches two parties alone"


def test_neither_outcomes_nor_names_nor_order_decide(tmp_path: Path) -> None:
    parties = people(60, 57)
    facts = Facts(parties, many_links(parties))

    def list_of(facts: Facts, folder: str) -> dict[str, tuple[str, ...]]:
        return {block.name: block.columns for block in fit_spec(facts.snapshot(tmp_path / folder)).blocks}

    other = {party.id: f"q{hash_of(party.id)}" for party in parties}
    renamed = Facts(
        [Party(other[p.id], p.kind, attributes=p.attributes) for p in reversed(parties)],
        [Relationship(other[r.source], other[r.target], r.kind, "1") for r in reversed(facts.relationships)],
    )
    assert list_of(renamed, "renamed") == list_of(facts, "as it is")


def hash_of(id: str) -> str:
    return f"{(int(id[1:]) * 37 + 11) % 61:02}"


def test_words_give_way_where_attributes_are_many(tmp_path: Path) -> None:
    words = [f"w{i:02}" for i in range(12)]
    parties = [
        Party(f"p{i:03}", "Person", attributes={f"t{j:02}": words[(i + j) % 12] for j in range(60)}) for i in range(60)
    ]
    columns = fit_columns(Facts(parties).snapshot(tmp_path))
    assert len(columns) == 60 * 4 <= MOST_RECORD_COLUMNS
    assert {sum(one.attribute == f"t{j:02}" for one in columns) for j in range(60)} == {4}


def test_a_column_of_the_model_that_a_network_lacks_is_missing_there(tmp_path: Path) -> None:
    parties = people(30, 2)
    both = Facts(parties, [r for r in many_links(parties) if r.kind in ("CALLS", "PAYS")])
    spec = fit_spec(both.snapshot(tmp_path / "both"))
    calls_only: Snapshot = Facts(parties, [r for r in both.relationships if r.kind == "CALLS"]).snapshot(tmp_path / "c")
    values = compute(spec, calls_only, LabelVector.all(np.full(30, np.nan, np.float32)))
    assert np.isnan(values[:, spec.slice("money")]).all()
    assert not np.isnan(values[:, spec.slice("contact")]).all()

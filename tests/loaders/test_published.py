"""Published files load as they are; every figure is counted again with the csv module or pyarrow alone."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.column_names import is_protected
from graph.schema import RELATIONSHIP_KINDS
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from loaders.mapping_file import built_in_mappings, read_mapping
from loaders.reading.splits import read_splits
from tests.conftest import data_folder

pytestmark = pytest.mark.data


@pytest.fixture
def store(tmp_path: Path) -> GraphStore:
    return open_store(f"sqlite:///{tmp_path}/kith.db")


def loaded(folder: Path, store: GraphStore, mapping: str | None = None) -> LoadResult:
    result = load([folder], store, mapping)
    assert result.rejected == 0
    assert result.unchanged == 0
    return result


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def links(store: GraphStore) -> list[dict[str, object]]:
    return pa.Table.from_batches(store.read_relationships()).to_pylist()


def outcomes(store: GraphStore) -> dict[str, str]:
    rows = pa.Table.from_batches(store.read_outcomes()).to_pylist()
    assert len({row["party"] for row in rows}) == len(rows)
    return {row["party"]: row["outcome"] for row in rows}


def test_three_mappings_are_built_in() -> None:
    assert built_in_mappings() == ["bitcoin-otc", "copenhagen-contacts", "german-credit"]
    assert [read_mapping(name).name for name in built_in_mappings()] == built_in_mappings()


@pytest.mark.slow
def test_bitcoin_ratings_are_signed_tenths_with_their_times(store: GraphStore) -> None:
    folder = data_folder("bitcoin_otc")
    ratings = rows(folder / "soc-sign-bitcoinotc.csv")
    people = {row[0] for row in ratings} | {row[1] for row in ratings}
    result = loaded(folder / "soc-sign-bitcoinotc.csv", store, "bitcoin-otc")
    assert result.source == "bitcoin-otc"
    assert result.loaded == {"parties": 0, "relationships": len(ratings), "outcomes": 0}
    assert (result.read, result.implied) == (len(ratings), len(people))
    assert (len(ratings), len(people)) == (35_592, 5_881)
    expected = Counter((a, b, "RATES", int(r) / 10, float(t)) for a, b, r, t in ratings)
    assert Counter((x["source"], x["target"], x["kind"], x["weight"], x["first"]) for x in links(store)) == expected


@pytest.mark.slow
def test_bitcoin_labels_load_beside_earlier_ratings(store: GraphStore) -> None:
    folder = data_folder("bitcoin_otc")
    loaded(folder / "soc-sign-bitcoinotc.csv", store, "bitcoin-otc")
    result = load([folder], store, "bitcoin-otc")
    assert result.loaded == {"parties": 0, "relationships": 0, "outcomes": 316}
    assert (result.implied, result.unchanged) == (0, 35_592)
    truth = {person: "good" if sign == "+1" else "fraud" for person, sign in rows(folder / "otc_gt.csv")}
    assert outcomes(store) == truth
    assert Counter(truth.values()) == {"good": 136, "fraud": 180}


@pytest.mark.slow
def test_every_copenhagen_contact_loads(store: GraphStore) -> None:
    folder = data_folder("copenhagen_contacts")
    calls, texts, friends = (rows(folder / name)[1:] for name in ("calls.csv", "sms.csv", "fb_friends.csv"))
    identical = sum(n - 1 for n in Counter(map(tuple, calls + texts)).values())
    assert identical > 0  # identical rows: the study holds some, and none is lost
    result = loaded(folder, store, "copenhagen-contacts")
    students = {row[i] for row in calls + texts for i in (1, 2)} | {end for row in friends for end in row}
    assert (result.read, result.implied) == (len(calls) + len(texts) + len(friends), len(students))
    stored = links(store)
    assert Counter(x["kind"] for x in stored) == {"CALLS": 3_600, "MESSAGES": 24_333, "FRIEND_OF": 6_429}
    spoken = Counter((a, b, float(t), None if d == "-1" else float(d)) for t, a, b, d in calls)
    assert (
        Counter((x["source"], x["target"], x["first"], x["amount"]) for x in stored if x["kind"] == "CALLS") == spoken
    )
    sent = Counter((a, b, float(t)) for t, a, b in texts)
    assert Counter((x["source"], x["target"], x["last"]) for x in stored if x["kind"] == "MESSAGES") == sent
    assert all(x["first"] is None for x in stored if x["kind"] == "FRIEND_OF")


@pytest.mark.slow
def test_german_applicants_load_as_their_rows(store: GraphStore) -> None:
    folder = data_folder("german_credit")
    names, *people = rows(folder / "german.csv")
    edges = [line.split(" ") for line in (folder / "german_edges.txt").read_text().splitlines()]
    result = load([folder], store, "german-credit")
    listed = [(f"{float(a):.0f}", f"{float(b):.0f}") for a, b in edges]
    once = {tuple(sorted(ends)) for ends in listed}  # some likenesses are listed in both directions
    assert (len(listed), len(once), len(set(listed))) == (24_970, 21_742, 24_970)
    assert result.loaded == {"parties": 1_000, "relationships": len(once), "outcomes": 1_000}
    assert (result.rejected, result.unchanged) == (0, len(listed) - len(once))
    [warning] = [warning for warning in result.warnings if "kept apart" not in warning]
    assert "3,228 rows of symmetric kinds repeat a link in the other direction" in warning
    stored = links(store)
    assert {x["kind"] for x in stored} == {"SIMILAR_TO"}
    assert sorted(tuple(sorted((x["source"], x["target"]))) for x in stored) == sorted(once)
    assert outcomes(store) == {str(i): "good" if row[0] == "1" else "default" for i, row in enumerate(people)}
    attributes = store.party("838").attributes  # type: ignore[union-attr]
    assert set(attributes) == set(names) - {"GoodCustomer"}
    row = dict(zip(names, people[838], strict=True))
    assert {name: str(value).removesuffix(".0") for name, value in attributes.items()} == {
        n: row[n] for n in attributes
    }
    for column in ("Gender", "Age", "ForeignWorker", "Single"):
        assert is_protected(column, store.protected())


@pytest.mark.slow
def test_sme_china_defines_twenty_kinds_in_inverse_pairs(store: GraphStore) -> None:
    folder = data_folder("sme_china")
    parties, relations = rows(folder / "parties.csv")[1:], rows(folder / "relationships.csv")[1:]
    result = loaded(folder, store)
    assert result.loaded == {"parties": len(parties), "relationships": len(relations), "outcomes": 3_976}
    stored = links(store)
    facts = Counter((x["source"], x["target"], x["kind"], x["weight"]) for x in stored)
    assert facts == Counter((a, b, kind, float(weight)) for a, b, kind, _, weight in relations)
    new_kinds = {name: kind.category for name, kind in store.kinds().items() if name not in RELATIONSHIP_KINDS}
    assert new_kinds == {kind: category for _, _, kind, category, _ in relations}
    assert len(new_kinds) == 20
    ends = {kind: Counter((x["source"], x["target"]) for x in stored if x["kind"] == kind) for kind in new_kinds}
    reversed_ends = {kind: Counter((b, a) for a, b in pairs.elements()) for kind, pairs in ends.items()}
    assert all(any(reversed_ends[kind] == ends[other] for other in new_kinds) for kind in new_kinds)
    assert Counter(row[1] for row in parties) == Counter(
        pa.Table.from_batches(store.read_parties()).column("kind").to_pylist()
    )


def links_in_either_direction(table: pa.Table) -> set[tuple[object, ...]]:
    """The rows of symmetric links, their ends sorted."""
    ends = zip(*(table.column(end).to_pylist() for end in ("source", "target")), strict=True)
    rest = zip(*(table.column(name).to_pylist() for name in table.column_names[2:]), strict=True)
    return {(*sorted(pair), *values) for pair, values in zip(ends, rest, strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows_there", "links_there"),
    [("tolokers", 519_000, 519_000), ("credit_defaulter", 200_526, 137_377)],  # 63,149 are listed in both directions
)
def test_large_folders_need_no_mapping(store: GraphStore, name: str, rows_there: int, links_there: int) -> None:
    folder = data_folder(name)
    parties, labels = rows(folder / "parties.csv")[1:], dict(rows(folder / "outcomes.csv")[1:])
    published = pq.read_table(folder / "relationships.parquet")
    result = load([folder], store)
    assert published.num_rows == rows_there
    assert (result.rejected, result.unchanged) == (0, rows_there - links_there)
    assert result.loaded == {"parties": len(parties), "relationships": links_there, "outcomes": len(labels)}
    stored = pa.Table.from_batches(store.read_relationships()).select(published.column_names)
    assert links_in_either_direction(stored) <= links_in_either_direction(published)
    pairs = [
        Counter(
            tuple(sorted(ends)) for ends in zip(*table.select(["source", "target"]).to_pydict().values(), strict=True)
        )
        for table in (published, stored)
    ]
    assert pairs[0].keys() == pairs[1].keys() and set(pairs[1].values()) == {1}
    assert outcomes(store) == {party: "default" if label == "1" else "good" for party, label in labels.items()}


def test_published_splits_are_read() -> None:
    splits = read_splits(data_folder("tolokers"))
    assert sorted(splits) == sorted(f"split_{i}" for i in range(10))
    expected = Counter(row[1] for row in rows(data_folder("tolokers") / "splits.csv")[1:])
    assert Counter(splits["split_0"].values()) == expected
    assert read_splits(data_folder("german_credit")) == {}

"""Unusual values that break no rule load as they are; forbidden columns are dropped, protected ones marked."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.column_names import is_protected
from graph.stores.base import GraphStore
from loaders.checking.attributes import parse_quantity
from tests.loaders.conftest import Loading
from tests.loaders.files import endpoints, links, outcomes, parties, write

IDS = [
    "007", "1e5", "1.0", "NA", "null", 'the "big" one', "O'Brien", "a,b", "a;b", "line\nend", "שלום", "مرحبا",
    "👩‍👩‍👧", "李雷", "+8613800000000", "=cmd()", "@SUM(A1)", "-1", "Robert'); DROP TABLE party;--", "$id", "{x}", "\\",
]  # fmt: skip


def attributes(store: GraphStore, id: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(str(parties(store)[id]["attributes"]))
    return values


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def test_ids_are_texts_whatever_they_look_like(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = "".join(f"{quoted(a)},{quoted(b)}\n" for a, b in zip(IDS, IDS[1:] + IDS[:1], strict=True))
    write(
        tmp_path / "in",
        parties="id\n" + "".join(f"{quoted(id)}\n" for id in IDS),
        relationships="source,target\n" + rows,
    )
    assert loading(tmp_path / "in").rejected == 0
    assert sorted(parties(store)) == sorted(IDS)
    pairs = zip(IDS, IDS[1:] + IDS[:1], strict=True)
    assert {frozenset(ends[:2]) for ends in endpoints(store)} == set(map(frozenset, pairs))
    assert loading(tmp_path / "in").unchanged == 2 * len(IDS)


def test_a_phone_and_a_formula_load_as_they_are(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(
        tmp_path / "in", parties="id,kind,name,note,phone\nann,Person,=cmd(),=1+1,+8613800000000\nbo,Person,@x,-2,007\n"
    )
    assert loading(tmp_path / "in").rejected == 0
    assert parties(store)["ann"]["name"] == "=cmd()"
    assert attributes(store, "ann") == {"note": "=1+1", "phone": "+8613800000000"}
    assert attributes(store, "bo") == {"note": -2.0, "phone": "007"}


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_float_that_is_printed_is_read_back(value: float) -> None:
    assert parse_quantity(repr(value)) == value


@pytest.mark.parametrize("name", ["007", "00", "0012.5", "+1", "1234567890123456", "12a", "1 2", "٣"])
def test_digits_that_are_a_name_stay_text(name: str) -> None:
    assert parse_quantity(name) is None


def test_forbidden_columns_are_dropped_with_a_warning(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties="id,Religion,blood_type,Finger-Prints,income\nann,none,0,x,5\n")
    result = loading(tmp_path / "in")
    [warning] = result.warnings
    assert warning == "parties.csv: dropped, because it may not be stored: Religion, blood_type, Finger-Prints"
    assert attributes(store, "ann") == {"income": 5.0}
    assert b"none" not in (tmp_path / "kith.db").read_bytes() + (tmp_path / "kith.db-wal").read_bytes()


def test_protected_columns_are_stored_and_marked(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", people="id,Marital Status,home_town\nann,single,Ashham\n")
    mapping = tmp_path / "people.toml"
    mapping.write_text(
        'name = "people"\nprotected = ["Home Town"]\n[[files]]\nname = "people.csv"\ntable = "parties"\n'
        '[files.fields]\nid = "id"\n'
    )
    loading(tmp_path / "in", mapping=mapping)
    assert attributes(store, "ann") == {"Marital Status": "single", "home_town": "Ashham"}
    assert is_protected("Marital Status", store.protected())
    assert is_protected("home_town", store.protected())
    assert not is_protected("income", store.protected())


def test_unknown_columns_are_ignored_with_a_warning(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", relationships="source,target,kind,colour\nann,bo,KNOWS,red\n")
    assert loading(tmp_path / "in").warnings == (
        "relationships.csv: ignored the columns colour (relationships has source, target, kind, category, weight, "
        "time, first, last, until, count, amount, context, symmetric, key)",
    )


def test_links_without_a_kind_get_the_default_kind_of_their_category(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", relationships="source,target,category\nann,bo,money\nbo,cy,work\ncy,ann,\n")
    result = loading(tmp_path / "in")
    assert any("no column kind" in warning for warning in result.warnings)
    assert endpoints(store) == [("ann", "bo", "PAYS"), ("ann", "cy", "KNOWS"), ("bo", "cy", "WORKED_WITH")]


def test_ratings_beyond_one_give_a_warning(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", relationships="source,target,kind,weight\nann,bo,RATES,7\n")
    [warning] = loading(tmp_path / "in").warnings
    assert "RATES lie outside -1..1" in warning


def test_parquet_columns_of_every_type_load(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    (tmp_path / "in").mkdir()
    moment = datetime(2025, 1, 31, 12, tzinfo=UTC)
    people = pa.table(
        {
            "id": pa.array([7, 8, 9], pa.int64()),
            "kind": pa.array(["Person", "Company", None]).dictionary_encode(),
            "name": pa.array(["Ann", None, "Cy"], pa.large_string()),
            "income": pa.array([1.5, float("nan"), None]),
            "staff": pa.array([3, None, 4], pa.int32()),
            "local": pa.array([True, False, None]),
            "price": pa.array([Decimal("1.25"), None, Decimal("3.00")], pa.decimal128(9, 2)),
            "raw": pa.array([b"x", b"y", None]),
            "born": pa.array([date(1990, 1, 2), None, None]),
            "empty": pa.nulls(3),
            "tags": pa.array([["a"], [], None]),
        }
    )
    pq.write_table(people, tmp_path / "in" / "parties.parquet")
    ties = {
        "source": pa.array([7.0, 8.0]),
        "target": pa.array(["8", "9"]),
        "kind": pa.array(["PAYS", "PAYS"]),
        "time": pa.array([moment, None], pa.timestamp("ns", "Europe/Berlin")),
        "count": pa.array([2, None], pa.uint8()),
        "amount": pa.array([Decimal("10.50"), None], pa.decimal128(9, 2)),
    }
    pq.write_table(pa.table(ties), tmp_path / "in" / "relationships.parquet")
    pq.write_table(pa.table({"id": [7, 8], "outcome": [True, False]}), tmp_path / "in" / "outcomes.parquet")
    result = loading(tmp_path / "in")
    assert result.rejected == 0
    assert result.warnings == ("parties.parquet: ignored tags, which hold lists or records; write one value a row",)
    loaded = parties(store)
    assert [(loaded[id]["kind"], loaded[id]["name"]) for id in "789"] == [
        ("Person", "Ann"),
        ("Company", None),
        ("Person", "Cy"),
    ]
    assert attributes(store, "7") == {
        "income": 1.5, "staff": 3.0, "local": 1.0, "price": 1.25, "raw": "x", "born": "1990-01-02",
    }  # fmt: skip
    paid, other = links(store)
    assert (paid["source"], paid["target"], paid["first"], paid["count"], paid["amount"]) == (
        "7",
        "8",
        moment.timestamp(),
        2,
        10.5,
    )
    assert (other["first"], other["count"], other["amount"]) == (None, None, None)
    assert [(row["party"], row["outcome"]) for row in outcomes(store)] == [("7", "default"), ("8", "good")]


def test_rejected_parquet_values_of_any_type_are_shown(tmp_path: Path, loading: Loading) -> None:
    (tmp_path / "in").mkdir()
    table = pa.table(
        {
            "source": pa.array(["ann", "ann"]),
            "target": pa.array(["bo", "bo"]),
            "kind": pa.array(["KNOWS", "KNOWS"]),
            "time": pa.array([4_000_000_000_000_000_001, 1], pa.timestamp("ns")),
            "weight": pa.array([1.0, float("inf")]),
            "odd": pa.array([1, 2], pa.duration("ns")),
        }
    )
    pq.write_table(table, tmp_path / "in" / "relationships.parquet")
    first, second = loading(tmp_path / "in").examples
    assert (first.line, first.column, first.code) == (1, "time", "future_time")
    assert first.value.startswith("2096-10-02")
    assert (second.line, second.column, second.value, second.code) == (2, "weight", "inf", "not_finite")


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20))
def test_any_text_is_stored_as_it_is(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    from graph.stores.open import open_store
    from loaders.ingest import load

    folder = tmp_path_factory.mktemp("any")
    write(folder, parties=f"id,name\n{quoted('x' + text + 'x')},{quoted(text)}\n")
    store = open_store(f"sqlite:///{folder}/kith.db")
    assert load([folder], store, rejects_dir=folder / "rejects").rejected == 0
    [party] = parties(store).values()
    assert (party["id"], party["name"]) == (f"x{text}x", text)
    store.close()

"""The rules that a row must pass: one that breaks a rule is rejected with line, column, value and a stable code."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.schema import CATEGORIES, CONTEXTS, OUTCOME_STATES, OUTCOMES_KNOWN, PARTY_KINDS
from graph.stores.base import GraphStore
from loaders.rejects.reject import REASONS
from tests.loaders.conftest import Loading
from tests.loaders.files import HEAD, LINK, PEOPLE, endpoints, links, outcomes, parties, rejected_rows, rejects, write


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("nan", "not_finite"), ("-inf", "not_finite"), ("Infinity", "not_finite"), ("1e400", "not_finite"),
        ("1e39", "too_large"), ("heavy", "not_a_number"), ("1_000", "not_a_number"), ("0x10", "not_a_number"),
    ],
)  # fmt: skip
def test_a_weight_that_is_not_a_finite_number_is_rejected(
    tmp_path: Path, loading: Loading, store: GraphStore, value: str, code: str
) -> None:
    write(
        tmp_path / "in",
        parties=PEOPLE,
        relationships=f"source,target,kind,weight\nann,bo,KNOWS,{value}\nann,cy,KNOWS,0.5\n",
    )
    assert rejected_rows(loading(tmp_path / "in")) == [(2, "weight", value, code)]
    assert [row["weight"] for row in links(store)] == [0.5]


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "1e400"])
def test_an_infinite_attribute_is_rejected(tmp_path: Path, loading: Loading, store: GraphStore, value: str) -> None:
    write(tmp_path / "in", parties=f"id,income\nann,{value}\nbo,3.5\ncy,\n")
    if value == "nan":  # the token that much software writes for missing
        assert rejected_rows(loading(tmp_path / "in")) == []
        assert parties(store)["ann"]["attributes"] == parties(store)["cy"]["attributes"] == "{}"
    else:
        assert rejected_rows(loading(tmp_path / "in")) == [(2, "income", value, "not_finite")]
    assert parties(store)["bo"]["attributes"] == '{"income":3.5}'


@pytest.mark.parametrize("value", ["-1", "2.5", "1e300"])
def test_a_count_that_is_not_a_whole_number_from_0_is_rejected(tmp_path: Path, loading: Loading, value: str) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=f"source,target,kind,count\nann,bo,CALLS,{value}\n")
    [(line, column, shown, code)] = rejected_rows(loading(tmp_path / "in"))
    assert (line, column, shown) == (2, "count", value)
    assert code in {"bad_count", "too_large"}


@pytest.mark.parametrize("value", ["-1", "2.5", "36526", "soon"])
def test_days_late_that_are_not_a_whole_number_from_0_are_rejected(
    tmp_path: Path, loading: Loading, store: GraphStore, value: str
) -> None:
    rows = f"id,outcome,days_late,amount\nann,late,{value},10\nbo,late,60,99.5\ncy,default,,\n"
    write(tmp_path / "in", parties=PEOPLE, outcomes=rows)
    [(line, column, shown, code)] = rejected_rows(loading(tmp_path / "in"))
    assert (line, column, shown) == (2, "days_late", value)
    assert code == ("not_a_number" if value == "soon" else "bad_days_late")
    told = {row["party"]: (row["days_late"], row["amount"]) for row in outcomes(store)}
    assert told == {"bo": (60, 99.5), "cy": (None, None)}


def test_what_was_owed_has_no_sign(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties=PEOPLE, outcomes="id,outcome,amount\nann,default,-10\nbo,default,10\n")
    assert rejected_rows(loading(tmp_path / "in")) == [(2, "amount", "-10", "negative_amount")]
    assert [row["amount"] for row in outcomes(store)] == [10.0]


def test_a_good_outcome_that_was_late_is_told(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties=PEOPLE, outcomes="id,outcome,days_late\nann,good,45\nbo,good,0\ncy,late,45\n")
    [warning] = loading(tmp_path / "in").warnings
    assert "days_late: 1 good outcomes are late by some days (the first by '45') and stay good" in warning


def test_a_file_without_days_late_gives_outcomes_the_keys_that_they_had_before(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", parties=PEOPLE, outcomes="id,outcome,time\nann,late,2024-01-31\n")
    loading(tmp_path / "in")
    assert [row["key"] for row in outcomes(store)] == ["03335ec3bc1188f0#1"]


def test_one_time_in_four_notations_is_one_time(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    moment = ["2025-01-31T12:00:00Z", "2025-01-31 14:00:00+02:00", "20250131T120000", "1738324800"]
    rows = "".join(f"ann,bo,CALLS,{text}\n" for text in moment)
    write(
        tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,time\n" + rows + "ann,cy,CALLS,2025-01-31\n"
    )
    assert rejected_rows(loading(tmp_path / "in")) == []
    assert {(row["target"], row["first"], row["last"]) for row in links(store)} == {
        ("bo", 1738324800.0, 1738324800.0),
        ("cy", 1738281600.0, 1738281600.0),
    }


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2025-06-16", "future_time"), ("1738324800000", "future_time"), ("2025-02-30", "bad_time"),
        ("31.13.2025", "bad_time"), ("01.02.2025", "ambiguous_time"), ("yesterday", "bad_time"),
        ("nan", "bad_time"), ("1e400", "bad_time"),
    ],
)  # fmt: skip
def test_future_times_and_what_is_not_a_time_are_rejected(
    tmp_path: Path, loading: Loading, value: str, code: str
) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=f"source,target,kind,time\nann,bo,CALLS,{value}\n")
    assert rejected_rows(loading(tmp_path / "in")) == [(2, "time", value, code)]


def test_rows_that_end_before_they_begin_are_rejected(tmp_path: Path, loading: Loading) -> None:
    write(
        tmp_path / "in",
        parties="id,valid_from,valid_to\nann,2020-01-01,2019-01-01\nbo,,\n",
        relationships="source,target,kind,first,last\nbo,bo,KNOWS,2021-01-01,2020-01-01\n",
        outcomes="id,outcome,time,closed\nbo,late,2022-01-01,2021-01-01\n",
    )
    assert [(column, code) for _, column, _, code in rejected_rows(loading(tmp_path / "in"))] == [
        ("valid_to", "reversed_times"), ("last", "reversed_times"), ("closed", "reversed_times"),
    ]  # fmt: skip


def test_dangling_endpoints_and_empty_ids_are_rejected(tmp_path: Path, loading: Loading) -> None:
    write(
        tmp_path / "in",
        parties=PEOPLE,
        relationships=HEAD + "ann,zoe,KNOWS\n,bo,KNOWS\n" + LINK,
        outcomes="id,outcome\nzoe,1\nann,0\n",
    )
    assert rejected_rows(loading(tmp_path / "in")) == [
        (2, "target", "zoe", "dangling_end"), (3, "source", "", "missing_id"), (2, "id", "zoe", "dangling_end"),
    ]  # fmt: skip


def test_without_a_list_of_parties_endpoints_are_implied_and_counted_separately(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", relationships=HEAD + LINK + "bo,cy,KNOWS\n")
    result = loading(tmp_path / "in")
    assert (result.read, result.implied, result.loaded["parties"]) == (2, 3, 0)
    assert all(row["implied"] and row["kind"] == "Person" for row in parties(store).values())


def test_a_self_link_is_loaded(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD + "ann,ann,PAYS\n")
    assert rejected_rows(loading(tmp_path / "in")) == []
    assert endpoints(store) == [("ann", "ann", "PAYS")]


def test_identical_links_are_separate_facts_and_identical_parties_are_rejected(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", parties=PEOPLE + "bo\n", relationships=HEAD + LINK * 3)
    assert rejected_rows(loading(tmp_path / "in")) == [(5, "id", "bo", "duplicate_id")]
    assert len(links(store)) == 3


def test_rows_of_unknown_kinds_and_categories_are_rejected(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = [
        "ann,bo,SUPPLIES,money", "ann,cy,SUPPLIES,", "ann,bo,ADMIRES,", "ann,bo,KNOWS,money", "ann,bo,LIKES,feelings",
        "ann,bo,NOT A KIND,social", "ann,bo,,social", "ann,bo,A\x1fmoney,",
    ]  # fmt: skip
    write(tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,category\n" + "\n".join(rows) + "\n")
    assert rejected_rows(loading(tmp_path / "in")) == [
        (3, "kind", "SUPPLIES", "unknown_kind"),
        (4, "kind", "ADMIRES", "unknown_kind"),
        (5, "category", "money", "other_category"),
        (6, "category", "feelings", "unknown_category"),
        (7, "kind", "NOT A KIND", "bad_kind_name"),
        (8, "kind", "", "missing_kind"),
        (9, "kind", "A\x1fmoney", "unknown_kind"),
    ]
    assert endpoints(store) == [("ann", "bo", "SUPPLIES")]
    assert store.kinds()["SUPPLIES"].category == "money"


@pytest.mark.parametrize("order", [1, -1])
def test_a_row_of_a_new_kind_needs_its_own_category_in_any_order_of_rows(
    tmp_path: Path, loading: Loading, store: GraphStore, order: int
) -> None:
    rows = ["ann,bo,LOVES,", "ann,cy,LOVES,social"][::order]
    write(tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,category\n" + "\n".join(rows) + "\n")
    for revision in (1, 1):
        result = loading(tmp_path / "in")
        assert (result.reasons, result.revision) == ({"unknown_kind": 1}, revision)
        assert endpoints(store) == [("ann", "cy", "LOVES")]
    assert "give its category in this row" in result.examples[0].text


def test_a_kind_of_the_mapping_needs_no_category_in_its_rows(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    mapping = tmp_path / "ties.toml"
    ties = (
        '[[files]]\nname = "t.csv"\ntable = "relationships"\n[files.fields]\nsource = "a"\ntarget = "b"\nkind = "k"\n'
    )
    mapping.write_text('name = "ties"\nkinds = [{ name = "LOVES", category = "social" }]\n' + ties)
    write(tmp_path / "in", t="a,b,k\nann,bo,LOVES\n")
    assert loading(tmp_path / "in", mapping=mapping).rejected == 0
    mapping.write_text('name = "ties"\n' + ties)
    assert loading(tmp_path / "in", mapping=mapping).reasons == {"unknown_kind": 1}


def test_a_rejected_row_defines_no_kind(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = ["ann,zoe,LOVES,money", "ann,bo,LOVES,social", "ann,cy,LOVES,money", "bo,zoe,HATES,social"]
    write(tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,category\n" + "\n".join(rows) + "\n")
    assert rejected_rows(loading(tmp_path / "in")) == [
        (2, "target", "zoe", "dangling_end"), (4, "category", "money", "other_category"),
        (5, "target", "zoe", "dangling_end"),
    ]  # fmt: skip
    assert store.kinds()["LOVES"].category == "social"
    assert "HATES" not in store.kinds()


def test_a_separator_in_a_kind_does_not_give_it_a_category(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD + "ann,bo,A\x1fmoney\n")
    assert rejected_rows(loading(tmp_path / "in")) == [(2, "kind", "A\x1fmoney", "unknown_kind")]
    assert "A" not in store.kinds()


def test_values_outside_the_schema_are_rejected(tmp_path: Path, loading: Loading) -> None:
    write(
        tmp_path / "in",
        parties="id,kind\nann,person\nbo,Robot\ncy,\n",
        relationships="source,target,kind,context\nann,cy,PAYS,Online\nann,cy,PAYS,by post\n",
        outcomes="id,outcome,state\nann,1,active\nann,2,active\ncy,Fraud,DISPUTED\ncy,late,forgotten\n",
    )
    assert rejected_rows(loading(tmp_path / "in")) == [
        (3, "kind", "Robot", "unknown_party_kind"), (3, "context", "by post", "unknown_context"),
        (3, "outcome", "2", "unknown_outcome"), (5, "state", "forgotten", "unknown_state"),
    ]  # fmt: skip


def test_ids_too_long_for_an_index_or_with_a_nul_are_rejected(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"id": ["ann", "x" * 1_024, "y" * 1_025, "b\0o"]}), tmp_path / "in" / "parties.parquet")
    assert [(line, code) for line, _, _, code in rejected_rows(loading(tmp_path / "in"))] == [
        (3, "id_too_long"),
        (4, "nul_in_id"),
    ]
    assert sorted(parties(store)) == ["ann", "x" * 1_024]


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("unknown_party_kind", PARTY_KINDS), ("unknown_category", CATEGORIES), ("unknown_outcome", OUTCOMES_KNOWN),
        ("unknown_state", OUTCOME_STATES), ("unknown_context", CONTEXTS),
    ],
)  # fmt: skip
def test_reasons_list_the_allowed_values(code: str, named: tuple[str, ...]) -> None:
    assert all(word in REASONS[code] for word in named)


def test_all_faults_of_a_row_are_told_and_counted_once(tmp_path: Path, loading: Loading) -> None:
    head = "source,target,kind,weight,count,context\n"
    write(tmp_path / "in", parties=PEOPLE, relationships=head + "ann,zoe,KNOWS,heavy,-1,by post\nann,bo,KNOWS,1,1,\n")
    result = loading(tmp_path / "in")
    [reject] = result.examples
    assert (result.rejected, sum(result.reasons.values())) == (1, 1)
    faults = [reject.fault, *reject.further]
    assert sorted(fault.split(": ")[0] for fault in faults) == [
        "bad_count", "dangling_end", "not_a_number", "unknown_context",
    ]  # fmt: skip
    assert all(value in str(reject) for value in ("zoe", "heavy", "-1", "by post"))
    assert result.rejects_file is not None
    [row] = rejects(result.rejects_file)
    assert row["reason"] == str(reject)

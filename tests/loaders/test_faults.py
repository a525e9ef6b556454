"""What is wrong with files and rows, and what is said of it: file, line, column, value and a stable code."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import InputError, KithError
from graph.schema import CATEGORIES, CONTEXTS, OUTCOME_STATES, OUTCOMES_KNOWN, PARTY_KINDS
from graph.stores.base import GraphStore
from loaders.reading.csv_rows import MAX_LINE_BYTES
from loaders.rejects.reject import REASONS
from tests.loaders.conftest import Loading
from tests.loaders.files import PEOPLE, ends, facts, links, parties, write

HEAD = "source,target,kind\n"
GOOD = "ann,bo,KNOWS\n"


def refused(loading: Loading, folder: Path) -> list[tuple[int, str, str, str]]:
    """(line, column, value, code) of every refused row; the counts add up."""
    result = loading(folder)
    assert result.read == sum(result.loaded.values()) + result.unchanged + result.rejected
    assert result.rejected == len(result.examples) == sum(result.reasons.values())
    return [(one.line, one.column, one.value, one.code) for one in result.examples]


def one_line(error: KithError) -> str:
    assert "\n" not in str(error)
    return str(error)


# Faults of a whole file: nothing is loaded, and one line says what to do.


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_named(tmp_path: Path, loading: Loading, store: GraphStore, delimiter: str) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=(HEAD + GOOD).replace(",", delimiter))
    with pytest.raises(InputError, match="look separated by") as caught:
        loading(tmp_path / "in")
    assert repr(delimiter) in one_line(caught.value)
    assert facts(store) == set()


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", relationships="from,target\nann,bo\n")
    with pytest.raises(InputError, match=r"relationships.csv: the column 'source' is missing \(it has: from, target\)"):
        loading(tmp_path / "in")


def test_a_column_that_stands_twice_is_named(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties="id,income,income\nann,1,2\n")
    with pytest.raises(InputError, match="'income' stands twice"):
        loading(tmp_path / "in")


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_needs_a_header(tmp_path: Path, loading: Loading, content: str) -> None:
    write(tmp_path / "in", parties=content)
    with pytest.raises(InputError, match="is empty; it needs a header"):
        loading(tmp_path / "in")


def test_a_header_without_rows_loads_nothing(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties="id\n", relationships=HEAD)
    result = loading(tmp_path / "in")
    assert (result.read, result.load, result.revision) == (0, None, 0)


def test_utf_16_is_recognised(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties=PEOPLE.encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16; save it as UTF-8"):
        loading(tmp_path / "in")


def test_a_folder_without_any_known_file_says_what_it_looked_for(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", people=PEOPLE)
    with pytest.raises(InputError, match=r"holds none of parties.csv"):
        loading(tmp_path / "in")
    with pytest.raises(InputError, match="does not exist"):
        loading(tmp_path / "absent")


def test_one_table_in_two_formats_is_one_too_many(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties=PEOPLE)
    pq.write_table(pa.table({"id": ["ann"]}), tmp_path / "in" / "parties.parquet")
    with pytest.raises(InputError, match=r"holds both parties\.csv and parties\.parquet"):
        loading(tmp_path / "in")


@pytest.mark.parametrize("damage", ["cut", "flipped", "text"])
def test_a_damaged_parquet_file_takes_the_load_back(
    tmp_path: Path, loading: Loading, store: GraphStore, damage: str
) -> None:
    write(tmp_path / "in", parties=PEOPLE)
    path = tmp_path / "in" / "relationships.parquet"
    table = pa.table({"source": ["ann"] * 9_000, "target": ["bo"] * 9_000, "weight": [i * 0.37 for i in range(9_000)]})
    pq.write_table(table, path, row_group_size=3_000)
    raw = bytearray(path.read_bytes())
    if damage == "cut":
        raw = raw[: len(raw) // 2]
    elif damage == "flipped":
        raw[4:2_000] = bytes(1_996)
    else:
        raw = bytearray(b"source,target\n")
    path.write_bytes(raw)
    with pytest.raises(InputError, match="write it again") as caught:
        loading(tmp_path / "in")
    one_line(caught.value)
    assert facts(store) == set()
    assert store.loads() == []


def test_parquet_texts_that_are_not_utf_8_are_damage(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    bad = pa.array([b"ann", b"\xff\xfe"], pa.binary()).view(pa.string())
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"id": bad}), tmp_path / "in" / "parties.parquet")
    with pytest.raises(InputError, match="damaged after row 0"):
        loading(tmp_path / "in")
    assert facts(store) == set()


# Faults of a row: it is refused, the others load.


def test_bytes_that_are_not_utf_8_cost_their_line_only(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties="id,name\nann,Ann\nbo,Jos\u00e9\ncy,Cy\n".encode("latin-1"))
    assert refused(loading, tmp_path / "in") == [(3, "", "bo,José", "bad_encoding")]
    assert sorted(parties(store)) == ["ann", "cy"]


def test_latin_1_loads_where_a_mapping_says_so(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", people="id,name\nbo,Jos\u00e9\n".encode("latin-1"))
    mapping = tmp_path / "latin.toml"
    mapping.write_text(
        'name = "latin"\n[[files]]\nname = "people.csv"\ntable = "parties"\nencoding = "latin-1"\n'
        '[files.fields]\nid = "id"\nname = "name"\n'
    )
    assert loading(tmp_path / "in", mapping=mapping).rejected == 0
    assert parties(store)["bo"]["name"] == "José"


def test_a_nul_costs_its_line_only(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD.encode() + b"ann,b\0o,KNOWS\nann,cy,KNOWS\n")
    assert refused(loading, tmp_path / "in") == [(2, "", "ann,b\\0o,KNOWS", "nul_byte")]
    assert ends(store) == [("ann", "cy", "KNOWS")]


def test_windows_line_ends_and_a_bom_are_no_fault(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(
        tmp_path / "in",
        parties="\ufeff" + PEOPLE.replace("\n", "\r\n"),
        relationships=(HEAD + GOOD).replace("\n", "\r\n"),
    )
    assert refused(loading, tmp_path / "in") == []
    assert sorted(parties(store)) == ["ann", "bo", "cy"]
    assert ends(store) == [("ann", "bo", "KNOWS")]


def test_old_mac_line_ends_are_told(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties="id\rann\rbo\r")
    with pytest.raises(InputError, match="save the file with LF line ends"):
        loading(tmp_path / "in")


def test_a_quote_that_never_closes_costs_its_line_only(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    lines = [f"p{i},x" for i in range(500)]
    lines[250] = 'p250,"x'
    write(tmp_path / "in", parties="id,job\n" + "\n".join(lines) + "\n")
    assert refused(loading, tmp_path / "in") == [(252, "", 'p250,"x', "open_quote")]
    assert len(parties(store)) == 499


def test_two_stray_quotes_cost_their_lines_and_not_those_between(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    lines = [f"p{i},x" for i in range(100)]
    lines[20], lines[60] = 'p20,"x', 'p60",x'  # together they would be one row of three values
    write(tmp_path / "in", parties="id,job\n" + "\n".join(lines) + "\n")
    assert [(line, code) for line, _, _, code in refused(loading, tmp_path / "in")] == [(22, "open_quote")]
    assert len(parties(store)) == 99


def test_a_quoted_line_end_is_part_of_the_value_and_lines_are_still_counted(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", parties='id,name,age\nann,"Ann\nof Ash",41\nbo,Bo,inf\n')
    assert refused(loading, tmp_path / "in") == [(4, "age", "inf", "not_finite")]
    assert parties(store)["ann"]["name"] == "Ann\nof Ash"


def test_too_few_and_too_many_values(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD + "ann,bo\n" + GOOD + "ann,bo,KNOWS,1\n")
    assert refused(loading, tmp_path / "in") == [
        (2, "", "ann,bo", "wrong_width"),
        (4, "", "ann,bo,KNOWS,1", "wrong_width"),
    ]


def test_a_line_of_100_megabytes_is_one_refused_row(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    folder = write(tmp_path / "in", relationships=HEAD + GOOD)
    with (folder / "relationships.csv").open("ab") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b",bo,KNOWS\nbo,cy,KNOWS\n")
    assert refused(loading, folder) == [(3, "", "x" * 80, "line_too_long")]
    assert ends(store) == [("ann", "bo", "KNOWS"), ("bo", "cy", "KNOWS")]


def test_many_long_lines_are_handed_on_in_small_chunks(tmp_path: Path) -> None:
    from loaders.reading.csv_file import CsvDialect
    from loaders.reading.readers import chunks

    line = b"a," + b"y" * 100_000 + b"\n"
    assert len(line) < MAX_LINE_BYTES
    path = tmp_path / "wide.csv"
    path.write_bytes(b"id,note\n" + line * 700)  # 70 MB, far fewer rows than a chunk may hold
    sizes = [chunk.rows for chunk in chunks(path, CsvDialect())]
    assert sum(sizes) == 700
    assert max(sizes) < 700


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("nan", "not_finite"), ("-inf", "not_finite"), ("Infinity", "not_finite"), ("1e400", "not_finite"),
        ("1e39", "too_large"), ("heavy", "not_a_number"), ("1_000", "not_a_number"), ("0x10", "not_a_number"),
    ],
)  # fmt: skip
def test_a_weight_is_a_finite_number(
    tmp_path: Path, loading: Loading, store: GraphStore, value: str, code: str
) -> None:
    write(
        tmp_path / "in",
        parties=PEOPLE,
        relationships=f"source,target,kind,weight\nann,bo,KNOWS,{value}\nann,cy,KNOWS,0.5\n",
    )
    assert refused(loading, tmp_path / "in") == [(2, "weight", value, code)]
    assert [row["weight"] for row in links(store)] == [0.5]


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "1e400"])
def test_an_attribute_is_no_infinity(tmp_path: Path, loading: Loading, store: GraphStore, value: str) -> None:
    write(tmp_path / "in", parties=f"id,income\nann,{value}\nbo,3.5\ncy,\n")
    if value == "nan":  # the token that much software writes for missing
        assert refused(loading, tmp_path / "in") == []
        assert parties(store)["ann"]["attributes"] == parties(store)["cy"]["attributes"] == "{}"
    else:
        assert refused(loading, tmp_path / "in") == [(2, "income", value, "not_finite")]
    assert parties(store)["bo"]["attributes"] == '{"income":3.5}'


@pytest.mark.parametrize("value", ["-1", "2.5", "1e300"])
def test_a_count_is_a_whole_number_from_0(tmp_path: Path, loading: Loading, value: str) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=f"source,target,kind,count\nann,bo,CALLS,{value}\n")
    [(line, column, shown, code)] = refused(loading, tmp_path / "in")
    assert (line, column, shown) == (2, "count", value)
    assert code in {"bad_count", "too_large"}


def test_dates_in_four_forms_are_one_moment(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    moment = ["2025-01-31T12:00:00Z", "2025-01-31 14:00:00+02:00", "20250131T120000", "1738324800"]
    rows = "".join(f"ann,bo,CALLS,{text}\n" for text in moment)
    write(
        tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,time\n" + rows + "ann,cy,CALLS,2025-01-31\n"
    )
    assert refused(loading, tmp_path / "in") == []
    assert {(row["target"], row["first"], row["last"]) for row in links(store)} == {
        ("bo", 1738324800.0, 1738324800.0),
        ("cy", 1738281600.0, 1738281600.0),
    }


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2025-06-16", "future_time"), ("1738324800000", "future_time"), ("2025-02-30", "bad_time"),
        ("31.01.2025", "bad_time"), ("yesterday", "bad_time"), ("nan", "bad_time"), ("1e400", "bad_time"),
    ],
)  # fmt: skip
def test_a_time_is_in_the_past(tmp_path: Path, loading: Loading, value: str, code: str) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=f"source,target,kind,time\nann,bo,CALLS,{value}\n")
    assert refused(loading, tmp_path / "in") == [(2, "time", value, code)]


def test_what_ends_before_it_begins(tmp_path: Path, loading: Loading) -> None:
    write(
        tmp_path / "in",
        parties="id,valid_from,valid_to\nann,2020-01-01,2019-01-01\nbo,,\n",
        relationships="source,target,kind,first,last\nbo,bo,KNOWS,2021-01-01,2020-01-01\n",
        outcomes="id,outcome,time,closed\nbo,late,2022-01-01,2021-01-01\n",
    )
    assert [(column, code) for _, column, _, code in refused(loading, tmp_path / "in")] == [
        ("valid_to", "reversed_times"), ("last", "reversed_times"), ("closed", "reversed_times"),
    ]  # fmt: skip


def test_dangling_ends_and_empty_ids(tmp_path: Path, loading: Loading) -> None:
    write(
        tmp_path / "in",
        parties=PEOPLE,
        relationships=HEAD + "ann,zoe,KNOWS\n,bo,KNOWS\n" + GOOD,
        outcomes="id,outcome\nzoe,1\nann,0\n",
    )
    assert refused(loading, tmp_path / "in") == [
        (2, "target", "zoe", "dangling_end"), (3, "source", "", "missing_id"), (2, "id", "zoe", "dangling_end"),
    ]  # fmt: skip


def test_without_a_list_of_parties_ends_are_implied_and_counted_apart(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", relationships=HEAD + GOOD + "bo,cy,KNOWS\n")
    result = loading(tmp_path / "in")
    assert (result.read, result.implied, result.loaded["parties"]) == (2, 3, 0)
    assert all(row["implied"] and row["kind"] == "Person" for row in parties(store).values())


def test_a_link_from_somebody_to_himself_is_kept(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD + "ann,ann,PAYS\n")
    assert refused(loading, tmp_path / "in") == []
    assert ends(store) == [("ann", "ann", "PAYS")]


def test_identical_links_stay_separate_and_identical_parties_do_not(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", parties=PEOPLE + "bo\n", relationships=HEAD + GOOD * 3)
    assert refused(loading, tmp_path / "in") == [(5, "id", "bo", "duplicate_id")]
    assert len(links(store)) == 3


def test_kinds_that_are_not_in_the_schema(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = [
        "ann,bo,SUPPLIES,money", "ann,cy,SUPPLIES,", "ann,bo,ADMIRES,", "ann,bo,KNOWS,money", "ann,bo,LIKES,feelings",
        "ann,bo,NOT A KIND,social", "ann,bo,,social", "ann,bo,A\x1fmoney,",
    ]  # fmt: skip
    write(tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,category\n" + "\n".join(rows) + "\n")
    assert refused(loading, tmp_path / "in") == [
        (3, "kind", "SUPPLIES", "unknown_kind"),
        (4, "kind", "ADMIRES", "unknown_kind"),
        (5, "category", "money", "other_category"),
        (6, "category", "feelings", "unknown_category"),
        (7, "kind", "NOT A KIND", "bad_kind_name"),
        (8, "kind", "", "missing_kind"),
        (9, "kind", "A\x1fmoney", "unknown_kind"),
    ]
    assert ends(store) == [("ann", "bo", "SUPPLIES")]
    assert store.kinds()["SUPPLIES"].category == "money"


@pytest.mark.parametrize("order", [1, -1])
def test_a_row_says_the_category_of_its_kind_whatever_others_say(
    tmp_path: Path, loading: Loading, store: GraphStore, order: int
) -> None:
    rows = ["ann,bo,LOVES,", "ann,cy,LOVES,social"][::order]
    write(tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,category\n" + "\n".join(rows) + "\n")
    for revision in (1, 1):
        result = loading(tmp_path / "in")
        assert (result.reasons, result.revision) == ({"unknown_kind": 1}, revision)
        assert ends(store) == [("ann", "cy", "LOVES")]
    assert "give its category in this row" in result.examples[0].text


def test_a_mapping_says_the_category_for_every_row(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    mapping = tmp_path / "ties.toml"
    ties = (
        '[[files]]\nname = "t.csv"\ntable = "relationships"\n[files.fields]\nsource = "a"\ntarget = "b"\nkind = "k"\n'
    )
    mapping.write_text('name = "ties"\nkinds = [{ name = "LOVES", category = "social" }]\n' + ties)
    write(tmp_path / "in", t="a,b,k\nann,bo,LOVES\n")
    assert loading(tmp_path / "in", mapping=mapping).rejected == 0
    mapping.write_text('name = "ties"\n' + ties)
    assert loading(tmp_path / "in", mapping=mapping).reasons == {"unknown_kind": 1}


def test_a_refused_row_brings_no_kind(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = ["ann,zoe,LOVES,money", "ann,bo,LOVES,social", "ann,cy,LOVES,money", "bo,zoe,HATES,social"]
    write(tmp_path / "in", parties=PEOPLE, relationships="source,target,kind,category\n" + "\n".join(rows) + "\n")
    assert refused(loading, tmp_path / "in") == [
        (2, "target", "zoe", "dangling_end"), (4, "category", "money", "other_category"),
        (5, "target", "zoe", "dangling_end"),
    ]  # fmt: skip
    assert store.kinds()["LOVES"].category == "social"
    assert "HATES" not in store.kinds()


def test_a_kind_cannot_smuggle_a_category_in(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD + "ann,bo,A\x1fmoney\n")
    assert refused(loading, tmp_path / "in") == [(2, "kind", "A\x1fmoney", "unknown_kind")]
    assert "A" not in store.kinds()


def test_party_kinds_contexts_outcomes_and_states_are_those_of_the_schema(tmp_path: Path, loading: Loading) -> None:
    write(
        tmp_path / "in",
        parties="id,kind\nann,person\nbo,Robot\ncy,\n",
        relationships="source,target,kind,context\nann,cy,PAYS,Online\nann,cy,PAYS,by post\n",
        outcomes="id,outcome,state\nann,1,active\nann,2,active\ncy,Fraud,DISPUTED\ncy,late,forgotten\n",
    )
    assert refused(loading, tmp_path / "in") == [
        (3, "kind", "Robot", "unknown_party_kind"), (3, "context", "by post", "unknown_context"),
        (3, "outcome", "2", "unknown_outcome"), (5, "state", "forgotten", "unknown_state"),
    ]  # fmt: skip


def test_ids_too_long_for_an_index_or_with_a_nul(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"id": ["ann", "x" * 1_024, "y" * 1_025, "b\0o"]}), tmp_path / "in" / "parties.parquet")
    assert [(line, code) for line, _, _, code in refused(loading, tmp_path / "in")] == [
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
def test_where_a_few_words_are_possible_they_are_told(code: str, named: tuple[str, ...]) -> None:
    assert all(word in REASONS[code] for word in named)

"""What a load tells or refuses although it could be read: each a small input with the one doubt it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.stores.base import GraphStore
from loaders.ingest import LoadResult
from tests.loaders.conftest import Loading
from tests.loaders.files import HEAD, LINK, PEOPLE, endpoints, links, parties, rejected_rows, write

MAPPING = """
name = "m"
ends = "implied"

[[files]]
name = "{name}.csv"
table = "{table}"
{keys}

[files.fields]
{fields}
"""


def told(result: LoadResult, *words: str) -> bool:
    return any(all(word in warning for word in words) for warning in result.warnings)


def mapping(folder: Path, name: str, table: str, fields: str, keys: str = "") -> Path:
    path = folder / "m.toml"
    path.write_text(MAPPING.format(name=name, table=table, fields=fields, keys=keys))
    return path


@pytest.mark.parametrize("id", ["1.23457E+11", '"1,23457E+11"', "1.23457e11", "4E+11"])
def test_ids_that_were_rounded_are_rejected_with_either_decimal_mark(tmp_path: Path, loading: Loading, id: str) -> None:
    result = loading(write(tmp_path / "in", relationships=f"{HEAD}{id},bo,KNOWS\n"))
    assert result.reasons == {"rounded_id": 1}


def test_characters_without_width_around_ids_make_no_other_party(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    loading(write(tmp_path / "in", relationships=f"{HEAD}\u200eann\u200f,\u202abo\u202c,KNOWS\nann,bo\u00ad,PAYS\n"))
    assert sorted(parties(store)) == ["ann", "bo"]


def test_a_begin_that_cannot_be_read_says_nothing_of_the_end(tmp_path: Path, loading: Loading) -> None:
    result = loading(write(tmp_path / "in", parties="id,valid_from,valid_to\nann,May 1998,2001-01-01\n"))
    [reject] = result.examples
    assert (reject.code, reject.further) == ("bad_time", ())


def test_counts_beyond_what_is_stored_exactly_are_rejected(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = f"ann,bo,CALLS,{2**53 - 1}\nann,bo,CALLS,{2**53 + 1}\nann,bo,CALLS,{2**63 - 1}\n"
    result = loading(write(tmp_path / "in", relationships=f"source,target,kind,count\n{rows}"))
    assert [line for line, *_ in rejected_rows(result)] == [3, 4]
    assert "9007199254740991" in result.examples[0].text
    assert [link["count"] for link in links(store)] == [2**53 - 1]


@pytest.mark.parametrize(
    ("amount", "is_told"),
    [("12345678901234567.89", True), ("9007199254740993", True), ("9007199254740992", False), ("1e300", False),
     ("12345678901234.56", False), ("20000000000000000000", False)],
)  # fmt: skip
def test_amounts_with_more_digits_than_are_stored_are_told(
    tmp_path: Path, loading: Loading, amount: str, is_told: bool
) -> None:
    result = loading(write(tmp_path / "in", relationships=f"source,target,kind,amount\nann,bo,PAYS,{amount}\n"))
    assert told(result, "more digits", amount) == is_told


def test_contradicting_outcomes_of_one_time_are_told(tmp_path: Path, loading: Loading) -> None:
    rows = "ann,default,2020-01-01\nann,good,2020-01-01\nbo,good,2020-01-01\nbo,default,2021-01-01\n"
    result = loading(write(tmp_path / "in", parties=PEOPLE, outcomes=f"id,outcome,time\n{rows}"))
    assert told(result, "1 outcomes contradict", "'ann'")


def test_a_person_that_is_used_as_a_phone_is_told_without_a_mapping(tmp_path: Path, loading: Loading) -> None:
    used = f"{HEAD}ann,bo,USES_PHONE\n"
    assert told(loading(write(tmp_path / "one", parties=PEOPLE, relationships=used)), "'bo' is a Person", "Phone")
    assert told(loading(write(tmp_path / "two", relationships=used)), "'bo' is a Person", "Phone")


def test_a_person_that_an_earlier_load_calls_a_phone_is_told(tmp_path: Path, loading: Loading) -> None:
    fields = 'source = "a"\ntarget = "b"\nkind = { constant = "CALLS" }'
    calls = mapping(tmp_path, "calls", "relationships", fields, 'source_kind = "Phone"\ntarget_kind = "Phone"')
    loading(write(tmp_path / "one", calls="a,b\n5550100,5550101\n"), mapping=calls)
    assert told(loading(write(tmp_path / "two", parties="id\n5550100\n")), "'5550100' is a Person", "Phone")


def test_phones_that_links_alone_name_are_no_doubt(tmp_path: Path, loading: Loading) -> None:
    used = f"{HEAD}ann,p1,USES_PHONE\n"
    assert loading(write(tmp_path / "one", relationships=used)).warnings == ()
    assert not told(loading(write(tmp_path / "two", relationships=used), source="two"), "another kind")


def test_row_keys_that_look_like_missing_values_are_told(tmp_path: Path, loading: Loading) -> None:
    rows = "ann,bo,PAYS,NULL\nann,cy,PAYS,k1\n"
    assert told(loading(write(tmp_path / "in", relationships=f"source,target,kind,key\n{rows}")), "row keys", "'NULL'")


def test_utf8_lines_are_told_where_another_line_does_not_fit_the_encoding(tmp_path: Path, loading: Loading) -> None:
    named = mapping(tmp_path, "p", "parties", 'id = "id"\nname = "name"', 'encoding = "cp1252"')
    result = loading(write(tmp_path / "in", p="id,name\na,Zürich\nb,Łódź\n"), mapping=named)
    assert told(result, "2 lines look like UTF-8", "line 2")
    assert "but utf-8" in result.examples[0].text


def test_a_header_that_comes_again_in_other_letters_is_dropped(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    again = "SOURCE,TARGET,KIND\n source , target ,kind\n"
    result = loading(write(tmp_path / "in", relationships=f"{HEAD}{LINK}{again}bo,cy,KNOWS\n"))
    assert (result.read, result.rejected) == (2, 0)
    assert told(result, "dropped 2 rows that repeat the header")
    assert [(source, target) for source, target, _ in endpoints(store)] == [("ann", "bo"), ("bo", "cy")]


def test_an_id_like_the_name_of_its_column_stays_an_id(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    loading(write(tmp_path / "in", parties="id\nID\nann\n"))
    assert sorted(parties(store)) == ["ID", "ann"]


def test_a_row_like_a_comment_among_others_is_told(tmp_path: Path, loading: Loading) -> None:
    fields = 'source = "a"\ntarget = "b"\nkind = { constant = "CALLS" }'
    named = mapping(tmp_path, "e", "relationships", fields, 'columns = ["a", "b"]')
    assert told(loading(write(tmp_path / "in", e="0,1\n1,2\n#2,3\n"), mapping=named), "begin like a comment", "'#2'")


@pytest.mark.parametrize(("second", "is_told"), [("5 EUR", False), ("5 USD", True)])
def test_a_currency_and_its_sign_are_one_currency(tmp_path: Path, loading: Loading, second: str, is_told: bool) -> None:
    fields = 'source = "a"\ntarget = "b"\nkind = { constant = "PAYS" }\namount = { column = "c", currency = true }'
    named = mapping(tmp_path, "p", "relationships", fields)
    result = loading(write(tmp_path / "in", p=f"a,b,c\nann,bo,€7\nann,bo,{second}\n"), mapping=named)
    assert told(result, "several currencies") == is_told


def test_a_symmetric_link_listed_in_both_directions_with_other_content_is_told(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    rows = "ann,bo,FRIEND_OF,0.5\nbo,ann,FRIEND_OF,0.6\ncy,bo,FRIEND_OF,0.5\nbo,cy,FRIEND_OF,0.5\nbo,ann,PAYS,1\n"
    result = loading(write(tmp_path / "in", relationships=f"source,target,kind,weight\n{rows}ann,bo,PAYS,2\n"))
    assert told(result, "1 rows of symmetric kinds", "other content", "'bo - ann'")
    assert told(result, "1 rows of symmetric kinds repeat", "'cy - bo'")
    assert len(links(store)) == 5


def test_a_symmetric_link_of_an_earlier_load_under_another_key_is_told(tmp_path: Path, loading: Loading) -> None:
    head = "source,target,kind,key\n"
    loading(write(tmp_path / "1", relationships=f"{head}ann,bo,FRIEND_OF,1\nann,bo,PAYS,2\n"), source="s")
    result = loading(write(tmp_path / "2", relationships=f"{head}bo,ann,FRIEND_OF,3\nbo,ann,PAYS,4\n"), source="s")
    assert told(result, "1 links of kind FRIEND_OF", "'ann - bo'")
    again = loading(write(tmp_path / "3", relationships=f"{head}bo,ann,FRIEND_OF,1\n"), source="s")
    assert not told(again, "under other row keys", "'ann - bo'")

"""One thing written in several ways is one id: phones, IBANs, ids in several columns, ids that another file knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import InputError, MappingError
from graph.stores.base import GraphStore
from loaders.ingest import LoadResult
from loaders.mapping_file import parse_mapping
from tests.loaders.conftest import Loading
from tests.loaders.files import endpoints, rejected_rows, write

MAPPING = """
name = "bank"
ends = "implied"
[[files]]
name = "t.csv"
table = "relationships"
[files.fields]
source = {source}
target = "b"
kind = {{ constant = "CALLS" }}
"""


@pytest.fixture
def calls(tmp_path: Path, loading: Loading) -> object:
    """Load rows of t.csv whose source is read as given; further files lie beside it."""

    def go(source: str, rows: str, **beside: str) -> LoadResult:
        mapping = tmp_path / "bank.toml"
        mapping.write_text(MAPPING.format(source=source))
        return loading(write(tmp_path / "in", t=rows, **beside), mapping=mapping)

    return go


def sources(store: GraphStore) -> list[object]:
    return sorted(ends[0] for ends in endpoints(store))


PHONE = '{ column = "a", form = "phone", country = "DE" }'
IBAN = '{ column = "a", form = "iban" }'


def test_phone_numbers_in_any_writing_are_one(calls: Loading, store: GraphStore) -> None:
    result = calls(PHONE, "a,b\n0171/2000037,x\n+49 (0)171 2000037,x\n0049 171-2000037,x\n+1 202 555 0123,x\n")
    assert (result.rejected, result.warnings) == (0, ())
    assert sources(store) == ["+12025550123"] + ["+491712000037"] * 3


def test_what_is_no_phone_number_is_rejected(calls: Loading) -> None:
    result = calls(PHONE, "a,b\nhello,x\n110,x\n4.9171E+11,x\n491712000037,x\n")
    assert rejected_rows(result) == [
        (2, "a", "hello", "bad_phone"), (3, "a", "110", "bad_phone"), (4, "a", "4.9171E+11", "rounded_id"),
        (5, "a", "491712000037", "ambiguous_phone"),
    ]  # fmt: skip
    assert result.examples[0].text == "it is no phone number of DE, nor one with a country code"


def test_digits_of_a_rounded_number_are_no_id(calls: Loading, store: GraphStore) -> None:
    result = calls('{ column = "a", form = "digits" }', "a,b\n4.47911E+11,x\n0 17-1,x\n")
    assert rejected_rows(result) == [(2, "a", "4.47911E+11", "rounded_id")]
    assert sources(store) == ["0171"]


def test_numbers_that_all_have_country_codes_need_no_plus(calls: Loading, store: GraphStore) -> None:
    assert calls(PHONE.replace("DE", "+"), "a,b\n491712000037,x\n00491712000037,y\n").rejected == 0
    assert sources(store) == ["+491712000037"] * 2


def test_numbers_without_a_country_are_rejected_where_none_is_named(calls: Loading, store: GraphStore) -> None:
    result = calls('{ column = "a", form = "phone" }', "a,b\n0171 2000037,x\n+491712000037,x\n")
    assert rejected_rows(result) == [(2, "a", "0171 2000037", "bad_phone")]
    assert sources(store) == ["+491712000037"]


def test_the_mapping_names_the_country_of_all_its_phone_numbers() -> None:
    source = '{ column = "a", form = "phone", fallback = { column = "b", form = "phone", country = "AT" } }'
    text = MAPPING.format(source=source).replace('name = "bank"', 'name = "bank"\ncountry = "DE"')
    field = parse_mapping(text.encode(), "bank.toml").files[0].fields["source"]
    assert field.fallback is not None
    assert (field.country, field.fallback.country) == ("DE", "AT")


def test_ibans_with_blanks_and_small_letters_are_one(calls: Loading, store: GraphStore) -> None:
    result = calls(IBAN, "a,b\nDE89 3704 0044 0532 0130 00,x\nde89370400440532013000,y\n")
    assert (result.rejected, result.warnings) == (0, ())
    assert sources(store) == ["DE89370400440532013000"] * 2


def test_wrong_check_digits_are_told_and_kept(calls: Loading, store: GraphStore) -> None:
    result = calls(IBAN, "a,b\nDE88 3704 0044 0532 0130 00,x\n")
    assert result.warnings == (
        "t.csv: a: 1 IBANs have wrong check digits (the first is 'DE88370400440532013000') and are kept",
    )
    assert sources(store) == ["DE88370400440532013000"]


def test_what_is_no_iban_is_rejected(calls: Loading) -> None:
    result = calls(IBAN, "a,b\n12345678,x\nDE89 3704 0044,x\nZZ89370400440532013000,x\n,x\n")
    assert [fault[3] for fault in rejected_rows(result)] == ["bad_iban"] * 3 + ["missing_id"]


def test_an_id_in_several_columns_is_joined(calls: Loading, store: GraphStore) -> None:
    result = calls('{ columns = ["bank", "no"], join = ":" }', "bank,no,b\n37, 1 ,x\n3:7,1,x\n3,7:1,x\n37,,x\n")
    assert rejected_rows(result) == [(5, "bank, no", "", "missing_id")]
    assert sources(store) == ["37:1", r"3:7\:1", r"3\:7:1"]


def test_a_fallback_fills_what_is_missing(calls: Loading, store: GraphStore) -> None:
    fallback = '{ columns = ["b", "name"], join = " knows " }'
    result = calls(f'{{ column = "a", form = "iban", fallback = {fallback} }}', "a,b,name\n,x,bo\n1,y,cy\n,z,\n")
    assert [fault[1:] for fault in rejected_rows(result)] == [("a", "1", "bad_iban"), ("a", "", "missing_id")]
    assert sources(store) == ["x knows bo"]


def test_a_fallback_is_looked_up_only_where_it_says_so(calls: Loading, store: GraphStore) -> None:
    lookup = 'lookup = { file = "c.csv", key = "k", value = "v" }'
    calls(f'{{ column = "a", {lookup}, fallback = "b" }}', "a,b\nx,y\n,x\n", c="k,v\nx,7\n")
    assert sources(store) == ["7", "x"]


LOOKUP = '{{ column = "a", form = "iban", lookup = {{ file = "{file}", key = "IBAN", value = "no"{more} }} }}'
CUSTOMERS = "no;IBAN\n7;DE89 3704 0044 0532 0130 00\n8;GB29NWBK60161331926819\n9;GB29 NWBK 6016 1331 9268 19\n"
CALLS = "a,b\nDE89370400440532013000,x\nGB29NWBK60161331926819,x\n"


@pytest.mark.parametrize(
    ("otherwise", "found", "code"),
    [
        ("keep", ["7", "GB29NWBK60161331926819"], None),
        ("refuse", ["7"], "not_in_lookup"), ("missing", ["7"], "missing_id"),
    ],
)  # fmt: skip
def test_a_look_up_replaces_what_another_file_knows(
    calls: Loading, store: GraphStore, otherwise: str, found: list[str], code: str | None
) -> None:
    lookup = LOOKUP.format(file="c.csv", more=f', delimiter = ";", otherwise = "{otherwise}"')
    result = calls(lookup, CALLS, c=CUSTOMERS)
    assert sources(store) == found
    assert [fault[3] for fault in rejected_rows(result)] == ([code] if code else [])
    assert result.warnings[0] == (
        "c.csv: 1 keys have several values and are not looked up (the first is 'GB29NWBK60161331926819')"
    )


def test_another_look_up_file_is_another_load(calls: Loading, store: GraphStore) -> None:
    lookup = LOOKUP.format(file="c.csv", more="")
    customers = CUSTOMERS.replace(";", ",")
    calls(lookup, CALLS, c=customers)
    assert calls(lookup, CALLS, c=customers.replace("7,", "6,")).loaded["relationships"] == 1
    assert store.loads()[0].fingerprint != store.loads()[1].fingerprint


def test_a_look_up_file_may_lie_beside_the_mapping(tmp_path: Path, calls: Loading, store: GraphStore) -> None:
    write(tmp_path, c=CUSTOMERS.replace(";", ","))
    calls(LOOKUP.format(file="c.csv", more=""), CALLS)
    assert "7" in sources(store)


def test_a_missing_look_up_file_or_column_is_an_error(calls: Loading) -> None:
    with pytest.raises(InputError, match=r"look-up file 'gone.csv' is not in .* put it there"):
        calls(LOOKUP.format(file="gone.csv", more=""), CALLS)
    with pytest.raises(InputError, match="the column 'IBAN' is missing"):
        calls(LOOKUP.format(file="c.csv", more=""), CALLS, c="no,iban\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{ column = "a", form = "fax" }', "form = 'fax'; use upper, lower, digits, nfc, phone, iban"),
        ('{ column = "a", form = "phone", country = "Germany" }', "country = 'Germany'; use two capital letters"),
        ('{ column = "a", columns = ["b"] }', "give either column or columns"),
        ('{ column = "a", fallback = { } }', "source, fallback: give exactly one of column"),
        ('{ column = "a", lookup = { file = "c.csv", key = "k" } }', "source, lookup: value is missing"),
        ('{ column = "a", negative = "refuse" }', "negative is a key of amount"),
        ('{ columns = ["a", "religion"] }', "'religion' may not be stored"),
        ('{ column = "a", lookup = { file = "c", key = "k", value = "religion" } }', "'religion' may not be stored"),
    ],
)
def test_a_wrong_key_is_an_error_of_one_line(source: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parse_mapping(MAPPING.format(source=source).encode(), "bank.toml")

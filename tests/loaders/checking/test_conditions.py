"""Which rows are read, and what their numbers mean: conditions, distinct rows, signs, percents, money, durations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.errors import MappingError
from graph.stores.base import GraphStore
from loaders.ingest import LoadResult
from loaders.mapping_file import parse_mapping
from loaders.row_order import row_order
from tests.loaders.conftest import Loading
from tests.loaders.files import links, outcomes, parties, rejected_rows, write

LINKS = """
name = "bank"
ends = "implied"
[[files]]
name = "t.csv"
table = "relationships"
{keys}
[files.fields]
source = "a"
target = "b"
kind = {{ constant = "PAYS" }}
amount = {amount}
"""
PARTIES = 'name = "bank"\n[[files]]\nname = "t.csv"\ntable = "parties"\n{keys}\n[files.fields]\nid = "id"\n{fields}\n'
Reading = Callable[..., LoadResult]


@pytest.fixture
def reading(tmp_path: Path, loading: Loading) -> Reading:
    """Load t.csv by a mapping."""

    def go(mapping: str, rows: str) -> LoadResult:
        (tmp_path / "bank.toml").write_text(mapping)
        return loading(write(tmp_path / "in", t=rows), mapping=tmp_path / "bank.toml")

    return go


def payments(keys: str = "", amount: str = '{ column = "n" }') -> str:
    return LINKS.format(keys=keys, amount=amount)


def amounts(store: GraphStore) -> list[object]:
    return [link["amount"] for link in links(store)]


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ('{ column = "role", is = ["owner", "heir"] }', ["bo", "em"]),
        ('{ column = "role", is_not = ["owner"] }', ["cy", "di", "em"]),
        ('{ column = "role", missing = true }', ["di"]),
        ('{ column = "role", missing = false }', ["bo", "cy", "em"]),
        ('{ column = "role", is = [""] }', ["di"]),
        ('{ column = "role", is_not = ["guest"] }, { column = "n", is = ["1"] }', ["bo", "di"]),
    ],
)
def test_rows_that_fail_a_condition_are_no_rows_of_the_load(
    reading: Reading, store: GraphStore, condition: str, read: list[str]
) -> None:
    rows = "a,b,role,n\nann,bo,owner,1\nann,cy,guest,1\nann,di,,1\nann,em, heir ,2\n"
    result = reading(payments(f"where = [{condition}]"), rows)
    assert [link["target"] for link in links(store)] == read
    assert (result.read, result.rejected) == (len(read), 0)


def test_rows_that_are_left_out_are_counted(reading: Reading) -> None:
    rows = "a,b,n\nann,bo,1\nSum,,4\nTotal,,5\n"
    result = reading(payments('where = [{ column = "a", is_not = ["Sum", "Total"] }]'), rows)
    assert result.warnings == ("t.csv: left out 2 rows by the mapping's condition on a (the first is 'Sum')",)


def test_what_is_left_out_settles_nothing(reading: Reading, store: GraphStore) -> None:
    rows = 'a,b,n\nann,bo,1.5\nann,bo,2.345\nSum,,"3,85"\n'
    assert reading(payments('where = [{ column = "a", is_not = ["Sum"] }]'), rows).rejected == 0
    assert sorted(map(float, map(str, amounts(store)))) == [1.5, 2.345]


def test_the_order_of_rows_is_that_of_the_rows_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "bank.toml").write_text(PARTIES.format(keys='where = [{ column = "role", is = ["owner"] }]', fields=""))
    folder = write(tmp_path / "in", t="id,role\nann,owner\nbo,guest\ncy,owner\n")
    assert row_order([folder], tmp_path / "bank.toml")["parties"] == ["ann", "cy"]


def test_distinct_rows_that_state_the_same_are_one(reading: Reading, store: GraphStore) -> None:
    mapping = PARTIES.format(keys='distinct = true\nignore = ["role"]', fields='name = "n"')
    result = reading(mapping, "id,n,role\nf1,Ford,a\nf1,Ford,b\nf2,Fiat,a\nf2,Audi,b\n")
    assert rejected_rows(result) == [(5, "id", "f2", "duplicate_id")]
    assert (result.loaded["parties"], result.unchanged) == (2, 1)
    assert {id: party["name"] for id, party in parties(store).items()} == {"f1": "Ford", "f2": "Fiat"}


def test_distinct_outcomes_and_links_are_one(reading: Reading, store: GraphStore) -> None:
    assert reading(payments("distinct = true"), "a,b,n\nann,bo,1\nann,bo,1\nann,bo,2\n").unchanged == 1
    assert set(amounts(store)) == {1.0, 2.0}
    assert len(amounts(store)) == 2
    outcome = PARTIES.replace('"parties"', '"outcomes"').replace('"bank"\n', '"bank"\nends = "implied"\n')
    mapping = outcome.format(keys="distinct = true", fields='outcome = "o"')
    assert reading(mapping, "id,o\nann,0\nann,0\nann,1\n").unchanged == 1
    assert len(outcomes(store)) == 2


REFUND = "a,b,n\nann,shop,5\nann,shop,-2\n"


def test_a_negative_amount_went_the_other_way_where_the_mapping_says_so(reading: Reading, store: GraphStore) -> None:
    result = reading(payments(amount='{ column = "n", negative = "reverse" }'), REFUND)
    assert result.warnings == ()
    assert [(link["source"], link["target"], link["amount"]) for link in links(store)] == [
        ("ann", "shop", 5.0), ("shop", "ann", 2.0),
    ]  # fmt: skip


def test_a_negative_amount_is_rejected_kept_or_told(reading: Reading, store: GraphStore) -> None:
    refused = reading(payments(amount='{ column = "n", negative = "refuse" }'), REFUND)
    assert rejected_rows(refused) == [(3, "n", "-2", "negative_amount")]
    assert reading(payments(amount='{ column = "n", negative = "keep" }'), REFUND).warnings == ()
    [warning] = reading(payments(), REFUND).warnings
    assert "n: 1 amounts are negative (the first is '-2') and are kept so" in warning
    assert sorted(map(float, map(str, amounts(store)))) == [-2.0, 5.0]


def test_days_late_are_read_from_a_status(reading: Reading, store: GraphStore) -> None:
    """Of a status that is not listed nobody says how late it is: an empty `otherwise` makes it missing."""
    fields = '[files.fields]\nid = "id"\noutcome = { column = "o", values = { "60dpd" = "late", "ok" = "good" } }\n'
    days = '[files.fields.days_late]\ncolumn = "o"\nvalues = { "60dpd" = "60" }\notherwise = ""\n'
    mapping = f'name = "bank"\nends = "implied"\n[[files]]\nname = "t.csv"\ntable = "outcomes"\n{fields}{days}'
    assert reading(mapping, "id,o\nann,60dpd\nbo,ok\n").rejected == 0
    assert {row["party"]: row["days_late"] for row in outcomes(store)} == {"ann": 60, "bo": None}


def test_an_outcome_goes_no_way() -> None:
    fields = '[files.fields]\nid = "id"\noutcome = "o"\namount = { column = "n", negative = "reverse" }\n'
    mapping = f'name = "bank"\n[[files]]\nname = "in.csv"\ntable = "outcomes"\n{fields}'
    with pytest.raises(MappingError, match="an outcome goes no way"):
        parse_mapping(mapping.encode(), "bank.toml")


def test_ends_of_two_kinds_do_not_change_places() -> None:
    keys = 'source_kind = "Account"\ntarget_kind = "Phone"'
    with pytest.raises(MappingError, match='negative = "reverse" swaps the ends, so source_kind and target_kind'):
        parse_mapping(payments(keys, '{ column = "n", negative = "reverse" }').encode(), "bank.toml")


@pytest.mark.parametrize(
    ("amount", "cells", "numbers"),
    [
        ("percent = true", ["50 %", "33.3%", "%7", "16.7"], [0.5, 0.333, 0.07, 0.167]),
        ("percent = true", ['"33,3 %"', '"1,5"'], [0.333, 0.015]),
        ("currency = true", ["5 EUR", "€ 6", "$7", "8", "US$ 9", "10 zł"], [5, 6, 7, 8, 9, 10]),
        ("currency = true", ["-5 EUR", "€ -6", "7-", "(8)", "−9 €"], [-5, -6, -7, -8, -9]),
        ('currency = true, decimal = ",", thousands = "."', ['"1.234,50 EUR"', '"2,5"'], [1234.5, 2.5]),
        ('currency = true, thousands = "\'"', ["CHF 1'234.50"], [1234.5]),
        ('unit = "duration"', ["0:13:48", "100:00:00", "90", "PT1H1.5S", "P1D", "1:02:03.5"],
         [828, 360000, 90, 3601.5, 86400, 3723.5]),
        ('unit = "mm:ss"', ["13:48"], [828]),
        ('unit = "h:mm"', ["13:48"], [49680]),
    ],
)  # fmt: skip
def test_numbers_are_read_without_what_stands_beside_them(
    reading: Reading, store: GraphStore, amount: str, cells: list[str], numbers: list[float]
) -> None:
    rows = "a,b,n\n" + "".join(f"ann,b{i:02d},{cell}\n" for i, cell in enumerate(cells))
    result = reading(payments(amount=f'{{ column = "n", negative = "keep", {amount} }}'), rows)
    assert rejected_rows(result) == []
    assert [warning for warning in result.warnings if "currencies" not in warning] == []
    assert amounts(store) == numbers


@pytest.mark.parametrize(
    ("amount", "cells"),
    [
        ("whole = false", ["50 %", "5 EUR", "0:10"]),
        ("percent = true", ["50 ‰", "5 EUR"]),
        ('currency = ["EUR"]', ["5 USD", "5 eur", "5 $"]),
        ("currency = true", ["5 kg", "EUR", "EUR 5 EUR", "--5", "(5"]),
        ('unit = "duration"', ["1:60", "P1M", "PT", "an hour", "1:2:3"]),
    ],
)
def test_what_is_no_such_number_is_rejected(reading: Reading, amount: str, cells: list[str]) -> None:
    rows = "a,b,n\n" + "".join(f"ann,bo,{cell}\n" for cell in cells)
    result = reading(payments(amount=f'{{ column = "n", {amount} }}'), rows)
    assert [(value, code) for _, _, value, code in rejected_rows(result)] == [(cell, "not_a_number") for cell in cells]


@pytest.mark.parametrize(
    ("amount", "cell", "advice"),
    [
        ("whole = false", "50 %", "set percent = true"), ("whole = false", "5 EUR", "set currency = true"),
        ("whole = false", "5-", "set currency = true"), ("whole = false", "1:02:03", 'set unit = "duration"'),
        ('currency = ["EUR"]', "5 USD", "the mapping lists no such currency, but EUR"),
    ],
)  # fmt: skip
def test_the_advice_fits_the_mapping(reading: Reading, amount: str, cell: str, advice: str) -> None:
    result = reading(payments(amount=f'{{ column = "n", {amount} }}'), f"a,b,n\nann,bo,{cell}\n")
    assert advice in result.examples[0].text


def test_several_currencies_in_one_column_are_told(reading: Reading) -> None:
    amount = '{ column = "n", currency = true }'
    assert reading(payments(amount=amount), "a,b,n\nann,bo,5 EUR\nann,bo,6 EUR\n").warnings == ()
    [warning] = reading(payments(amount=amount), "a,b,n\nann,bo,5 EUR\nann,bo,$6\nann,bo,7\n").warnings
    assert "n: 3 amounts in several currencies ($, EUR) are added up as they stand" in warning


def test_two_parts_are_minutes_and_seconds_and_told(reading: Reading, store: GraphStore) -> None:
    [warning] = reading(payments(amount='{ column = "n", unit = "duration" }'), "a,b,n\nann,bo,13:48\n").warnings
    assert "1 durations such as '13:48' are read as minutes and seconds" in warning
    assert amounts(store) == [828.0]


def test_the_fallback_of_a_number_is_written_like_it(reading: Reading, store: GraphStore) -> None:
    rows = "a,b,n,m\nann,bo,50 %,\nann,cy,,25 %\n"
    assert reading(payments(amount='{ column = "n", percent = true, fallback = "m" }'), rows).rejected == 0
    assert amounts(store) == [0.5, 0.25]
    with pytest.raises(MappingError, match="of numbers and times it is the name of a column"):
        reading(payments(amount='{ column = "n", fallback = { column = "m", percent = true } }'), rows)


def test_attributes_are_read_as_the_mapping_says(reading: Reading, store: GraphStore) -> None:
    attributes = """[files.attributes]
    income = { decimal = ",", thousands = ".", currency = ["EUR"] }
    share = { percent = true }
    since = { unit = "%d.%m.%Y" }
    spoken = { unit = "duration" }
    """
    rows = "id,income,share,since,spoken,job\nann,1.234 EUR,50 %,02.01.1970,1:00:00,cook\nbo,,,,,\n"
    result = reading(PARTIES.format(keys="", fields=attributes), rows)
    assert rejected_rows(result) == []
    read = {id: json.loads(str(party["attributes"])) for id, party in parties(store).items()}
    assert read == {
        "ann": {"income": 1234.0, "job": "cook", "share": 0.5, "since": 86400.0, "spoken": 3600.0}, "bo": {},
    }  # fmt: skip


def test_an_attribute_that_is_not_written_so_is_rejected(reading: Reading) -> None:
    attributes = '[files.attributes]\nsince = { unit = "%d.%m.%Y" }\nshare = { percent = true }\n'
    result = reading(PARTIES.format(keys="", fields=attributes), "id,since,share\nann,soon,1\nbo,,half\n")
    assert rejected_rows(result) == [(2, "since", "soon", "bad_time"), (3, "share", "half", "not_a_number")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (payments('where = [{ column = "a" }]'), "where: give one of is, is_not"),
        (payments('where = [{ column = "a", is = ["x"], missing = true }]'), "where: give one of is, is_not"),
        (payments(amount='{ column = "n", unit = "%d" }'), "numbers have none, durations duration, mm:ss, h:mm"),
        (payments(amount='{ column = "n", negative = "drop" }'), "negative = 'drop'; use reverse or refuse or keep"),
        (payments(amount='{ column = "n", currency = [5] }'), "it is a text or a list of texts"),
        (payments() + "[files.attributes]\nx = { percent = true }", "only parties have attributes"),
        (PARTIES.format(keys="", fields="[files.attributes]\nx = { }"), "give the unit of its times or how its"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_an_error_of_one_line(text: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parse_mapping(text.encode(), "bank.toml")

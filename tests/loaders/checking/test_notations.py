"""Numbers, dates and texts of whole columns: read as they were meant, refused with the question, or told."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import MappingError
from graph.stores.base import GraphStore
from loaders.mapping_file import parse_mapping
from loaders.reading import readers
from tests.loaders.conftest import Loading
from tests.loaders.files import links, parties, rejected_rows, rejects, write

PAYS = (
    'name = "bank"\nends = "implied"\n[[files]]\nname = "pays.csv"\ntable = "relationships"\ndelimiter = ";"\n{file}\n'
    '[files.fields]\nsource = "a"\ntarget = "b"\nkind = {{ constant = "PAYS" }}\n'
    'amount = {{ column = "sum"{amount} }}\ntime = {{ column = "day"{time} }}\n'
)


def bank(folder: Path, *rows: str, file: str = "", amount: str = "", time: str = "") -> dict[str, Path]:
    """A file of payments with columns sum and day, and its mapping, as arguments of a load."""
    lines = [f"p{i};q{i};{row}" for i, row in enumerate(rows)]
    write(folder / "in", pays="a;b;sum;day\n" + "\n".join(lines) + "\n")
    (folder / "bank.toml").write_text(PAYS.format(file=file, amount=amount, time=time))
    return {"path": folder / "in", "mapping": folder / "bank.toml"}


def amounts(store: GraphStore) -> list[object]:
    return [row["amount"] for row in links(store)]


def test_a_column_of_decimal_commas_is_read_as_one(
    tmp_path: Path, loading: Loading, store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "CHUNK_ROWS", 1)  # the value that settles it stands in another chunk
    given = bank(tmp_path, "1.234;", "9;", "1,5;")
    assert loading(given["path"], mapping=given["mapping"]).warnings == ()
    assert amounts(store) == [1234.0, 9.0, 1.5]


def test_numbers_that_stay_open_are_refused_until_the_mapping_says(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    given = bank(tmp_path, "1,234;", "5;")
    result = loading(given["path"], mapping=given["mapping"])
    assert rejected_rows(result) == [(2, "sum", "1,234", "ambiguous_number")]
    assert "set decimal in the mapping" in result.examples[0].text
    given = bank(tmp_path, "1,234;", "5;", amount=', decimal = ","')
    loading(given["path"], mapping=given["mapping"])
    assert sorted(amounts(store)) == [1.234, 5.0]  # type: ignore[type-var]


def test_decimal_and_thousands_of_a_file_hold_for_its_fields(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    given = bank(tmp_path, "1'234;", file='thousands = "\'"')
    loading(given["path"], mapping=given["mapping"])
    assert amounts(store) == [1234.0]


def test_a_dot_that_nothing_settles_is_told(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", relationships="source,target,kind,amount\na,b,PAYS,1.234\nb,c,PAYS,7\n")
    [warning] = loading(tmp_path / "in").warnings
    assert "amount: 1 numbers such as '1.234' are read with a decimal point" in warning
    write(tmp_path / "in", relationships="source,target,kind,amount\na,b,PAYS,1.234\nb,c,PAYS,7.5\n")
    assert loading(tmp_path / "in", source="second").warnings == ()


def test_a_rejected_row_alone_does_not_settle_a_number(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    """In its column 1.234 is 1234; corrected and alone it would be 1.234."""
    write(tmp_path / "in", relationships='source,target,kind,amount\na,b,PAYS,"1,5"\n,c,PAYS,1.234\n')
    path = loading(tmp_path / "in").rejects_file
    assert path is not None
    path.write_text(path.read_text().replace(",,c,", ",a,c,"))
    again = loading(path)
    assert again.reasons == {"ambiguous_number": 1}
    assert again.rejects_file is not None
    assert len(rejects(again.rejects_file)) == 1


def test_times_that_the_column_does_not_settle_are_refused_with_the_question(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    given = bank(tmp_path, "1;03/04/2025", "2;2025-01-31")
    result = loading(given["path"], mapping=given["mapping"])
    assert rejected_rows(result) == [(2, "day", "03/04/2025", "ambiguous_time")]
    assert "%d/%m/%Y" in result.examples[0].text


@pytest.mark.parametrize("value", ["45292", "86400"])
def test_a_number_near_1970_beside_dates_is_refused(tmp_path: Path, loading: Loading, value: str) -> None:
    given = bank(tmp_path, f"1;{value}", "2;2025-01-31")
    result = loading(given["path"], mapping=given["mapping"])
    assert rejected_rows(result) == [(2, "day", value, "ambiguous_time")]
    assert "spreadsheet-days" in result.examples[0].text


def test_a_date_of_1970_beside_others_is_told(tmp_path: Path, loading: Loading) -> None:
    given = bank(tmp_path, "1;1970-01-01", "2;2025-01-31", "3;2025-02-01")
    [warning] = loading(given["path"], mapping=given["mapping"]).warnings
    assert "day: 1 times lie within a year of 1970 ('1970-01-01')" in warning
    given = bank(tmp_path, "1;0", "2;1700000000", time=', unit = "seconds"')
    [warning] = loading(given["path"], mapping=given["mapping"]).warnings
    assert "('0')" in warning


def test_a_column_of_seconds_from_1970_loads_and_is_told(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    given = bank(tmp_path, "1;60", "2;1998")
    [warning] = loading(given["path"], mapping=given["mapping"]).warnings
    assert "day: 2 times are read as seconds since 1970, such as '60'" in warning
    assert [row["first"] for row in links(store)] == [60.0, 1998.0]


def test_an_end_after_the_year_9999_is_refused(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = "a,9999-12-31\nb,1800000000000\nc,1800000000\n"
    write(tmp_path / "in", parties="id,valid_to\n" + rows)
    result = loading(tmp_path / "in")
    assert rejected_rows(result) == [(3, "valid_to", "1800000000000", "beyond_9999")]
    assert "if it counts milliseconds, set unit" in result.examples[0].text


def test_the_advice_fits_the_unit_of_the_mapping(tmp_path: Path, loading: Loading) -> None:
    given = bank(tmp_path, "1;2025-01-31", time=', unit = ["%d.%m.%Y", "%d/%m/%Y"]')
    [reject] = loading(given["path"], mapping=given["mapping"]).examples
    assert reject.text == "it is not a time as the mapping says (unit = %d.%m.%Y, %d/%m/%Y)"
    given = bank(tmp_path, "1;2025-10-26 02:30", time=', unit = "%Y-%m-%d %H:%M", zone = "Europe/Berlin"')
    [reject] = loading(given["path"], mapping=given["mapping"]).examples
    assert 'set doubled = "first" or "second"' in reject.text


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ('unit = "%d.%m.%Y %Z"', "%Z.*names of zones"), ('unit = "%d.%m."', "has no year"),
        ('unit = "weeks"', "unit = 'weeks'; use auto, seconds"),
        ('zone = "EST5"', "zone = 'EST5' is no zone"), ("unit = [1]", "it is a text or a list of texts"),
        ('doubled = "both"', "doubled = 'both'; use first or second"), ('decimal = "x"', "decimal is"),
        ('decimal = ".", thousands = "."', "decimal is"), ('day = "middle"', "use first or last"),
    ],
)  # fmt: skip
def test_a_wrong_notation_is_an_error_of_one_line(key: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parse_mapping(PAYS.format(file="", amount="", time=f", {key}").encode(), "bank.toml")


# Attributes


def attributes(store: GraphStore, id: str) -> dict[str, object]:
    values: dict[str, object] = json.loads(str(parties(store)[id]["attributes"]))
    return values


def test_among_texts_what_looks_like_a_number_or_missing_is_text(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    rows = "a,NA,Inf,5\nb,NO,Otto,NA\nc,nan,9E999,\n"
    write(tmp_path / "in", parties="id,land,first,age_of_car\n" + rows)
    result = loading(tmp_path / "in")
    assert result.rejected == 0
    assert attributes(store, "a") == {"land": "NA", "first": "Inf", "age_of_car": 5.0}
    assert attributes(store, "b") == {"land": "NO", "first": "Otto"}
    assert attributes(store, "c") == {"first": "9E999"}
    kept, dropped = result.warnings
    assert "land: 1 values such as 'NA' are kept as text" in kept
    assert "land: 1 values such as 'nan' are read as missing" in dropped


def test_attributes_with_decimal_commas_are_numbers(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties='id,income,note\na,"1,5","1,5"\nb,1.234,see\nc,NA,1.234\n')
    loading(tmp_path / "in")
    assert attributes(store, "a") == {"income": 1.5, "note": "1,5"}
    assert attributes(store, "b") == {"income": 1234.0, "note": "see"}
    assert attributes(store, "c") == {"note": "1.234"}


def test_numbers_that_float64_would_round_are_texts_in_either_format(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    from decimal import Decimal

    exact = {"n": [2**60 + 1, 7], "d": [Decimal("98765432109876543.21"), Decimal("1.50")]}
    write(tmp_path / "pq")
    columns = {"n": pa.array(exact["n"], pa.int64()), "d": pa.array(exact["d"], pa.decimal128(20, 2))}
    pq.write_table(pa.table({"id": ["a", "b"]} | columns), tmp_path / "pq" / "parties.parquet")
    rows = "".join(f"{id},{n},{d}\n" for id, n, d in zip("ab", exact["n"], exact["d"], strict=True))
    write(tmp_path / "csv", parties="id,n,d\n" + rows)
    for folder in ("pq", "csv"):
        loading(tmp_path / folder, source="register")
        assert attributes(store, "a") == {"n": str(2**60 + 1), "d": "98765432109876543.21"}
        assert attributes(store, "b") == {"n": 7.0, "d": 1.5}

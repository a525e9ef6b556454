"""One thing has one id: blanks, spreadsheets and missing values make no other party, and what is in doubt is told."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import MappingError
from graph.stores.base import GraphStore
from loaders.mapping_file import parse_mapping
from loaders.values.ids import whole_number
from tests.loaders.conftest import Loading
from tests.loaders.files import parties, rejected_rows, write

CALLS = (
    'name = "calls"\nends = "implied"\n{top}\n[[files]]\nname = "calls.*"\ntable = "relationships"\n{file}\n'
    '[files.fields]\nsource = {{ column = "a"{field} }}\ntarget = {{ column = "b"{field} }}\n'
    'kind = {{ constant = "CALLS" }}\n'
)


def mapped(folder: Path, top: str = "", file: str = "", field: str = "") -> Path:
    path = folder / "calls.toml"
    path.write_text(CALLS.format(top=top, file=file, field=field))
    return path


@pytest.mark.parametrize("around", ["{} ", " {}", "\u00a0{}", "\ufeff{}", "{}\u200b", '"\t{}"'])
def test_what_is_around_an_id_makes_no_other_party(
    tmp_path: Path, loading: Loading, store: GraphStore, around: str
) -> None:
    write(tmp_path / "in", relationships=f"source,target,kind\nann,bo, KNOWS \nbo,{around.format('ann')},KNOWS\n")
    assert loading(tmp_path / "in").rejected == 0
    assert sorted(parties(store)) == ["ann", "bo"]


def test_nuls_of_parquet_are_trimmed_too(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in")
    pq.write_table(pa.table({"id": ["ann\0\0", " bo"]}), tmp_path / "in" / "parties.parquet")
    assert loading(tmp_path / "in").rejected == 0
    assert sorted(parties(store)) == ["ann", "bo"]


def test_a_mapping_can_keep_blanks(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", calls="a,b\nann ,bo\n")
    loading(tmp_path / "in", mapping=mapped(tmp_path, field=", trim = false"))
    assert sorted(parties(store)) == ["ann ", "bo"]


@pytest.mark.parametrize(
    ("form", "written", "meant"),
    [
        ('"upper"', "de12ab", "DE12AB"), ('"lower"', "K-Ä", "k-ä"), ('"digits"', "+49 (30) 12-3", "4930123"),
        ('"nfc"', "Zoe\u0308", "Zo\u00eb"), ('["nfc", "upper"]', "Zoe\u0308", "ZO\u00cb"),
    ],
)  # fmt: skip
def test_a_field_has_the_form_that_the_mapping_gives(
    tmp_path: Path, loading: Loading, store: GraphStore, form: str, written: str, meant: str
) -> None:
    write(tmp_path / "in", calls=f"a,b\n{written},{written}1\n")
    loading(tmp_path / "in", mapping=mapped(tmp_path, field=f", form = {form}"))
    assert meant in parties(store)


def test_an_unknown_form_is_an_error() -> None:
    with pytest.raises(MappingError, match="form = 'loud'; use upper, lower, digits, nfc"):
        parse_mapping(CALLS.format(top="", file="", field=', form = "loud"').encode(), "calls.toml")


@pytest.mark.parametrize("id", ["4.91770E+11", "1E+15", "9.1e+20"])
def test_an_id_that_a_spreadsheet_rounded_is_rejected(tmp_path: Path, loading: Loading, id: str) -> None:
    write(tmp_path / "in", relationships=f"source,target,kind\nann,{id},CALLS\n")
    assert rejected_rows(loading(tmp_path / "in")) == [(2, "target", id, "rounded_id")]


@pytest.mark.parametrize(
    ("numbers", "rounded"),
    [
        (pa.array([491712000037.0, 1234567890123456789.0]), "1.2345678901234568e+18"),
        (pa.array([9007199254740991.0, 9007199254740993.0]), "9.0071992547409920e+15"),
        (pa.array([7.0, 491712000037.0], pa.float32()), "4.9171198771200000e+11"),
    ],
)
def test_an_id_that_its_type_may_have_rounded_is_rejected(
    tmp_path: Path, loading: Loading, store: GraphStore, numbers: pa.Array, rounded: str
) -> None:
    write(tmp_path / "in")
    table = {"source": numbers, "target": ["bo", "bo"], "kind": ["CALLS", "CALLS"]}
    pq.write_table(pa.table(table), tmp_path / "in" / "relationships.parquet")
    result = loading(tmp_path / "in")
    assert rejected_rows(result) == [(2, "source", rounded, "rounded_id")]
    assert sorted(parties(store)) == sorted([str(int(numbers[0].as_py())), "bo"])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8.380000000000000000e+02", "838"), ("838.0", "838"), ("0838", "838"), ("-4", "-4"), ("0.0", "0"),
        ("12e0", "12"), ("1200e-2", "12"), ("123456789012345678", "123456789012345678"),
        ("4.47911E+11", None), ("1e3", None), ("8.5", None), ("x", None), ("", None), ("1e-400", None),
    ],
)  # fmt: skip
def test_a_whole_number_has_digits_down_to_its_units(text: str, number: str | None) -> None:
    assert whole_number(text) == number


def test_whole_rejects_a_rounded_number(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", calls="a,b\n4.91770E+11,7.0\n8.0,9\n")
    result = loading(tmp_path / "in", mapping=mapped(tmp_path, field=", whole = true"))
    assert rejected_rows(result) == [(2, "a", "4.91770E+11", "rounded_id")]


def test_zeros_that_a_spreadsheet_kept_by_a_formula_are_kept(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", relationships="source,target,kind\n=\"007\",'008,CALLS\n007,'t Hooft,CALLS\n")
    first, second = loading(tmp_path / "in").warnings
    assert sorted(parties(store)) == ["'t Hooft", "007", "008"]
    assert "source: 1 ids are written as formulas" in first
    assert "target: 1 ids" in second


@pytest.mark.parametrize("top", ['missing = ["", "NULL", "0"]', ""])
def test_missing_means_missing_in_ids_too_in_either_format(tmp_path: Path, loading: Loading, top: str) -> None:
    field = "" if top else ', missing = ["NULL", "0"]'
    write(tmp_path / "in", calls="a,b\nann,NULL\nbo,0\n")
    pq.write_table(pa.table({"a": ["ann", "bo"], "b": [0, 0]}), tmp_path / "in" / "calls.parquet")
    result = loading(tmp_path / "in", mapping=mapped(tmp_path, top=top, field=field))
    assert result.reasons == {"missing_id": 4}


def test_missing_numbers_and_times_of_parquet_are_those_that_the_mapping_lists(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    from tests.loaders.files import links

    write(tmp_path / "in")
    mapping = mapped(tmp_path)
    more = 'amount = { column = "s", missing = ["-1"] }\ntime = { column = "t", unit = "seconds", missing = ["0"] }\n'
    mapping.write_text(mapping.read_text() + more)
    table = pa.table({"a": ["x", "y"], "b": ["y", "x"], "s": [-1, 5], "t": [1_700_000_000.0, 0.0]})
    pq.write_table(table, tmp_path / "in" / "calls.parquet")
    loading(tmp_path / "in", mapping=mapping)
    assert [(row["amount"], row["first"]) for row in links(store)] == [(None, 1_700_000_000.0), (5.0, None)]


@pytest.mark.parametrize("id", ["NULL", "n/a", "\\N", "None"])
def test_an_id_that_looks_missing_is_told(tmp_path: Path, loading: Loading, id: str) -> None:
    write(tmp_path / "in", relationships=f"source,target,kind\nann,{id},PAYS\nbo,{id},PAYS\n")
    [warning] = loading(tmp_path / "in").warnings
    assert f"target: 2 ids look like missing values (the first is {id!r})" in warning


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ann"), ("an n", "ann"), ("zo\u00eb", "zoe\u0308"), ("007", "7"), ("12.0", "12"), ("a\u200bb", "ab")],
)
def test_ids_that_look_alike_are_told(tmp_path: Path, loading: Loading, one: str, other: str) -> None:
    write(tmp_path / "in", relationships=f"source,target,kind\n{one},{other},KNOWS\n")
    [warning] = loading(tmp_path / "in").warnings
    assert "1 groups of ids differ only in case, blanks, composition or zeros" in warning


def test_an_id_that_looks_like_one_of_the_store_is_told(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", relationships="source,target,kind\nann,bo,KNOWS\n")
    assert loading(tmp_path / "in").warnings == ()
    write(tmp_path / "in", relationships="source,target,kind\nAnn,cy,KNOWS\n")
    [warning] = loading(tmp_path / "in", source="second").warnings
    assert "(the first: 'Ann' and 'ann')" in warning


def test_a_number_that_is_a_person_and_a_phone_is_told(tmp_path: Path, loading: Loading) -> None:
    mapping = mapped(tmp_path, file='source_kind = "Phone"\ntarget_kind = "Phone"')
    people = 'name = "people"\n[[files]]\nname = "people.csv"\ntable = "parties"\n[files.fields]\nid = "id"\n'
    (tmp_path / "people.toml").write_text(people)
    write(tmp_path / "in", people="id\n555\n556\n", calls="a,b\n555,777\n777,555\n")
    loading(tmp_path / "in", mapping=tmp_path / "people.toml")
    warning, unheld = loading(tmp_path / "in", mapping=mapping).warnings
    assert "1 ids are used as ends of kind Phone and are parties of another kind ('555' is a Person)" in warning
    assert "nobody holds them" in unheld

"""A wrong mapping file is an error of one line that names the place; every key of a right one is applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import InputError, MappingError
from graph.stores.base import GraphStore
from loaders.mapping_file import parse_mapping, read_mapping
from tests.loaders.conftest import Loading
from tests.loaders.files import links, outcomes, parties, write

GOOD = """
name = "town"
[[files]]
name = "t.csv"
table = "relationships"
[files.fields]
source = "a"
target = "b"
"""


def test_a_mapping_needs_a_name_and_files_with_their_required_fields() -> None:
    made = parse_mapping(GOOD.encode(), "town.toml")
    assert (made.name, made.ends, made.implied_kind, len(made.files)) == ("town", None, "Person", 1)
    assert made.digest != parse_mapping(GOOD.replace("town", "city").encode(), "town.toml").digest


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("name = ", "is not TOML"),
        ("files = []", "name is missing"),
        (GOOD.replace('name = "town"', ""), "name is missing"),
        ('name = "x"', "files is missing"),
        ('name = "x"\nfiles = []', "it describes no files"),
        ('name = 3\nfiles = []', "name = 3 is of the wrong type"),
        ('name = "x"\nfiles = [1]', "expected a table, found 1"),
        ('colour = "red"\n' + GOOD, "'colour' is no key of a mapping; known here: .*name"),
        ('ends = "perhaps"\n' + GOOD, """ends = 'perhaps'; write "implied" or "refuse"""),
        ('implied_kind = "Robot"\n' + GOOD, "implied_kind = 'Robot'; use one of Person, Merchant"),
        ("missing = [1]\n" + GOOD, "missing must be a list of texts"),
        (GOOD.replace("relationships", "links"), "'t.csv': table = 'links'; use one of parties, relationships"),
        (GOOD.replace('target = "b"', ""), "'t.csv': the field 'target' is missing"),
        (GOOD + 'colour = "c"', "'colour' is no field of relationships; use source, target, kind"),
        (GOOD + "weight = 3", "t.csv', weight: expected a table, found 3"),
        (GOOD + "weight = { divide_by = 2 }", "weight: give exactly one of column, constant or row = true"),
        (GOOD + 'weight = { column = "c", constant = "1" }', "weight: give exactly one of"),
        (GOOD + 'weight = { column = "c", divide_by = 0 }', "weight: divide_by = 0"),
        (GOOD + 'weight = { column = "c", divide_by = true }', "divide_by = True is of the wrong type"),
        (GOOD + 'weight = { column = "c", times = 2 }', "weight: 'times' is no key"),
        (GOOD + 'kind = { column = "c", values = { a = 1 } }', "kind: values maps texts to texts"),
        (GOOD + 'time = { column = "c", since = "long ago" }', "since = 'long ago' is not an ISO date"),
        (GOOD + 'kind = "Religion"', "the column 'Religion' may not be stored"),
        (GOOD.replace('"a"', '"a"\nkind = "k"').replace("[files.fields]", 'key = ["blood type"]\n[files.fields]'),
         "the column 'blood type' may not be stored"),
        (GOOD.replace("[files.fields]", 'delimiter = "::"\n[files.fields]'), "delimiter = '::'; it is one character"),
        (GOOD.replace("[files.fields]", 'encoding = "klingon"\n[files.fields]'), "encoding = 'klingon'"),
        (GOOD.replace("[files.fields]", 'encoding = "utf-16"\n[files.fields]'), "encoding = 'utf-16'"),
        (GOOD.replace("[files.fields]", 'encoding = "undefined"\n[files.fields]'), "encoding = 'undefined'"),
        (GOOD.replace("[files.fields]", 'source_kind = "Robot"\n[files.fields]'), "source_kind = 'Robot'"),
        ('kinds = [{ name = "A", category = "feelings" }]\n' + GOOD, "kind A has the unknown category 'feelings'"),
        ('kinds = [{ name = "A B", category = "money" }]\n' + GOOD, "'A B' cannot name a kind"),
        ('kinds = [{ category = "money" }]\n' + GOOD, "kinds: name is missing"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_an_error_of_one_line(wrong: str, message: str) -> None:
    with pytest.raises(MappingError, match=message) as caught:
        parse_mapping(wrong.encode(), "town.toml")
    assert str(caught.value).startswith("mapping town.toml")
    assert "\n" not in str(caught.value)


def test_an_unknown_mapping_is_an_error_that_lists_the_built_in_ones(tmp_path: Path) -> None:
    with pytest.raises(
        MappingError, match="name a TOML file or one of bitcoin-otc, copenhagen-contacts, german-credit"
    ):
        read_mapping("bitcoin")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(MappingError, match="is not TOML"):
        read_mapping(tmp_path / "latin.toml")


def test_a_file_without_a_header_must_be_as_wide_as_the_mapping_says(tmp_path: Path, loading: Loading) -> None:
    mapping = tmp_path / "town.toml"
    mapping.write_text(GOOD.replace("[files.fields]", 'columns = ["a", "b", "c"]\n[files.fields]'))
    write(tmp_path / "in", t="ann,bo\n")
    with pytest.raises(InputError, match=r"has 2 values separated by ',', the mapping names 3 columns \(a, b, c\)"):
        loading(tmp_path / "in", mapping=mapping)


def test_every_key_of_a_field_is_applied(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    mapping = tmp_path / "town.toml"
    mapping.write_text(
        """
        name = "town"
        ends = "implied"
        implied_kind = "Company"
        missing = ["", "?"]
        [[kinds]]
        name = "SUPPLIES"
        category = "money"
        [[files]]
        name = "t-*.csv"
        table = "relationships"
        columns = ["a", "b", "k", "w", "when", "note", "old_1"]
        delimiter = ";"
        ignore = ["note", "old_*"]
        target_kind = "Account"
        [files.fields]
        source = { column = "a", whole = true, prefix = "n" }
        target = "b"
        kind = { column = "k", values = { s = "SUPPLIES" }, otherwise = "PAYS" }
        weight = { column = "w", divide_by = 4, missing = ["-9"] }
        time = { column = "when", unit = "days", since = "2025-01-01" }
        context = { constant = "online" }
        amount = { column = "no such column", optional = true }
        [[files]]
        name = "o.csv"
        table = "outcomes"
        [files.fields]
        id = { row = true, start = 1, prefix = "n" }
        outcome = { column = "paid", values = { "yes" = "good" }, otherwise = "default" }
        opened = { column = "day", unit = "%d.%m.%Y" }
        closed = { column = "ms", unit = "milliseconds" }
        """
    )
    write(tmp_path / "in", o="paid,day,ms\nyes,31.01.2025,1738324800000\nno,?,?\n")
    (tmp_path / "in" / "t-1.csv").write_text("1.0e0;acc;s;3;1;x;y\n2;acc;p;-9;?;x;y\n")
    result = loading(tmp_path / "in", mapping=mapping)
    assert (result.rejected, result.implied) == (0, 3)
    assert ["nobody holds" in warning for warning in result.warnings] == [True]
    assert {id: row["kind"] for id, row in parties(store).items()} == {
        "n1": "Company",
        "n2": "Company",
        "acc": "Account",
    }
    first, second = links(store)
    assert (first["source"], first["kind"], first["weight"], first["first"]) == ("n1", "SUPPLIES", 0.75, 1735776000.0)
    assert (second["source"], second["kind"], second["weight"], second["first"]) == ("n2", "PAYS", None, None)
    assert first["context"] == "online"
    assert [(row["party"], row["outcome"], row["opened"], row["closed"]) for row in outcomes(store)] == [
        ("n1", "good", 1738281600.0, 1738324800.0), ("n2", "default", None, None),
    ]  # fmt: skip

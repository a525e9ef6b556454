"""Rejected rows are corrected and loaded again, as often as needed; in the end the facts are those of a clean load."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import load
from tests.conftest import data_folder
from tests.loaders.conftest import NOW, Loading
from tests.loaders.files import endpoints, facts, parties, rejects, write

INCOMES = ["1", "inf", "3", "inf", "inf"]  # the ids of these parties are their positions: 0, 1, 2, 3, 4


def by_position(path: Path, name: str = "people.csv", more: str = "") -> Path:
    """A mapping whose ids are positions of rows."""
    path.write_text(
        f'name = "people"\n[[files]]\nname = "{name}"\ntable = "parties"\n{more}[files.fields]\nid = {{ row = true }}\n'
    )
    return path


def positions(path: Path | None) -> list[tuple[str, str]]:
    return [(row["file"], row["line"]) for row in rejects(path)]


def correct_first(path: Path | None, wrong: str, right: str) -> Path:
    """Correct the first row of a rejects file that holds a wrong value."""
    assert path is not None
    path.write_text(path.read_text("utf-8").replace(wrong, right, 1), "utf-8")
    return path


@pytest.mark.parametrize(
    ("form", "lines"), [("header", ["3", "5", "6"]), ("no header", ["2", "4", "5"]), ("Parquet", ["2", "4", "5"])]
)
def test_correcting_one_row_a_round_ends_in_the_facts_of_a_clean_load(
    tmp_path: Path, loading: Loading, store: GraphStore, form: str, lines: list[str]
) -> None:
    name = "people.parquet" if form == "Parquet" else "people.csv"
    mapping = by_position(
        tmp_path / "people.toml", name, 'columns = ["income", "city"]\n' if form == "no header" else ""
    )
    folder = write(tmp_path / "in")
    if form == "Parquet":
        pq.write_table(pa.table({"income": [float(n) for n in INCOMES], "city": ["Ash"] * 5}), folder / name)
    else:
        head = "income,city\n" if form == "header" else ""
        write(folder, people=head + "".join(f"{income},Ash\n" for income in INCOMES))
    result = loading(folder, mapping=mapping)
    for left in (3, 2, 1):
        assert (result.rejected, positions(result.rejects_file)) == (left, [(name, line) for line in lines[-left:]])
        result = loading(correct_first(result.rejects_file, ",inf,Ash", ",9,Ash"), mapping=mapping)
    assert result.rejected == 0
    assert {id: row["attributes"] for id, row in parties(store).items()} == {
        str(position): f'{{"city":"Ash","income":{income}}}'
        for position, income in enumerate(["1.0", "9.0", "3.0", "9.0", "9.0"])
    }


@pytest.mark.slow
@pytest.mark.data
def test_correcting_german_applicants_one_at_a_time_ends_in_the_facts_of_a_clean_load(tmp_path: Path) -> None:
    folder = tmp_path / "german"
    shutil.copytree(data_folder("german_credit"), folder)
    with (folder / "german.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    amount = rows[0].index("LoanAmount")
    right = {line: rows[line - 1][amount] for line in (12, 22, 32)}

    def damaged(lines: list[int]) -> None:
        with (folder / "german.csv").open("w", newline="") as file:
            for number, row in enumerate(rows, 1):
                row[amount] = "1e400" if number in lines else right.get(number, row[amount])
                csv.writer(file, lineterminator="\n").writerow(row)

    def loaded(store: GraphStore, path: Path) -> Path | None:
        return load([path], store, "german-credit", rejects_dir=tmp_path / "rejects", now=NOW).rejects_file

    damaged([])
    clean, store = (open_store(f"sqlite:///{tmp_path}/{name}.db") for name in ("clean", "corrected"))
    assert loaded(clean, folder) is None
    damaged([12, 22, 32])
    rejects_file = loaded(store, folder)
    for line in right:
        assert rejects_file is not None
        correct_first(rejects_file / "german.csv", ",1e400,", f",{right[line]},")
        rejects_file = loaded(store, rejects_file)
    assert rejects_file is None
    assert facts(store) == facts(clean)


def test_uncorrected_rows_are_written_as_they_were(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties="id,reason\nann,\n,moved\n")
    rejects_file = loading(tmp_path / "in").rejects_file
    assert rejects_file is not None
    before = rejects_file.read_bytes()
    for _ in range(3):
        result = loading(rejects_file)
        assert rejects_file.read_bytes() == before
        assert [(reject.file, reject.line) for reject in result.examples] == [("parties.csv", 2)]
        rejects_file = result.rejects_file
        assert rejects_file is not None
        assert [
            (*position, row["reason"])
            for position, row in zip(positions(rejects_file), rejects(rejects_file), strict=True)
        ] == [("parties.csv", "3", "moved")]
        before = rejects_file.read_bytes()


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        (b'parties.csv,3,"not_finite: ""x"", it is",bo,"inf', 'bo,"inf'),
        (b"parties.csv,3,not_finite,b\0o,inf", "b\\0o,inf"),
        (b"parties.csv,3,not_finite,bo", "bo"),
        (b"parties.csv,3,not_finite,bo,1,2", "bo"),
        (b"parties.csv,3", None),
    ],
)
def test_a_correction_that_breaks_a_row_keeps_its_original_position(
    tmp_path: Path, loading: Loading, broken: bytes, left: str | None
) -> None:
    write(tmp_path / "in", parties="id,income\nann,1\nbo,inf\n")
    rejects_file = loading(tmp_path / "in").rejects_file
    assert rejects_file is not None
    rejects_file.write_bytes(b"file,line,reason,id,income\n" + broken + b"\n")
    again = loading(rejects_file)
    assert positions(again.rejects_file) == [("parties.csv", "3")]
    assert [row["id"] for row in rejects(again.rejects_file)] == [left]


@pytest.mark.parametrize("line", ["", "1", "twelve", "3.5", "9" * 20])
def test_a_row_whose_id_is_its_position_is_rejected_without_its_line(
    tmp_path: Path, loading: Loading, line: str
) -> None:
    mapping = by_position(tmp_path / "people.toml")
    write(tmp_path / "in", people="income,city\n1,Ash\ninf,Ash\n")
    rejects_file = loading(tmp_path / "in", mapping=mapping).rejects_file
    result = loading(correct_first(rejects_file, "people.csv,3,", f"people.csv,{line},"), mapping=mapping)
    assert [(reject.line, reject.column, reject.code) for reject in result.examples] == [(2, "line", "lost_line")]


HEAD = "a,b,w,day\n"
FOLLOWS = """name = "ties"
kinds = [{ name = "LIKES", category = "social" }]
[[files]]
name = "t.csv"
table = "relationships"
key = ["day"]
[files.fields]
source = "a"
target = "b"
kind = { constant = "LIKES" }
weight = "w"
"""
BROKEN = {
    "latin-1": "jos\u00e9,bo,1,mon\n".encode("latin-1"),
    "an open quote": b'"ann,bo,1,mon\n',
    "a NUL": b"an\0n,bo,1,mon\n",
    "a long line": b"x" * 2_000_000 + b",bo,1,mon\n",
    "a long value": b'"' + b"x" * 200_000 + b'",bo,1,mon\n',
    "a quote within": b'"a"nn,bo,1,mon\n',
    "too few values": b"ann,bo\n",
    "too many values": b"ann,bo,1,mon,2\n",
    "no number": b"ann,bo,heavy,mon\n",
    "no number, and a carriage return": b'ann,bo,heavy,"m\ron"\n',
    "no id": b",bo,1,mon\n",
    "a long id": b"x" * 2_000 + b",bo,1,mon\n",
    "no key": b"bo,ann,1,\n",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_uncorrected_rows_are_rejected_again(tmp_path: Path, loading: Loading, store: GraphStore, fault: str) -> None:
    mapping = tmp_path / "ties.toml"
    mapping.write_text(FOLLOWS)
    write(tmp_path / "in", t=(HEAD + "ann,bo,1,tue\n").encode() + BROKEN[fault])
    first = loading(tmp_path / "in", mapping=mapping)
    before = facts(store)
    again = loading(first.rejects_file, mapping=mapping)
    assert (first.rejected, again.read, again.rejected, facts(store)) == (1, 1, 1, before)
    rejected, rejected_again = rejects(first.rejects_file), rejects(again.rejects_file)
    assert [row | {"reason": ""} for row in rejected] == [row | {"reason": ""} for row in rejected_again]


@pytest.mark.parametrize("row", [b"jos\xe9", b'"ann', b"an\0n", b'"a"nn', b"ann,bo", b"cy"])
def test_uncorrected_rows_of_a_table_of_one_column_are_rejected_again(
    tmp_path: Path, loading: Loading, store: GraphStore, row: bytes
) -> None:
    write(tmp_path / "in", parties=b"id\ncy\n" + row + b"\n")
    rejects_file = loading(tmp_path / "in").rejects_file
    again = loading(rejects_file)
    assert (again.read, again.rejected, sorted(parties(store))) == (1, 1, ["cy"])


def test_a_duplicate_party_loads_under_another_id(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties="id,income\nann,1\nann,2\n")
    rejects_file = loading(tmp_path / "in").rejects_file
    assert loading(rejects_file).reasons == {"duplicate_id": 1}
    for unchanged in (0, 1):
        assert loading(correct_first(rejects_file, ",ann,2", ",di,2")).unchanged == unchanged
    assert {id: row["attributes"] for id, row in parties(store).items()} == {
        "ann": '{"income":1.0}', "di": '{"income":2.0}',
    }  # fmt: skip


@pytest.mark.parametrize("columns", ["", 'columns = ["größe", " name", "id"]\n'])
@pytest.mark.parametrize(("encoding", "delimiter"), [("latin-1", ";"), ("cp1251", " "), ("ascii", ",")])
def test_a_rejects_file_is_utf_8_whatever_its_input_was(
    tmp_path: Path, loading: Loading, store: GraphStore, encoding: str, delimiter: str, columns: str
) -> None:
    """The input is in another encoding, with another delimiter, with and without a header."""
    size, name, value = ("größe", " name", {"latin-1": "José", "cp1251": "Иван", "ascii": "Jo"}[encoding])
    if not columns:
        size, name = "size", "name"
    mapping = tmp_path / "people.toml"
    mapping.write_text(
        f'name = "people"\n[[files]]\nname = "p.csv"\ntable = "parties"\nencoding = "{encoding}"\n'
        f'delimiter = "{delimiter}"\n{columns}[files.fields]\nid = "id"\nname = "{name}"\n'
    )
    head = "" if columns else "size,name,id\n"
    text = (head + f"inf,{value},1\n2,{value},2\n").replace(",", delimiter)
    write(tmp_path / "in", p=text.encode(encoding))
    rejects_file = loading(tmp_path / "in", mapping=mapping).rejects_file
    assert loading(rejects_file, mapping=mapping).reasons == {"not_finite": 1}
    corrected = loading(
        correct_first(rejects_file, f"{delimiter}inf{delimiter}", f"{delimiter}9{delimiter}"), mapping=mapping
    )
    assert (corrected.rejected, corrected.loaded["parties"]) == (0, 1)
    assert {id: (row["name"], row["attributes"]) for id, row in parties(store).items()} == {
        "1": (value, f'{{"{size}":9.0}}'), "2": (value, f'{{"{size}":2.0}}'),
    }  # fmt: skip


def test_a_rejects_file_saved_in_another_encoding_is_rejected_with_that_reason(
    tmp_path: Path, loading: Loading
) -> None:
    write(tmp_path / "in", parties="id,income\njosé,inf\n")
    rejects_file = loading(tmp_path / "in").rejects_file
    assert rejects_file is not None
    rejects_file.write_bytes(rejects_file.read_text().encode("latin-1"))
    [reject] = loading(rejects_file).examples
    assert (reject.line, reject.code, reject.text) == (
        2,
        "bad_encoding",
        "its bytes are not UTF-8: save the rejects file so",
    )


def test_endpoints_are_implied_for_rejects_where_the_mapping_says_so(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    folder = write(tmp_path / "in")
    (folder / "soc-sign-bitcoinotc.csv").write_text("6,2,4,1289241911.7\n6,5,x,1289241941.5\n1,15,1,1289243140\n")
    rejects_file = loading(folder, mapping="bitcoin-otc").rejects_file
    assert loading(rejects_file, mapping="bitcoin-otc").reasons == {"not_a_number": 1}
    assert sorted(parties(store)) == ["1", "15", "2", "6"]
    corrected = loading(correct_first(rejects_file, ",x,", ",3,"), mapping="bitcoin-otc")
    assert (corrected.rejected, corrected.loaded["relationships"], corrected.implied) == (0, 1, 1)
    assert ("6", "5", "RATES") in endpoints(store)


def test_endpoints_are_implied_for_rejects_of_a_source_that_lists_no_parties(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", relationships="source,target,weight\nann,bo,1\nann,cy,x\n")
    corrected = loading(correct_first(loading(tmp_path / "in").rejects_file, ",cy,x", ",cy,1"))
    assert (corrected.rejected, corrected.implied, sorted(parties(store))) == (0, 1, ["ann", "bo", "cy"])


def test_dangling_endpoints_are_rejected_again_where_the_source_lists_parties(tmp_path: Path, loading: Loading) -> None:
    loading(write(tmp_path / "other", parties="id\ndi\n"))
    links = "source,target,weight\nann,bo,1\nann,cy,x\nann,di,x\n"
    write(tmp_path / "in", parties="id\nann\nbo\n", relationships=links)
    rejects_file = loading(tmp_path / "in").rejects_file
    assert rejects_file is not None
    rejects_file.write_text(rejects_file.read_text().replace(",x\n", ",1\n"))
    for dry in (True, False):
        again = loading(rejects_file, dry_run=dry)
        assert (again.reasons, again.loaded["relationships"], again.implied) == ({"dangling_end": 1}, 1, 0)


def test_a_row_corrected_to_an_earlier_row_is_unchanged_in_the_rejects_and_second_in_the_input(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    calls = "source,target,kind,weight\nann,bo,CALLS,1\nann,bo,CALLS,x\n"
    corrected = loading(correct_first(loading(write(tmp_path / "in", relationships=calls)).rejects_file, ",x", ",1"))
    assert (corrected.unchanged, len(endpoints(store))) == (1, 1)
    complete = loading(write(tmp_path / "in", relationships=calls.replace("x", "1")))
    assert (complete.unchanged, complete.loaded["relationships"], len(endpoints(store))) == (1, 1, 2)

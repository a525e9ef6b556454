"""Loading again, corrections, dry runs and undo; and that the counts always add up."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.errors import InputError, KithError, UnfinishedLoad, UnknownKind
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from tests.loaders.conftest import NOW, Loading
from tests.loaders.files import PEOPLE, endpoints, facts, outcomes, parties, rejects, write

CIRCLE = {
    "parties": "id,income\nann,5\nbo,6\ncy,\n",
    "relationships": (
        "source,target,kind,weight\nann,bo,PAYS,1\nann,bo,PAYS,1\nbo,cy,SUPPLIES,2\nzoe,bo,PAYS,1\nann,cy,PAYS,x\n"
    ),
    "outcomes": "id,outcome\nann,0\nbo,1\ncy,7\n",
}
MAPPING = """
name = "circle"
[[kinds]]
name = "SUPPLIES"
category = "money"
[[files]]
name = "parties.csv"
table = "parties"
[files.fields]
id = "id"
[[files]]
name = "relationships.csv"
table = "relationships"
[files.fields]
source = "source"
target = "target"
kind = "kind"
weight = "weight"
[[files]]
name = "outcomes.csv"
table = "outcomes"
[files.fields]
id = "id"
outcome = "outcome"
"""


@pytest.fixture
def circle(tmp_path: Path) -> Path:
    return write(tmp_path / "circle", **CIRCLE)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "circle.toml"
    path.write_text(MAPPING)
    return path


def test_loading_twice_changes_nothing(circle: Path, mapping: Path, loading: Loading, store: GraphStore) -> None:
    first = loading(circle, mapping=mapping)
    assert (first.read, first.rejected, first.revision, first.load) == (11, 3, 1, 1)
    assert first.loaded == {"parties": 3, "relationships": 3, "outcomes": 2}
    before = facts(store)
    again = loading(circle, mapping=mapping)
    assert (again.read, again.unchanged, again.rejected) == (11, 8, 3)
    assert sum(again.loaded.values()) == again.implied == 0
    assert (again.revision, again.load) == (1, None)
    assert facts(store) == before
    assert len(store.loads()) == 1


def test_the_order_of_rows_changes_nothing(circle: Path, mapping: Path, loading: Loading) -> None:
    loading(circle, mapping=mapping)
    for path in circle.iterdir():
        head, *rows = path.read_text().splitlines()
        path.write_text("\n".join([head, *reversed(rows)]) + "\n")
    again = loading(circle, mapping=mapping)
    assert (again.unchanged, sum(again.loaded.values())) == (8, 0)


def test_rejected_rows_are_corrected_and_loaded_again(
    circle: Path, mapping: Path, loading: Loading, store: GraphStore
) -> None:
    result = loading(circle, mapping=mapping)
    folder = result.rejects_file
    assert folder is not None
    assert folder.name == result.source == "circle"
    rejected = rejects(folder / "relationships.csv")
    assert [(row["file"], row["line"], row["source"], row["weight"]) for row in rejected] == [
        ("relationships.csv", "5", "zoe", "1"), ("relationships.csv", "6", "ann", "x"),
    ]  # fmt: skip
    assert rejected[0]["reason"].startswith("dangling_end: source = 'zoe'")

    uncorrected = loading(folder, mapping=mapping)  # rejected again for the same reasons
    assert (uncorrected.rejected, uncorrected.reasons) == (3, result.reasons)

    for name, wrong, right in (("relationships", "zoe", "cy"), ("relationships", ",x", ",3"), ("outcomes", ",7", ",0")):
        path = folder / f"{name}.csv"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], *(right.join(line.rsplit(wrong, 1)) for line in lines[1:])]) + "\n")
    corrected = loading(folder, mapping=mapping)
    assert (corrected.source, corrected.rejected, corrected.implied) == ("circle", 0, 0)
    assert corrected.loaded == {"parties": 0, "relationships": 2, "outcomes": 1}
    assert ("cy", "bo", "PAYS") in endpoints(store)
    assert len(outcomes(store)) == 3


def test_a_row_rejected_from_two_tables_is_written_once_and_loads_into_both(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    """Of people.csv each row is a party and an outcome, and its id is its position."""
    mapping = tmp_path / "people.toml"
    fields = "[files.fields]\nid = { row = true }\n"
    mapping.write_text(
        'name = "people"\nends = "refuse"\n'
        f'[[files]]\nname = "people.csv"\ntable = "parties"\nignore = ["paid"]\n{fields}'
        f'[[files]]\nname = "people.csv"\ntable = "outcomes"\nignore = ["*"]\n{fields}'
        'outcome = { column = "paid", values = { "yes" = "good", "no" = "default" } }\n'
    )
    write(tmp_path / "in", people="income,paid\n5,yes\ninf,no\n7,perhaps\n8,no\n")
    result = loading(tmp_path / "in", mapping=mapping)
    assert (result.read, result.rejected, result.warnings) == (8, 3, ())
    assert result.loaded == {"parties": 3, "relationships": 0, "outcomes": 2}
    assert result.rejects_file is not None
    assert [(row["line"], row["income"], row["paid"]) for row in rejects(result.rejects_file)] == [
        ("3", "inf", "no"), ("4", "7", "perhaps"),
    ]  # fmt: skip
    text = result.rejects_file.read_text().replace(",inf,no", ",6,no").replace(",7,perhaps", ",7,yes")
    result.rejects_file.write_text(text)
    corrected = loading(result.rejects_file, mapping=mapping)
    assert (corrected.rejected, corrected.unchanged) == (0, 1)
    assert [(row["party"], row["outcome"]) for row in outcomes(store)] == [
        ("0", "good"), ("1", "default"), ("2", "good"), ("3", "default"),
    ]  # fmt: skip
    assert parties(store)["1"]["attributes"] == '{"income":6.0}'


@pytest.mark.parametrize(
    ("name", "pattern"), [("ties.parquet", "ties.parquet"), ("ties.pq", "*.pq"), ("Ties.PARQUET", "T*.PARQUET")]
)
def test_rejected_rows_of_a_parquet_file_are_written_and_read_as_csv(
    tmp_path: Path, loading: Loading, store: GraphStore, name: str, pattern: str
) -> None:
    write(tmp_path / "in")
    pq.write_table(pa.table({"a": ["ann", "bo"], "b": ["bo", ""]}), tmp_path / "in" / name)
    mapping = tmp_path / "ties.toml"
    mapping.write_text(
        f'name = "ties"\n[[files]]\nname = "{pattern}"\ntable = "relationships"\n'
        '[files.fields]\nsource = "a"\ntarget = "b"\nkind = { constant = "PAYS" }\n'
    )
    path = loading(tmp_path / "in", mapping=mapping).rejects_file
    assert path is not None
    assert path.name == f"{name.split('.')[0]}.csv"
    path.write_text(path.read_text().replace("bo,\n", "bo,ann\n"))
    assert loading(path, mapping=mapping).loaded["relationships"] == 1
    assert endpoints(store) == [("ann", "bo", "PAYS"), ("bo", "ann", "PAYS")]


def test_inputs_of_one_name_have_separate_rejects_files(tmp_path: Path, loading: Loading) -> None:
    for town in ("ash", "elm"):
        write(tmp_path / town, parties=f"id,income\n{town},1\n{town}-2,inf\n")
    result = loading(tmp_path / "ash", tmp_path / "elm")
    assert (result.source, result.rejected) == ("ash+elm", 2)
    assert result.rejects_file is not None
    paths = sorted(result.rejects_file.rglob("parties.csv"))
    assert sorted(row["id"] for path in paths for row in rejects(path)) == ["ash-2", "elm-2"]
    assert {path.parent.name for path in paths} == {"ash+elm"}


def test_a_csv_and_a_parquet_file_of_one_name_have_separate_rejects_files(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "d1", relationships="source,target,weight\nann,bo,x\n")
    write(tmp_path / "d2")
    pq.write_table(pa.table({"source": ["cy"], "target": [""]}), tmp_path / "d2" / "relationships.parquet")
    result = loading(tmp_path / "d1", tmp_path / "d2")
    assert (result.rejected, result.rejects_file) == (2, next((tmp_path / "rejects").iterdir()))
    paths = (tmp_path / "rejects").rglob("relationships.csv")
    assert sorted((row["file"], row["source"]) for path in paths for row in rejects(path)) == [
        ("relationships.csv", "ann"), ("relationships.parquet", "cy"),
    ]  # fmt: skip


def test_a_dry_run_gives_the_counts_of_the_load_and_writes_nothing(
    tmp_path: Path, circle: Path, mapping: Path, loading: Loading, store: GraphStore
) -> None:
    def counts(result: LoadResult) -> dict[str, object]:
        answer = result.to_json()
        return {name: answer[name] for name in answer if name not in {"seconds", "revision", "load", "rejects_file"}}

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db-shm"}

    for change in (lambda: None, lambda: None, lambda: write(circle, parties="id,income\nann,5\nbo,66\ndi,\n")):
        change()
        before = files()
        dry = loading(circle, mapping=mapping, dry_run=True, rejects_dir=None)
        assert files() == before
        assert (dry.load, dry.revision) == (None, store.revision())
        real = loading(circle, mapping=mapping)
        assert counts(dry) == counts(real)


def test_an_undo_takes_back_a_load_with_its_corrections(circle: Path, loading: Loading, store: GraphStore) -> None:
    write(circle, relationships="source,target,kind\nann,bo,PAYS\n")
    loading(circle)
    before = facts(store)
    write(circle, parties="id,income\nann,50\nbo,6\ncy,\ndi,\n", relationships="source,target,kind\ndi,bo,PAYS\n")
    second = loading(circle)
    assert second.loaded == {"parties": 2, "relationships": 1, "outcomes": 0}
    assert second.load is not None
    store.undo(second.load)
    assert facts(store) == before


def test_an_implied_party_never_replaces_a_listed_one(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    loading(write(tmp_path / "in", parties="id,name\nann,Ann\n"), source="town")
    ties = write(tmp_path / "ties", relationships="source,target,kind\nann,bo,PAYS\n")
    result = loading(ties, source="town")
    assert result.implied == 1
    assert (parties(store)["ann"]["name"], parties(store)["ann"]["implied"]) == ("Ann", False)


def test_other_files_of_a_source_cannot_be_loaded_while_a_load_is_unfinished(
    circle: Path, loading: Loading, store: GraphStore
) -> None:
    store.begin_load("circle", "an earlier state of the files")
    for dry_run in (True, False):
        with pytest.raises(UnfinishedLoad, match="kith load --undo 1"):
            loading(circle, dry_run=dry_run)
    store.undo(1)
    assert loading(circle).load is not None


def test_a_kind_of_a_mapping_must_have_the_category_it_has_in_the_store(
    circle: Path, mapping: Path, loading: Loading
) -> None:
    loading(circle, mapping=mapping)
    mapping.write_text(MAPPING.replace('"money"', '"work"'))
    with pytest.raises(UnknownKind, match="kind SUPPLIES is already of category money"):
        loading(circle, mapping=mapping)


def test_progress_counts_rows_of_each_file(circle: Path, loading: Loading) -> None:
    seen: list[tuple[str, int]] = []
    loading(circle, progress=lambda name, rows: seen.append((name, rows)))
    assert seen == [("parties.csv", 3), ("relationships.csv", 5), ("outcomes.csv", 3)]


# The counts add up, whatever the rows: good ones, bad ones, twice, in any order, loaded over an earlier state.

IDS = st.sampled_from(["ann", "bo", "cy", "di", "", "zoe", 'o"x', "007"])
CELL = st.one_of(
    st.sampled_from(["", "0", "1", "0.5", "nan", "1e400", "x", "2025-01-01", "3000-01-01", "PAYS", "LIKES", "=1"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)
TABLES = st.fixed_dictionaries(
    {
        "parties": st.lists(st.tuples(IDS, CELL), max_size=8),
        "relationships": st.lists(
            st.tuples(IDS, IDS, st.one_of(st.sampled_from(["PAYS", "KNOWS"]), CELL), CELL, CELL), max_size=12
        ),
        "outcomes": st.lists(st.tuples(IDS, CELL, CELL), max_size=6),
    }
)
HEADS = {"parties": "id,income", "relationships": "source,target,kind,weight,time", "outcomes": "id,outcome,time"}


def written(folder: Path, tables: dict[str, list[tuple[str, ...]]]) -> Path:
    contents = {}
    for name, rows in tables.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEADS[name].split(","), *rows])
        contents[name] = text.getvalue()
    return write(folder, **contents)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(before=TABLES, after=TABLES)
def test_counts_always_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[str, list[tuple[str, ...]]],
    after: dict[str, list[tuple[str, ...]]],
) -> None:
    folder = tmp_path_factory.mktemp("sum")
    store = open_store(f"sqlite:///{folder}/kith.db")
    for tables in (before, after, after):
        written(folder / "in", tables)
        result = load([folder / "in"], store, rejects_dir=folder / "rejects", now=NOW)
        assert result.read == sum(result.loaded.values()) + result.unchanged + result.rejected
        assert result.rejected == sum(result.reasons.values())
        blank = sum(not any(row) and len(row) == 1 for rows in tables.values() for row in rows)
        assert result.read == sum(map(len, tables.values())) - blank
        paths = sorted((folder / "rejects").rglob("*.csv")) if result.rejected else []
        if paths and result.rejects_file is not None:
            below = [path for path in paths if result.rejects_file in (path, path.parent)]
            assert sum(len(rejects(path)) for path in below) == result.rejected
        shutil.rmtree(folder / "rejects", ignore_errors=True)
    assert sum(result.loaded.values()) == 0
    store.close()


# Whatever the bytes, a load ends in counts or in an error of one line.


TOKENS = [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"ann", b"bo", b"1e400", b" ", b"=", b"\xef\xbb\xbf"]


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["parties", "relationships", "outcomes"]),
    st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)),
    st.booleans(),
)  # fmt: skip
@example("parties", b"file,line,reason\nx,1,y\n", False)
@example("parties", b'"a\nb",c\n', False)
@example("relationships", b'source,target,"odd\none"\nann,bo,1\n', False)
@example("parties", b"file,line,reason,id\nparties.csv,99999999999999999999,y,ann\n", False)
def test_any_bytes_end_in_counts_or_an_error_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, table: str, raw: bytes, headed: bool
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    store = open_store(f"sqlite:///{folder}/kith.db")
    head = (HEADS[table] + "\n").encode() if headed else b""
    write(folder / "in", **({"parties": PEOPLE} | {table: head + raw}))
    try:
        result = load([folder / "in"], store, rejects_dir=folder / "rejects", now=NOW)
    except KithError as error:
        assert isinstance(error, InputError)
        assert "\n" not in str(error)
        assert facts(store) == set()
    else:
        assert result.read == sum(result.loaded.values()) + result.unchanged + result.rejected
    store.close()

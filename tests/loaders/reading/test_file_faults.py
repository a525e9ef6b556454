"""Faults of a whole file: nothing is loaded, and an error of one line says what to do."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import InputError, KithError
from graph.stores.base import GraphStore
from tests.loaders.conftest import Loading
from tests.loaders.files import HEAD, LINK, PEOPLE, facts, write


def one_line(error: KithError) -> str:
    assert "\n" not in str(error)
    return str(error)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_an_error_that_names_it(
    tmp_path: Path, loading: Loading, store: GraphStore, delimiter: str
) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=(HEAD + LINK).replace(",", delimiter))
    with pytest.raises(InputError, match="look separated by") as caught:
        loading(tmp_path / "in")
    assert repr(delimiter) in one_line(caught.value)
    assert facts(store) == set()


def test_a_missing_column_is_an_error_that_lists_the_columns(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", relationships="from,target\nann,bo\n")
    with pytest.raises(InputError, match=r"relationships.csv: the column 'source' is missing \(it has: from, target\)"):
        loading(tmp_path / "in")


def test_a_repeated_column_is_an_error(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties="id,income,income\nann,1,2\n")
    with pytest.raises(InputError, match="'income' is repeated in the header"):
        loading(tmp_path / "in")


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_an_error(tmp_path: Path, loading: Loading, content: str) -> None:
    write(tmp_path / "in", parties=content)
    with pytest.raises(InputError, match="is empty; it needs a header"):
        loading(tmp_path / "in")


def test_a_header_without_rows_loads_nothing(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties="id\n", relationships=HEAD)
    result = loading(tmp_path / "in")
    assert (result.read, result.load, result.revision) == (0, None, 0)


def test_utf_16_is_an_error_that_names_it(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties=PEOPLE.encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16; save it as UTF-8"):
        loading(tmp_path / "in")


def test_a_folder_without_any_input_is_an_error_that_lists_the_file_names(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", people=PEOPLE)
    with pytest.raises(InputError, match=r"holds none of parties.csv"):
        loading(tmp_path / "in")
    with pytest.raises(InputError, match="does not exist"):
        loading(tmp_path / "absent")


def test_one_table_in_two_formats_is_an_error(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties=PEOPLE)
    pq.write_table(pa.table({"id": ["ann"]}), tmp_path / "in" / "parties.parquet")
    with pytest.raises(InputError, match=r"holds both parties\.csv and parties\.parquet"):
        loading(tmp_path / "in")


@pytest.mark.parametrize("damage", ["cut", "flipped", "text"])
def test_a_damaged_parquet_file_undoes_the_load(
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


def test_parquet_texts_that_are_not_utf_8_are_an_error(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    bad = pa.array([b"ann", b"\xff\xfe"], pa.binary()).view(pa.string())
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"id": bad}), tmp_path / "in" / "parties.parquet")
    with pytest.raises(InputError, match="damaged after row 0"):
        loading(tmp_path / "in")
    assert facts(store) == set()

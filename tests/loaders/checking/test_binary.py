"""Parquet columns of bytes: UTF-8 is read as text, a row with other bytes is rejected."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.stores.base import GraphStore
from tests.loaders.conftest import Loading
from tests.loaders.files import parties, rejects, write

BYTES = [pa.binary(), pa.large_binary(), pa.binary(3), pa.dictionary(pa.int32(), pa.binary())]


def put(folder: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), write(folder) / "parties.parquet")
    return folder


@pytest.mark.parametrize("kind", BYTES, ids=str)
def test_ids_whose_bytes_are_not_utf_8_are_rejected(
    tmp_path: Path, loading: Loading, store: GraphStore, kind: pa.DataType
) -> None:
    ids = pa.array([b"ann", b"b\xff1", b"b\xfe1", None], pa.binary())
    put(tmp_path / "in", id=ids.dictionary_encode() if pa.types.is_dictionary(kind) else ids.cast(kind))
    result = loading(tmp_path / "in")
    assert [(reject.line, reject.code, reject.value) for reject in result.examples] == [
        (2, "bad_encoding", r"b\xff1"), (3, "bad_encoding", r"b\xfe1"), (4, "missing_id", ""),
    ]  # fmt: skip
    assert result.examples[0].text == "the bytes of id are not UTF-8; write it as text"
    assert (result.read, sorted(parties(store))) == (4, ["ann"])


def test_a_row_that_csv_cannot_hold_is_rejected_until_it_is_corrected(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    put(
        tmp_path / "in",
        id=pa.array(["an\0n", "bo", "cy"]),
        name=pa.array([b"Ann", b"B\xffo", b"Cy"]),
        income=[1.0, 2.0, 3.0],
    )
    path = loading(tmp_path / "in").rejects_file
    assert path is not None
    assert b"\0" not in path.read_bytes()
    assert [(row["line"], row["id"], row["name"]) for row in rejects(path)] == [
        ("1", r"an\0n", "Ann"), ("2", "bo", r"B\xffo"),
    ]  # fmt: skip
    again = loading(path)
    assert (again.rejected, sorted(parties(store))) == (2, ["cy"])
    for written, meant in ((r"an\0n,Ann,1,", "ann,Ann,1"), (r"B\xffo,2,", "Bo,2")):
        path.write_text(path.read_text().replace(written, meant))
    assert loading(path).rejected == 0
    assert {id: (row["name"], row["attributes"]) for id, row in parties(store).items()} == {
        "ann": ("Ann", '{"income":1.0}'), "bo": ("Bo", '{"income":2.0}'), "cy": ("Cy", '{"income":3.0}'),
    }  # fmt: skip


def test_bytes_in_ignored_columns_are_not_checked(tmp_path: Path, loading: Loading) -> None:
    mapping = tmp_path / "people.toml"
    mapping.write_text(
        'name = "people"\n[[files]]\nname = "parties.parquet"\ntable = "parties"\nignore = ["photo", "tags"]\n'
        '[files.fields]\nid = "id"\n'
    )
    put(tmp_path / "in", id=pa.array(["ann"]), photo=pa.array([b"\xff\xd8"]), tags=pa.array([["a"]]))
    result = loading(tmp_path / "in", mapping=mapping)
    assert (result.rejected, result.warnings) == (0, ())


def test_columns_of_lists_and_records_are_ignored_with_a_warning(tmp_path: Path, loading: Loading) -> None:
    put(tmp_path / "in", id=pa.array(["ann"]), tags=pa.array([["a"]]), home=pa.array([{"city": "Ash"}]))
    assert loading(tmp_path / "in").warnings == (
        "parties.parquet: ignored tags, home, which hold lists or records; write one value a row",
    )

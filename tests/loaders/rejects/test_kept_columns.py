"""What a rejects file holds of a row: the value it was rejected for, and no column that may not be stored."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.stores.base import GraphStore
from tests.loaders.conftest import Loading
from tests.loaders.files import links, parties, rejects, write

NAN = float("nan")


def put(folder: Path, table: str, **columns: list[object]) -> Path:
    pq.write_table(pa.table(columns), write(folder) / f"{table}.parquet")
    return folder


def corrected(path: Path | None, wrong: str, right: str) -> Path:
    assert path is not None
    text = path.read_text()
    assert text.count(wrong) == 1
    path.write_text(text.replace(wrong, right))
    return path


@pytest.mark.parametrize(
    ("field", "code"),
    [("weight", "not_finite"), ("amount", "not_finite"), ("count", "not_finite"), ("time", "bad_time")],
)
def test_an_uncorrected_nan_is_rejected_again(
    tmp_path: Path, loading: Loading, store: GraphStore, field: str, code: str
) -> None:
    ends: dict[str, list[object]] = {"source": ["ann", "bo"], "target": ["bo", "cy"]}
    put(tmp_path / "in", "relationships", **ends, **{field: [1.0, NAN]})
    rejects_file = loading(tmp_path / "in").rejects_file
    [again] = loading(rejects_file).examples
    assert (again.column, again.value, again.code) == (field, "nan", code)
    assert loading(corrected(rejects_file, ",nan", ",2")).loaded["relationships"] == 1
    assert [link["first" if field == "time" else field] for link in links(store)] == [1, 2]


def test_a_nan_that_means_missing_is_written_as_missing(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    """Of pandas, a column of numbers with gaps: an attribute, and an id."""
    put(tmp_path / "in", "parties", id=[7.0, NAN], kind=["Robot", "Person"], income=[NAN, 5.0])
    rejects_file = loading(tmp_path / "in").rejects_file
    assert [(row["id"], row["income"]) for row in rejects(rejects_file)] == [("7", ""), ("", "5")]
    again = loading(corrected(rejects_file, ",Robot,", ",Person,"))
    assert (again.reasons, parties(store)["7"]["attributes"]) == ({"missing_id": 1}, "{}")


def test_forbidden_columns_are_not_in_a_rejects_file(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    people = "id,Religion,income,blood_type\nann,none,inf,0\nbo,,inf,\ncy,too,few\n"
    rejects_file = loading(write(tmp_path / "in", parties=people)).rejects_file
    assert rejects_file is not None
    head, ann, bo, cy = (line.split(",") for line in rejects_file.read_text().splitlines())
    assert head == ["file", "line", "reason", "id", "income"]
    assert (ann[-2:], bo[-2:], cy[-3:]) == (["ann", "inf"], ["bo", "inf"], ["cy", "too", "few"])
    again = loading(corrected(rejects_file, "ann,inf", "ann,5"))
    assert (again.reasons, again.warnings) == ({"not_finite": 1, "wrong_width": 1}, ())
    assert {id: row["attributes"] for id, row in parties(store).items()} == {"ann": '{"income":5.0}'}


def test_a_malformed_row_as_wide_as_its_rejects_file_is_rejected_again(tmp_path: Path, loading: Loading) -> None:
    """The row lacks a value, and the rejects file a column: neither makes up for the other."""
    rejects_file = loading(write(tmp_path / "in", parties="id,religion,income\nann,none\n")).rejects_file
    for _ in range(2):
        result = loading(rejects_file)
        assert result.reasons == {"wrong_width": 1}
        rejects_file = result.rejects_file


def test_forbidden_columns_of_undecodable_rows_are_not_in_a_rejects_file(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    put(tmp_path / "in", "parties", id=[b"an\xff"], religion=["none"], income=[5.0])
    write(tmp_path / "in", relationships="source,target,religion,weight\nann,ann,none,x\n")
    folder = loading(tmp_path / "in").rejects_file
    assert folder is not None
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    assert [text.splitlines()[0] for text in texts] == [
        "file,line,reason,id,income",
        "file,line,reason,source,target,weight",
    ]
    assert not any("none" in text for text in texts)
    assert loading(folder / "parties.csv").reasons == {"wrong_width": 1}
    assert loading(corrected(folder / "parties.csv", r"an\xff,5,", "ann,5")).loaded["parties"] == 1
    assert parties(store)["ann"]["attributes"] == '{"income":5.0}'

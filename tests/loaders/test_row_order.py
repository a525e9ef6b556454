"""The order of rows is that of the files, although a store does not keep it; ids are those that a load records."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graph.stores.base import GraphStore
from loaders.row_order import row_order
from tests.loaders.conftest import Loading
from tests.loaders.files import parties, write

MAPPING = """
name = "firms"
[[files]]
name = "firms.csv"
table = "parties"
delimiter = ";"
[files.fields]
id = { column = "number", prefix = "firm ", missing = ["-"] }
[[files]]
name = "firms.csv"
table = "outcomes"
delimiter = ";"
[files.fields]
id = { column = "number", prefix = "firm " }
outcome = "failed"
"""


def test_ids_are_in_the_order_of_the_rows(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", parties="id\nzoe\nann\nbo\n", outcomes="id,outcome\nbo,1\nzoe,0\n")
    assert row_order([folder]) == {"parties": ["zoe", "ann", "bo"], "outcomes": ["bo", "zoe"]}


def test_ids_are_those_that_a_load_records(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    (tmp_path / "firms.csv").write_text("number;failed\n9;1\n10;0\n2;0\n")
    mapping = tmp_path / "firms.toml"
    mapping.write_text(MAPPING)
    listed = row_order([tmp_path / "firms.csv"], mapping)
    assert listed["parties"] == listed["outcomes"] == ["firm 9", "firm 10", "firm 2"]
    loading(tmp_path / "firms.csv", mapping=mapping)
    assert parties(store).keys() == set(listed["parties"])


def test_parquet_rows_are_ordered_and_rows_without_an_id_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", outcomes="id,outcome\n,1\nbo,0\n")
    pq.write_table(pa.table({"id": ["bo", "ann"]}), folder / "parties.parquet")
    assert row_order([folder]) == {"parties": ["bo", "ann"], "outcomes": ["bo"]}

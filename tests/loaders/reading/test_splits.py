"""splits.csv and splits.parquet: the parties of train, val and test."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import InputError
from loaders.reading.splits import read_splits
from tests.loaders.files import write


def test_each_split_maps_its_parties_to_parts_and_leaves_out_empty_cells(tmp_path: Path) -> None:
    write(tmp_path, splits="id,split_0,split_1\nann,train,\nbo,test,val\n")
    assert read_splits(tmp_path) == {"split_0": {"ann": "train", "bo": "test"}, "split_1": {"bo": "val"}}


@pytest.mark.parametrize("again", ["train", "test", ""])
def test_a_party_in_two_rows_is_an_error(tmp_path: Path, again: str) -> None:
    write(tmp_path, splits=f"id,split_0\nann,train\nbo,test\nann,{again}\n")
    with pytest.raises(InputError, match=r"splits\.csv, line 4: 'ann' is already in line 2; keep one of them"):
        read_splits(tmp_path)


def test_a_party_in_two_rows_of_parquet_is_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [7.0, 8.0, 7.0], "split_0": ["train", "val", "test"]}), tmp_path / "splits.parquet")
    with pytest.raises(InputError, match=r"splits\.parquet, line 3: '7' is already in line 1"):
        read_splits(tmp_path)


def test_a_part_other_than_train_val_and_test_is_an_error_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, splits="id,split_0\nann,train\nbo,dev\n")
    with pytest.raises(InputError, match="line 3: split_0 is 'dev'; use train, val, test or nothing"):
        read_splits(tmp_path)

"""Who teaches and who judges, as splits.csv or splits.parquet says it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import InputError
from loaders.reading.splits import read_splits
from tests.loaders.files import write


def test_each_split_names_its_parties_and_leaves_out_those_without_a_word(tmp_path: Path) -> None:
    write(tmp_path, splits="id,split_0,split_1\nann,train,\nbo,test,val\n")
    assert read_splits(tmp_path) == {"split_0": {"ann": "train", "bo": "test"}, "split_1": {"bo": "val"}}


@pytest.mark.parametrize("again", ["train", "test", ""])
def test_a_party_stands_in_one_row(tmp_path: Path, again: str) -> None:
    write(tmp_path, splits=f"id,split_0\nann,train\nbo,test\nann,{again}\n")
    with pytest.raises(InputError, match=r"splits\.csv, line 4: 'ann' stands in line 2 already; keep one of them"):
        read_splits(tmp_path)


def test_a_party_stands_in_one_row_of_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [7.0, 8.0, 7.0], "split_0": ["train", "val", "test"]}), tmp_path / "splits.parquet")
    with pytest.raises(InputError, match=r"splits\.parquet, line 3: '7' stands in line 1 already"):
        read_splits(tmp_path)


def test_another_word_than_the_three_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, splits="id,split_0\nann,train\nbo,dev\n")
    with pytest.raises(InputError, match="line 3: split_0 is 'dev'; use train, val, test or nothing"):
        read_splits(tmp_path)

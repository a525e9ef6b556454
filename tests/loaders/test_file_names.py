"""Files and folders whose names are not UTF-8 load, and messages name them with those bytes escaped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graph.stores.base import GraphStore
from tests.loaders.conftest import Loading
from tests.loaders.files import PEOPLE, parties, rejects, write

ODD = os.fsdecode(b"n\xff")
MAPPING = 'name = "odd"\n[[files]]\nname = "n*.csv"\ntable = "parties"\n[files.fields]\nid = "id"\n'


def test_a_folder_whose_name_is_not_utf_8_loads(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    folder = write(tmp_path / ODD, parties=PEOPLE + "di\n,\n", relationships="source,target\nann,zoe\n")
    result = loading(folder)
    assert (result.source, result.loaded["parties"], result.rejected) == (r"n\xff", 4, 2)
    assert {row["origin"] for row in parties(store).values()} == {r"n\xff"}
    assert loading(folder).unchanged == 4
    again = loading(result.rejects_file)
    assert (again.source, again.rejected) == (r"n\xff", 2)


def test_a_file_whose_name_is_not_utf_8_is_named_with_escaped_bytes(tmp_path: Path, loading: Loading) -> None:
    mapping = tmp_path / "odd.toml"
    mapping.write_text(MAPPING)
    write(tmp_path / "in", **{ODD: "id,income,religion\nann,1,\nbo,inf,\n"})
    result = loading(tmp_path / "in", mapping=mapping)
    assert [(reject.file, reject.line) for reject in result.examples] == [(r"n\xff.csv", 3)]
    assert result.warnings == (r"n\xff.csv: dropped, because it may not be stored: religion",)
    assert [(row["file"], row["line"]) for row in rejects(result.rejects_file)] == [(r"n\xff.csv", "3")]
    assert loading(result.rejects_file, mapping=mapping).rejected == 1


@pytest.mark.parametrize("source", [None, "s" + ODD])
def test_a_dry_run_and_a_source_may_have_a_name_that_is_not_utf_8(
    tmp_path: Path, loading: Loading, source: str | None
) -> None:
    result = loading(write(tmp_path / ODD, parties=PEOPLE), source=source, dry_run=True)
    assert (result.source, result.loaded["parties"]) == (r"n\xff" if source is None else r"sn\xff", 3)

"""Files that say which ids are one party: facts of the kind SAME_AS, whose ends are parties."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import MappingError
from graph.snapshots.build import build_snapshot
from graph.stores.base import GraphStore
from loaders.mapping_file import parse_mapping
from tests.loaders.conftest import Loading
from tests.loaders.files import PEOPLE, endpoints, links, parties, rejected_rows, write

MAPPING = (
    'name = "crm"\nends = "refuse"\n[[files]]\nname = "people.csv"\ntable = "parties"\n[files.fields]\nid = "no"\n'
    '[[files]]\nname = "merges.csv"\ntable = "same_as"\n{file}\n[files.fields]\na = "old"\nb = "new"\n'
    'valid_from = "since"\n'
)


def test_a_table_of_ids_that_are_one_party_is_loaded_as_facts(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    same = "a,b,valid_from,valid_to\nann,K-7,2020-01-01,2031-01-01\nbo,K-8,,\n"
    result = loading(write(tmp_path / "in", parties=PEOPLE, same_as=same))
    assert (result.loaded["relationships"], result.implied, result.rejected) == (2, 2, 0)
    first, second = links(store)
    assert (first["source"], first["target"], first["kind"]) == ("K-7", "ann", "SAME_AS")  # which sorts first
    assert (first["first"], first["last"]) == (1577836800.0, 1924992000.0)  # an end may lie in the future
    assert (second["first"], second["last"]) == (None, None)
    assert parties(store)["K-7"]["implied"] and not parties(store)["ann"]["implied"]
    assert build_snapshot(store, tmp_path / "s").ids_of(0) == ("K-7", "ann")


def test_a_mapping_can_read_such_a_table(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    (tmp_path / "crm.toml").write_text(MAPPING.format(file='key = ["old"]'))
    write(tmp_path / "1", people="no\nann\nbo\n", merges="old,new,since\n7,ann,2020-01-01\n8,ann,\n")
    loading(tmp_path / "1", mapping=tmp_path / "crm.toml")
    write(tmp_path / "2", people="no\nann\nbo\n", merges="old,new,since\n7,bo,2021-01-01\n")
    assert loading(tmp_path / "2", mapping=tmp_path / "crm.toml").ended == 1
    assert endpoints(store) == [("7", "bo", "SAME_AS"), ("8", "ann", "SAME_AS")]


def test_an_id_is_always_itself(tmp_path: Path, loading: Loading) -> None:
    result = loading(write(tmp_path / "in", same_as="a,b\nann,ann\nann,bo\n,bo\n"))
    assert rejected_rows(result) == [(2, "b", "ann", "same_id"), (4, "a", "", "missing_id")]


def test_rejected_rows_can_be_corrected_and_loaded(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    result = loading(write(tmp_path / "in", same_as="a,b\nann,ann\n"))
    assert result.rejects_file is not None
    rejected = result.rejects_file.read_text().replace("ann,ann", "ann,bo")
    result.rejects_file.write_text(rejected)
    assert loading(result.rejects_file).loaded["relationships"] == 1
    assert endpoints(store) == [("ann", "bo", "SAME_AS")]


def test_ids_of_such_a_table_are_parties_for_links_too(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    folder = write(
        tmp_path / "in", parties=PEOPLE, relationships="source,target,kind\nK-7,bo,PAYS\n", same_as="a,b\nK-7,ann\n"
    )
    assert loading(folder).rejected == 0
    assert endpoints(store) == [("K-7", "ann", "SAME_AS"), ("K-7", "bo", "PAYS")]


def test_a_row_key_of_links_is_none_of_this_table(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    keyed = {"relationships": "source,target,kind,key\nann,bo,PAYS,1\n", "same_as": "a,b,key\nann,cy,1\n"}
    assert loading(write(tmp_path / "in", parties=PEOPLE, **keyed)).warnings == ()
    assert endpoints(store) == [("ann", "bo", "PAYS"), ("ann", "cy", "SAME_AS")]


@pytest.mark.parametrize(
    ("second", "left"),
    [
        ({"same_as": "a,b\nann,bo\n"}, [("ann", "bo", "SAME_AS"), ("bo", "cy", "KNOWS")]),
        (
            {"relationships": "source,target,kind\nann,cy,KNOWS\n"},
            [("ann", "bo", "SAME_AS"), ("ann", "cy", "KNOWS"), ("bo", "cy", "SAME_AS")],
        ),
    ],
)
def test_a_full_export_of_one_table_ends_nothing_of_the_other(
    tmp_path: Path, loading: Loading, store: GraphStore, second: dict[str, str], left: list[object]
) -> None:
    tables = {"relationships": "source,target,kind\nbo,cy,KNOWS\n", "same_as": "a,b\nann,bo\nbo,cy\n"}
    loading(write(tmp_path / "1", **tables), source="crm")
    loading(write(tmp_path / "2", **second), source="crm", replace=True)
    assert endpoints(store) == left


def test_undoing_the_load_unmerges(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    loading(write(tmp_path / "people", parties=PEOPLE))
    merged = loading(write(tmp_path / "merges", same_as="a,b\nann,bo\n"))
    assert build_snapshot(store, tmp_path / "merged").n_parties == 2
    assert merged.load is not None
    store.undo(merged.load)
    assert build_snapshot(store, tmp_path / "apart").n_parties == 3


def test_a_mapping_names_the_fields_of_the_table() -> None:
    with pytest.raises(MappingError, match="'weight' is no field of same_as; use a, b, valid_from, valid_to"):
        parse_mapping((MAPPING.format(file="") + 'weight = "w"\n').encode(), "crm")

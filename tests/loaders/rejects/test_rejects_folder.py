"""Corrected rows load into the source they belong to, whatever its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import InputError
from graph.stores.base import GraphStore
from loaders.reading.rejects_folder import MAX_NAME_BYTES, rejects_folder
from tests.loaders.conftest import Loading
from tests.loaders.files import parties, rejects, write

NAMES = ["shop", "shop/2025", "a\\b", "..", ".hidden", "shop ", "\u5546\u5e97", "\u5546" * 200, "n" * 101, 'a:"b"\r\nc']


@pytest.mark.parametrize("source", NAMES)
@pytest.mark.parametrize("by_folder", [True, False], ids=["folder", "file"])
def test_corrected_rows_belong_to_the_source_of_their_input(
    tmp_path: Path, loading: Loading, store: GraphStore, source: str, by_folder: bool
) -> None:
    first = loading(write(tmp_path / "in", parties="id,income\nann,1\nbo,inf\n"), source=source)
    rejects_file = first.rejects_file
    assert rejects_file is not None
    assert rejects_file.is_relative_to(tmp_path / "rejects")
    for income in ("inf", "2"):
        rejects_file.write_text(rejects_file.read_text().replace(",inf\n", f",{income}\n"))
        again = loading(rejects_file.parent if by_folder else rejects_file)
        assert (first.source, again.source) == (source, source)
        rejects_file = again.rejects_file or rejects_file
    assert {row["origin"] for row in parties(store).values()} == {source}
    assert sorted(parties(store)) == ["ann", "bo"]


def test_a_mapping_of_every_file_does_not_read_the_file_that_names_the_source(tmp_path: Path, loading: Loading) -> None:
    mapping = tmp_path / "any.toml"
    mapping.write_text('name = "a/b"\n[[files]]\nname = "*"\ntable = "parties"\n[files.fields]\nid = "id"\n')
    rejects_file = loading(write(tmp_path / "in", people="id,income\nbo,inf\n"), mapping=mapping).rejects_file
    assert rejects_file is not None
    again = loading(rejects_file.parent, mapping=mapping)
    assert (again.source, again.read, again.rejected) == ("a/b", 1, 1)


def test_rejects_of_many_folders_have_a_folder_name_of_bounded_length(tmp_path: Path, loading: Loading) -> None:
    folders = [write(tmp_path / f"shop-{n:03}", parties=f"id,income\np{n},inf\n") for n in range(40)]
    result = loading(*folders)
    assert (result.rejected, len(result.source)) == (40, 40 * 9 - 1)
    paths = list((tmp_path / "rejects").rglob("parties.csv"))
    assert sorted(row["id"] for path in paths for row in rejects(path)) == sorted(f"p{n}" for n in range(40))
    assert {loading(path).source for path in paths[:2]} == {result.source}


def test_no_two_sources_share_a_folder_and_plain_names_are_kept(tmp_path: Path) -> None:
    names = [*NAMES, "shop_2025", "a_b", "shop", "hidden", "n" * 100, "n" * 102]
    folders = {name: rejects_folder(name, "0" * 64, [], tmp_path).path for name in names}
    assert len(set(folders.values())) == len(folders)
    assert all(path.parent == tmp_path / ("0" * 12) for path in folders.values())
    assert all(len(path.name.encode()) <= MAX_NAME_BYTES for path in folders.values())
    assert {name for name, path in folders.items() if path.name == name} == {
        "shop", "\u5546\u5e97", "shop_2025", "a_b", "hidden", "n" * 100,
    }  # fmt: skip


def test_an_unreadable_source_file_is_an_error_that_suggests_source(tmp_path: Path, loading: Loading) -> None:
    rejects_file = loading(write(tmp_path / "in", parties="id,income\nbo,inf\n"), source="a/b").rejects_file
    assert rejects_file is not None
    (rejects_file.parent / ".source").write_bytes(b"\xff")
    with pytest.raises(InputError, match="--source"):
        loading(rejects_file)
    assert loading(rejects_file, source="a/b").source == "a/b"

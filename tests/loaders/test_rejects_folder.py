"""Rejects come back to the source they belong to, whatever it is called."""

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
@pytest.mark.parametrize("whole", [True, False], ids=["folder", "file"])
def test_corrected_rows_belong_to_the_source_of_their_input(
    tmp_path: Path, loading: Loading, store: GraphStore, source: str, whole: bool
) -> None:
    first = loading(write(tmp_path / "in", parties="id,income\nann,1\nbo,inf\n"), source=source)
    kept = first.rejects_file
    assert kept is not None
    assert kept.is_relative_to(tmp_path / "rejects")
    for income in ("inf", "2"):
        kept.write_text(kept.read_text().replace(",inf\n", f",{income}\n"))
        again = loading(kept.parent if whole else kept)
        assert (first.source, again.source) == (source, source)
        kept = again.rejects_file or kept
    assert {row["origin"] for row in parties(store).values()} == {source}
    assert sorted(parties(store)) == ["ann", "bo"]


def test_a_mapping_that_describes_every_file_does_not_read_what_tells_the_source(
    tmp_path: Path, loading: Loading
) -> None:
    mapping = tmp_path / "any.toml"
    mapping.write_text('name = "a/b"\n[[files]]\nname = "*"\ntable = "parties"\n[files.fields]\nid = "id"\n')
    kept = loading(write(tmp_path / "in", people="id,income\nbo,inf\n"), mapping=mapping).rejects_file
    assert kept is not None
    again = loading(kept.parent, mapping=mapping)
    assert (again.source, again.read, again.rejected) == ("a/b", 1, 1)


def test_many_folders_at_once_may_have_a_name_that_no_folder_can_have(tmp_path: Path, loading: Loading) -> None:
    folders = [write(tmp_path / f"shop-{n:03}", parties=f"id,income\np{n},inf\n") for n in range(40)]
    result = loading(*folders)
    assert (result.rejected, len(result.source)) == (40, 40 * 9 - 1)
    kept = list((tmp_path / "rejects").rglob("parties.csv"))
    assert sorted(row["id"] for path in kept for row in rejects(path)) == sorted(f"p{n}" for n in range(40))
    assert {loading(path).source for path in kept[:2]} == {result.source}


def test_two_sources_never_share_a_folder_and_plain_names_stay(tmp_path: Path) -> None:
    names = [*NAMES, "shop_2025", "a_b", "shop", "hidden", "n" * 100, "n" * 102]
    folders = {name: rejects_folder(name, "0" * 64, [], tmp_path).path for name in names}
    assert len(set(folders.values())) == len(folders)
    assert all(path.parent == tmp_path / ("0" * 12) for path in folders.values())
    assert all(len(path.name.encode()) <= MAX_NAME_BYTES for path in folders.values())
    assert {name for name, path in folders.items() if path.name == name} == {
        "shop", "\u5546\u5e97", "shop_2025", "a_b", "hidden", "n" * 100,
    }  # fmt: skip


def test_a_source_that_cannot_be_read_is_said(tmp_path: Path, loading: Loading) -> None:
    kept = loading(write(tmp_path / "in", parties="id,income\nbo,inf\n"), source="a/b").rejects_file
    assert kept is not None
    (kept.parent / ".source").write_bytes(b"\xff")
    with pytest.raises(InputError, match="--source"):
        loading(kept)
    assert loading(kept, source="a/b").source == "a/b"

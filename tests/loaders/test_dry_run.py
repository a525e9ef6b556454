"""A dry run counts what a load would do, in a scratch store with the facts of its source; the store is only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import UnfinishedLoad
from graph.schema import RelationshipKind
from graph.stores.base import GraphStore
from loaders.dry_run import scratch_store
from tests.loaders.conftest import Loading
from tests.loaders.files import HEAD, LINK, PEOPLE, endpoints, facts, parties, write


def test_a_dry_run_resolves_endpoints_in_the_store(tmp_path: Path, loading: Loading) -> None:
    loading(write(tmp_path / "registry", parties=PEOPLE))
    more = write(tmp_path / "more", parties="id\ndi\n", relationships="source,target\ndi,ann\ndi,zoe\n")
    for dry_run in (True, False):
        result = loading(more, dry_run=dry_run)
        assert (result.rejected, result.reasons, result.loaded["relationships"]) == (1, {"dangling_end": 1}, 1)


def test_a_dry_run_counts_parties_that_its_source_implied_before_as_known(tmp_path: Path, loading: Loading) -> None:
    loading(write(tmp_path / "first", relationships=HEAD + LINK), source="shop")
    more = write(tmp_path / "more", relationships=HEAD + "ann,bo,PAYS\nbo,cy,PAYS\n")
    for dry_run in (True, False):
        result = loading(more, source="shop", dry_run=dry_run)
        assert (result.implied, result.loaded["relationships"], result.unchanged) == (1, 2, 0)


def test_a_scratch_store_holds_the_facts_of_its_source_and_the_kinds_of_the_store(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    loading(write(tmp_path / "shop", parties="id\nann\nbo\n", relationships=HEAD + LINK))
    loading(write(tmp_path / "bank", parties="id\nbo\ncy\n", relationships=HEAD + "bo,cy,PAYS\n"))
    store.define_kinds([RelationshipKind("SUPPLIES", "money")])
    before = facts(store)
    with scratch_store(store, "shop", "these files") as scratch:
        assert sorted(parties(scratch)) == ["ann", "bo"]
        assert endpoints(scratch) == [("ann", "bo", "KNOWS")]
        assert scratch.kinds() == store.kinds()
        path = scratch.path
    assert not path.exists()
    assert facts(store) == before


def test_a_dry_run_fails_while_a_load_of_other_files_of_its_source_is_unfinished(store: GraphStore) -> None:
    store.begin_load("shop", "other files")
    with pytest.raises(UnfinishedLoad, match="kith load --undo 1"), scratch_store(store, "shop", "these files"):
        pass
    with scratch_store(store, "shop", "other files") as scratch:
        assert facts(scratch) == set()

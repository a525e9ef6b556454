"""The network that is evaluated: a snapshot is built again from its own store, and from no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import UsageError
from graph.schema import Outcome, Party
from graph.snapshots.build import build_snapshot
from graph.stores.open import open_store
from service.evaluation.networks import network_of_snapshot
from tests.graph.loading import loaded

ANN, BO = Party("ann", "Person", attributes={"income": 1.0, "shoe_size": 40.0}), Party("bo", "Person")


def test_a_snapshot_is_evaluated_on_its_facts_at_its_revision_whatever_was_loaded_since(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    loaded(store, ANN, BO, Outcome("ann", "default", "1"))
    snapshot = build_snapshot(store, tmp_path / "snapshot")
    loaded(store, Party("cy", "Person"), fingerprint="2")
    network = network_of_snapshot(snapshot.folder, store, tmp_path / "scratch")
    assert network.snapshot.id == snapshot.id and network.facts.revision() == 1
    later = build_snapshot(network.facts, tmp_path / "again")
    assert later.id == snapshot.id, "what else is built of its facts is of that revision too"
    store.close()


def test_a_protected_column_is_protected_in_the_evaluation_and_not_in_the_store(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    loaded(store, ANN, BO)
    snapshot = build_snapshot(store, tmp_path / "snapshot")
    network = network_of_snapshot(snapshot.folder, store, tmp_path / "scratch", ["shoesize"])
    assert network.snapshot.protected == {"shoe_size"} and store.protected() == frozenset()
    store.close()


def test_another_store_is_refused(tmp_path: Path) -> None:
    store, other = (open_store(f"sqlite:///{tmp_path / name}.db") for name in ("one", "other"))
    loaded(store, ANN, BO)
    loaded(other, BO)
    snapshot = build_snapshot(store, tmp_path / "snapshot")
    with pytest.raises(UsageError, match="was not built from SQLite store"):
        network_of_snapshot(snapshot.folder, other, tmp_path / "scratch")
    store.close()
    other.close()

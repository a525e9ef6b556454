"""Snapshots as of several times from one reading have the bytes of those that are built one by one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import UsageError
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.series import build_series
from graph.snapshots.snapshot import Snapshot
from tests.graph.networks import Fact, MemoryStore, load_facts

times = st.one_of(st.none(), st.integers(0, 6).map(float))
people, accounts = ["a", "b", "c", "d"], ["x", "y"]


def files(snapshot: Snapshot) -> dict[str, bytes]:
    return {
        str(path.relative_to(snapshot.folder)): path.read_bytes()
        for path in sorted(snapshot.folder.rglob("*"))
        if path.is_file()
    }


class CountedReads(MemoryStore):
    """A store that counts how often its links were read."""

    reads = 0

    def read_relationships(self, *asked: Any) -> Any:
        self.reads += 1
        return super().read_relationships(*asked)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Parties with dated attributes, payments between them and their accounts, SAME_AS facts, and outcomes."""
    facts: list[Fact] = []
    for id in (*people, *accounts):
        kind = "Account" if id in accounts else "Person"
        since, income = draw(times), draw(st.sampled_from([1, 2, "many", None]))
        facts.append(Party(id, kind, f"Name {id}", {"income": income, f"only_{id}": 1}, valid_from=since))
    for key in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["PAYS", "PAYS", "KNOWS", "HOLDS_ACCOUNT", "SAME_AS"]))
        ends = people if kind in {"SAME_AS", "KNOWS"} else [*people, *accounts, "nobody"]
        source = draw(st.sampled_from(people if kind == "HOLDS_ACCOUNT" else ends))
        target = draw(st.sampled_from(accounts if kind == "HOLDS_ACCOUNT" else ends))
        first, last = draw(times), draw(times)
        if first is not None and last is not None:
            first, last = min(first, last), max(first, last)
        amount, count = draw(st.sampled_from([None, 5.0])), draw(st.sampled_from([None, 3]))
        facts.append(Relationship(source, target, kind, str(key), None, first, last, count, amount))
    for key in range(draw(st.integers(0, 4))):
        outcome = draw(st.sampled_from(["good", "default", "cured"]))
        facts.append(Outcome(draw(st.sampled_from(people)), outcome, str(key), draw(times), draw(times)))
    return facts


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(facts=histories(), as_of=st.lists(times, min_size=1, max_size=4))
def test_each_snapshot_of_a_series_has_the_bytes_of_one_that_is_built_alone(
    tmp_path_factory: Any, facts: list[Fact], as_of: list[float | None]
) -> None:
    folder, store = tmp_path_factory.mktemp("series"), CountedReads()
    load_facts(store, facts)
    series = build_series(store, folder / "series", as_of)
    assert store.reads == 1
    for number, (time, snapshot) in enumerate(zip(as_of, series, strict=True)):
        alone = build_snapshot(store, folder / str(number), time)
        assert files(snapshot) == files(alone)
        assert Snapshot.open(snapshot.folder, verify=True).id == alone.id


def test_the_snapshots_of_a_series_are_of_one_revision(tmp_path: Path) -> None:
    store = MemoryStore()
    first = load_facts(store, [Party("ann", "Person")], fingerprint="1")
    load_facts(store, [Party("bob", "Person")], fingerprint="2")
    before, both = (build_series(store, tmp_path / str(at), [1.0, None], at) for at in (first, None))
    assert [snapshot.n_parties for snapshot in before] == [1, 1]
    assert [snapshot.n_parties for snapshot in both] == [2, 2]


def test_files_of_parties_that_did_not_change_are_one_file_on_the_disk(tmp_path: Path) -> None:
    store = MemoryStore()
    load_facts(
        store, [Party("ann", "Person"), Party("bob", "Person"), Relationship("ann", "bob", "KNOWS", "1", first=5)]
    )
    names = [snapshot.folder / "parties/id.utf8" for snapshot in build_series(store, tmp_path, [1.0, 9.0, None])]
    assert all(a.samefile(b) for a, b in pairwise(names))


def test_a_time_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nan is not a time"):
        build_series(MemoryStore(), tmp_path, [1.0, float("nan")])

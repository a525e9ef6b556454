"""An overlay equals the snapshot that is built from the changed facts, array by array."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import UnknownKind
from graph.schema import RELATIONSHIP_KINDS, Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.overlay import AddLinks, Change, Cure, RemoveLinks, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot
from tests.graph.networks import Fact, MemoryStore, load_facts

IDS = ("a", "b", "c", "d")
LINKS = ("first", "last", "weight", "count", "amount", "context", "out_indptr", "out_target")
INCOMING = ("in_indptr", "in_source", "in_entry")
OUTCOMES = ("party", "outcome", "opened", "closed", "state")


def built(facts: list[Fact], folder: Path, as_of: float | None = None) -> Snapshot:
    store = MemoryStore()
    load_facts(store, facts)
    return build_snapshot(store, folder, as_of)


def assert_equal(overlay: Snapshot, expected: Snapshot) -> None:
    assert overlay.kinds == expected.kinds
    assert overlay.categories == expected.categories
    for kind in expected.kinds:
        for name in (*LINKS, *INCOMING):
            ours, theirs = (np.asarray(getattr(s.links(kind), name)) for s in (overlay, expected))
            assert ours.dtype == theirs.dtype, name
            assert ours.tobytes() == theirs.tobytes(), (kind, name)
    for name in OUTCOMES:
        ours, theirs = (np.asarray(getattr(s.outcomes, name)) for s in (overlay, expected))
        assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes(), name
    assert [overlay.id_of(row) for row in range(overlay.n_parties)] == [
        expected.id_of(row) for row in range(expected.n_parties)
    ]


def changed(facts: list[Fact], change: Change, as_of: float | None = None) -> list[Fact]:
    """The facts after a change."""
    if isinstance(change, Cure):
        return [*facts, Outcome(IDS[change.party], "cured", "cure", opened=as_of)]
    if isinstance(change, AddLinks):
        link = Relationship(
            IDS[change.source], IDS[change.target], change.kind, "", first=change.first, last=change.last
        )
        link = replace(link, count=change.count, amount=None if change.amount != change.amount else change.amount)
        return [*facts, *(replace(link, key=f"new{i}") for i in range(change.times))]
    removed = {(IDS[change.source], IDS[change.target])}
    if RELATIONSHIP_KINDS[change.kind].symmetric:
        removed |= {(b, a) for a, b in removed}
    return [
        fact
        for fact in facts
        if not (isinstance(fact, Relationship) and fact.kind == change.kind and (fact.source, fact.target) in removed)
    ]


PARTIES: list[Fact] = [Party(id, "Person", id.upper(), {"income": 1.0}) for id in IDS]
KINDS = st.sampled_from(["CALLS", "KNOWS"])  # one directed, one symmetric
ENDS = st.integers(0, len(IDS) - 1)
TIMES = st.sampled_from([1.0, 2.0, 3.0])
LINK = st.tuples(ENDS, ENDS, KINDS, TIMES | st.none(), st.integers(1, 3) | st.none())
ADDED = st.builds(AddLinks, KINDS, ENDS, ENDS, st.integers(1, 3), TIMES, TIMES, count=st.integers(1, 3))


@settings(max_examples=8, deadline=None)
@given(st.lists(LINK, min_size=4, max_size=24), st.builds(RemoveLinks, KINDS, ENDS, ENDS) | ADDED)
def test_any_change_of_links_equals_the_snapshot_of_the_changed_facts(
    links: list[tuple[int, int, str, float | None, int | None]], change: RemoveLinks | AddLinks
) -> None:
    facts = [
        *PARTIES,
        Relationship("a", "b", "CALLS", "always"),
        Relationship("a", "b", "KNOWS", "always"),
        *(Relationship(IDS[a], IDS[b], k, str(i), first=t, count=n) for i, (a, b, k, t, n) in enumerate(links)),
    ]
    with tempfile.TemporaryDirectory() as name:
        before = built(facts, Path(name) / "before")
        after = built(changed(facts, change), Path(name) / "after")
        assert_equal(SnapshotOverlay(before, [change]), after)


def test_a_kind_without_links_left_is_not_in_the_overlay(tmp_path: Path) -> None:
    facts = [*PARTIES, Relationship("a", "b", "GUARANTEES", "1"), Relationship("a", "b", "CALLS", "1")]
    overlay = SnapshotOverlay(built(facts, tmp_path / "s"), [RemoveLinks("GUARANTEES", 0, 1)])
    assert overlay.categories == ("contact",)
    with pytest.raises(UnknownKind):
        overlay.links("GUARANTEES")


@pytest.mark.parametrize("as_of", [None, 9.0])
def test_a_cure_is_an_outcome_at_the_time_of_the_snapshot(as_of: float | None, tmp_path: Path) -> None:
    facts = [
        *PARTIES,
        Outcome("b", "default", "1", opened=5.0),
        Outcome("a", "good", "1"),
        Outcome("c", "fraud", "1", days_late=4),
    ]
    before = built(facts, tmp_path / "before", as_of)
    after = built(changed(facts, Cure(1), as_of), tmp_path / "after", as_of)
    assert_equal(SnapshotOverlay(before, [Cure(1)]), after)


def test_several_changes_apply_together(tmp_path: Path) -> None:
    facts = [*PARTIES, *(Relationship(a, b, k, "1") for a in "abc" for b in "bcd" for k in ("CALLS", "GUARANTEES"))]
    changes = [
        RemoveLinks("CALLS", 0, 1),
        RemoveLinks("GUARANTEES", 1, 2),
        Cure(3),
        AddLinks("CALLS", 3, 0, 2, 1.0, 1.0),
    ]
    after = facts
    for change in changes:
        after = changed(after, change)
    base = built(facts, tmp_path / "before")
    overlay = SnapshotOverlay(base, changes)
    assert_equal(overlay, built(after, tmp_path / "after"))
    assert overlay.id != base.id == SnapshotOverlay(base, []).base.id

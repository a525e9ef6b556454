"""A follower answers from the newest acknowledged revision, and its journal is whole or cut off where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from graph.errors import Busy, Lagging
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from service.context import ServingContext
from service.live.follower import Follower
from service.live.journal import locked
from tests.gnn.networks import Trained
from tests.graph.networks import load_facts


@pytest.fixture
def store(hamlet: Trained, tmp_path: Path) -> Iterator[GraphStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    load_facts(opened, (*hamlet.facts.parties, *hamlet.facts.relationships, *hamlet.facts.outcomes))
    yield opened
    opened.close()


@pytest.fixture
def base(store: GraphStore, hamlet: Trained, tmp_path: Path) -> ServingContext:
    return ServingContext(build_snapshot(store, tmp_path / "snapshot"), hamlet.model, "m")


def no_store() -> GraphStore:
    raise AssertionError("a reader asked for the store")


def writer(tmp_path: Path, base: ServingContext, store: GraphStore) -> Follower:
    return Follower(tmp_path / "live", base, lambda: store)


def reader(tmp_path: Path, base: ServingContext) -> Follower:
    return Follower(tmp_path / "live", base, no_store)


def recorded(
    store: GraphStore, follower: Follower, *facts: Party | Relationship | Outcome, source: str = "events"
) -> int:
    with follower.writing() as publish:
        revision = load_facts(store, facts, source, fingerprint=str(store.revision()))
        publish(revision)
    return revision


def scores(context: ServingContext) -> list[object]:
    purpose = context.purpose("fraud_investigation")
    rows = np.arange(context.base.snapshot.n_parties)
    return [one.score for one in context.scorer(purpose).assess_rows(rows, context.terms(purpose))]


def by_id(context: ServingContext) -> dict[str, object]:
    """The score of every party, by its id."""
    purpose, snapshot = context.purpose("fraud_investigation"), context.snapshot
    found = context.scorer(purpose).assess_rows(np.arange(snapshot.n_parties), context.terms(purpose))
    return {snapshot.id_of(one.row): one.score for one in found}


def friend(base: ServingContext) -> str:
    """Somebody with friends and without an outcome."""
    snapshot = base.snapshot
    known = set(snapshot.outcomes.party.tolist())
    links = snapshot.links("FRIEND_OF")
    return next(
        snapshot.id_of(row) for row in range(snapshot.n_parties) if row not in known and len(links.out(row).party)
    )


def test_what_one_process_records_others_answer_without_a_store(
    tmp_path: Path, base: ServingContext, store: GraphStore
) -> None:
    one, other = writer(tmp_path, base, store), reader(tmp_path, base)
    before, party = scores(other.context()), friend(base)
    revision = recorded(store, one, Party(party, "Person", implied=True), Outcome(party, "default", "1", 1e9))
    after = other.context()
    assert after.snapshot.revision == revision and after.snapshot.id == base.snapshot.id
    assert scores(after) == scores(one.context()) != before
    late = reader(tmp_path, base)  # a process that starts only now
    assert late.context().snapshot.revision == revision and scores(late.context()) == scores(after)
    recorded(store, one, Outcome(party, "default", "1", 1e9, state="corrected"))
    assert scores(other.context()) == before


def test_a_question_waits_for_its_revision_and_says_how_far_behind_it_is(
    tmp_path: Path, base: ServingContext, store: GraphStore
) -> None:
    follower = writer(tmp_path, base, store)
    with pytest.raises(Lagging, match="revision 9 is not here yet: this answers from revision 1"):
        follower.context(at_least=9)
    load_facts(store, [Party("new", "Person")], "files")  # by another program, which publishes nothing
    assert follower.context().snapshot.revision == 1
    assert follower.context(at_least=2).snapshot.has("new")
    assert reader(tmp_path, base).context().snapshot.revision == 2


def test_a_record_that_was_cut_off_is_written_again(tmp_path: Path, base: ServingContext, store: GraphStore) -> None:
    one = writer(tmp_path, base, store)
    recorded(store, one, Party("a", "Person"))
    recorded(store, one, Party("b", "Person"))
    journal = one.position.journal.path
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-7])
    late = writer(tmp_path, base, store)
    assert late.position.revision == 2
    with late.writing() as publish:
        publish(store.revision())
    assert journal.read_bytes() == whole and late.context().snapshot.has("b")


def test_what_only_a_new_snapshot_takes_in_leaves_answers_as_they_were_until_there_is_one(
    tmp_path: Path, base: ServingContext, store: GraphStore, hamlet: Trained
) -> None:
    one, other = writer(tmp_path, base, store), reader(tmp_path, base)
    same = Relationship("p0001", "p0002", "SAME_AS", "1")
    revision = recorded(
        store, one, Party("p0001", "Person", implied=True), Party("p0002", "Person", implied=True), same
    )
    assert one.position.blocked is not None
    assert [follower.context().snapshot.revision for follower in (one, other)] == [1, 1]
    with pytest.raises(Lagging, match="two ids are one party"):
        other.context(at_least=revision)
    snapshot = build_snapshot(store, tmp_path / "newer")
    recorded(store, one, Party("later", "Person"))
    for follower in (one, other):
        follower.store = lambda: store
        follower.swap(ServingContext(snapshot, hamlet.model, "m"))
        now = follower.context().snapshot
        assert (now.id, now.revision, now.has("later")) == (snapshot.id, revision + 1, True)
    assert scores(one.context()) == scores(other.context())


def test_processes_of_different_snapshots_answer_what_any_of_them_records(
    tmp_path: Path, base: ServingContext, store: GraphStore, hamlet: Trained
) -> None:
    one, other = writer(tmp_path, base, store), writer(tmp_path, base, store)
    recorded(store, one, Party("a", "Person"))
    other.swap(ServingContext(build_snapshot(store, tmp_path / "newer"), hamlet.model, "m"))
    for follower, id in ((one, "b"), (other, "c"), (one, "d")):
        revision = recorded(store, follower, Party(id, "Person"))
        for asked in (one, other):
            snapshot = asked.context().snapshot
            assert (snapshot.revision, snapshot.has(id)) == (revision, True)
    assert one.context().snapshot.id != other.context().snapshot.id
    assert by_id(one.context()) == by_id(other.context())


def test_whoever_cannot_write_is_told_so(tmp_path: Path, base: ServingContext, store: GraphStore) -> None:
    follower = writer(tmp_path, base, store)
    with locked(tmp_path / "live" / "writers.lock", 0), pytest.raises(Busy), follower.writing(wait=0.05):
        pass

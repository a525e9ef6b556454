"""What every store promises, over SQLite and a real Neo4j alike."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path

import neo4j
import pyarrow as pa
import pytest

from graph.errors import KithError, StoreError, StoreUnavailable, UnfinishedLoad, UnknownKind, Unsupported, UsageError
from graph.neo4j_store import Neo4jStore
from graph.schema import OUTCOMES, PARTIES, RELATIONSHIPS, Outcome, Party, Relationship, RelationshipKind
from graph.snapshot_build import build_snapshot
from graph.store import GraphStore, Load, open_store
from neo4j_server.server import start

ANN, BO, CY = (Party(id, "Person") for id in ("ann", "bo", "cy"))
PAYS = Relationship("ann", "bo", "PAYS", "1", weight=1.0, first=10.0, last=20.0, count=2, amount=5.5, context="online")
CALLS = Relationship("bo", "cy", "CALLS", "1")


def wipe(url: str) -> None:
    store = open_store(url)
    assert isinstance(store, Neo4jStore)
    store._write("MATCH (n) DETACH DELETE n")
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kith.db'}"
    found: str = request.getfixturevalue("neo4j_url")
    wipe(found)
    return found


@pytest.fixture
def store(url: str) -> Iterator[GraphStore]:
    opened = open_store(url)
    yield opened
    opened.close()


def batch(schema: pa.Schema, facts: list[tuple[object, ...]]) -> pa.RecordBatch:
    columns = list(zip(*facts, strict=True)) if facts else [()] * len(schema)
    return pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def parties(*facts: Party) -> pa.RecordBatch:
    rows: list[tuple[object, ...]] = []
    for p in facts:
        import json

        attributes = json.dumps(dict(p.attributes), sort_keys=True, separators=(",", ":"))
        rows.append((p.id, p.kind, p.name, attributes, p.implied, p.valid_from, p.valid_to))
    return batch(PARTIES, rows)


def links(*facts: Relationship) -> pa.RecordBatch:
    return batch(RELATIONSHIPS, [astuple(fact) for fact in facts])


def outcomes(*facts: Outcome) -> pa.RecordBatch:
    return batch(OUTCOMES, [astuple(fact) for fact in facts])


def loaded(
    store: GraphStore,
    *facts: Party | Relationship | Outcome,
    source: str = "file",
    fingerprint: str = "1",
    finish: bool = True,
) -> Load:
    load = store.begin_load(source, fingerprint)
    people = [fact for fact in facts if isinstance(fact, Party)]
    ties = [fact for fact in facts if isinstance(fact, Relationship)]
    fates = [fact for fact in facts if isinstance(fact, Outcome)]
    if people:
        load.parties(parties(*people))
    if ties:
        load.relationships(links(*ties))
    if fates:
        load.outcomes(outcomes(*fates))
    if finish:
        load.finish()
    return load


def facts(store: GraphStore, revision: int | None = None) -> set[tuple[object, ...]]:
    """Everything that is live, as comparable tuples with the origin."""
    found: set[tuple[object, ...]] = set()
    for read in (store.read_parties, store.read_relationships, store.read_outcomes):
        for piece in read(revision):
            for row in piece.to_pylist():
                recorded = row.pop("recorded")
                assert 1 <= recorded <= (revision or store.revision())
                found.add(tuple(row.values()))
    return found


def test_an_empty_store_has_revision_0_and_nothing(store: GraphStore) -> None:
    assert store.revision() == 0
    assert facts(store) == set()
    assert store.party("ann") is None
    assert store.neighbours("ann", 10) == []
    assert store.missing(["ann"]) == {"ann"}


def test_what_goes_in_comes_out(store: GraphStore) -> None:
    failed = Outcome("bo", "default", "1", 30.0, None, "active")
    loaded(store, replace(ANN, name="Ann", attributes={"income": 3.5, "job": "baker"}), BO, CY, PAYS, CALLS, failed)
    assert store.revision() == 1
    assert facts(store) == {
        ("ann", "Person", "Ann", '{"income":3.5,"job":"baker"}', False, None, None, "file"),
        ("bo", "Person", None, "{}", False, None, None, "file"),
        ("cy", "Person", None, "{}", False, None, None, "file"),
        (*astuple(PAYS), "file"),
        (*astuple(CALLS), "file"),
        (*astuple(failed), "file"),
    }


def test_loading_twice_changes_nothing(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, Outcome("bo", "good", "1"))
    before = facts(store)
    again = store.begin_load("file", "2")
    assert astuple(again.parties(parties(ANN, BO))) == (0, 2)
    assert astuple(again.relationships(links(PAYS))) == (0, 1)
    assert astuple(again.outcomes(outcomes(Outcome("bo", "good", "1")))) == (0, 1)
    assert again.finish() == store.revision() == 1
    assert facts(store) == before
    assert len(store.loads()) == 1


def test_other_content_is_a_correction_and_the_past_stays(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, Outcome("bo", "late", "1"))
    before = facts(store)
    changed = replace(PAYS, amount=None, count=3)
    load = store.begin_load("file", "2")
    assert astuple(load.relationships(links(changed, replace(PAYS, key="2")))) == (2, 0)
    assert astuple(load.outcomes(outcomes(Outcome("bo", "default", "1")))) == (1, 0)
    assert astuple(load.parties(parties(replace(ANN, name="Ann"), BO))) == (1, 1)
    assert load.finish() == 2
    assert facts(store, 1) == before
    now = facts(store)
    assert (*astuple(changed), "file") in now
    assert (*astuple(PAYS), "file") not in now
    found = store.party("ann")
    assert found is not None
    assert found.name == "Ann"


def test_a_load_corrected_within_itself_keeps_the_last_word_once(store: GraphStore) -> None:
    load = loaded(store, ANN, BO, PAYS, finish=False)
    assert astuple(load.relationships(links(replace(PAYS, count=9)))) == (1, 0)
    load.finish()
    assert [n.relationship.count for n in store.neighbours("ann", 10)] == [9]


def test_sources_speak_for_themselves(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, source="a")
    loaded(store, ANN, BO, PAYS, source="b")
    assert len(facts(store)) == 6
    store.undo(store.loads()[0].id)
    assert {row[-1] for row in facts(store)} == {"b"}


def test_undo_takes_back_and_brings_back(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, Outcome("bo", "good", "1"))
    first = facts(store)
    second = loaded(
        store, replace(BO, name="Bo"), CY, replace(PAYS, count=7), CALLS, Outcome("bo", "default", "1"), fingerprint="2"
    )
    changed = facts(store)
    assert store.undo(second.id) == 3
    assert facts(store) == first
    assert facts(store, 2) == changed
    assert facts(store, 1) == first
    with pytest.raises(UsageError, match="already taken back"):
        store.undo(second.id)
    with pytest.raises(UsageError, match="does not exist"):
        store.undo(99)


def test_what_was_undone_can_be_loaded_again(store: GraphStore) -> None:
    load = loaded(store, ANN, BO, PAYS)
    before = facts(store)
    store.undo(load.id)
    assert facts(store) == set()
    loaded(store, ANN, BO, PAYS)
    assert facts(store) == before


def test_an_unfinished_load_is_unseen_and_can_be_removed(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS)
    before = facts(store)
    load = loaded(store, CY, CALLS, replace(PAYS, count=5), fingerprint="2", finish=False)
    assert facts(store) == before
    assert store.party("cy") is None
    assert [n.relationship.count for n in store.neighbours("ann", 9)] == [2]
    assert store.missing(["cy"]) == set()
    assert store.undo(load.id) == 1
    assert facts(store) == before
    assert store.missing(["cy"]) == {"cy"}
    assert len(store.loads()) == 1


def test_the_same_load_goes_on_and_another_is_refused(store: GraphStore) -> None:
    stopped = loaded(store, ANN, BO, finish=False)
    with pytest.raises(UnfinishedLoad, match=f"kith load --undo {stopped.id}"):
        store.begin_load("file", "other")
    resumed = store.begin_load("file", "1")
    assert resumed.id == stopped.id
    assert astuple(resumed.parties(parties(ANN, BO, CY))) == (3, 0)
    assert resumed.finish() == 1
    assert len(facts(store)) == 3


def test_parallel_links_and_self_links(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, replace(PAYS, key="2"), Relationship("ann", "ann", "PAYS", "1"))
    assert [(n.party, n.relationship.key) for n in store.neighbours("ann", 10)] == [
        ("ann", "1"),
        ("bo", "1"),
        ("bo", "2"),
    ]
    assert len(store.neighbours("bo", 10)) == 2


def test_neighbours_come_in_order_and_in_pages(store: GraphStore) -> None:
    others = ["Z", "a", "é", "中", "😀", "10", "9"]
    loaded(
        store,
        ANN,
        *(Party(id, "Person") for id in others),
        *(Relationship("ann", id, "PAYS", "1") for id in others),
        Relationship("😀", "ann", "CALLS", "1"),
    )
    whole = [n.party for n in store.neighbours("ann", 100)]
    assert whole == ["😀", *sorted(others, key=lambda id: id.encode())]
    assert [n.party for n in store.neighbours("ann", 3)] == whole[:3]
    assert [n.party for n in store.neighbours("ann", 3, after=2)] == whole[2:5]
    assert store.neighbours("ann", 3, after=99) == []


@pytest.mark.parametrize(
    "id", ["007", 'o\'hara "x"', " spaced ", "مرحبا", "👩‍👩‍👧", "+8613800138000", "=cmd()", "a\\b{}$x"]
)
def test_odd_ids_are_just_text(store: GraphStore, id: str) -> None:
    loaded(store, Party(id, "Person", id), BO, Relationship(id, "bo", "PAYS", id))
    assert store.missing([id, "nobody"]) == {"nobody"}
    found = store.party(id)
    assert found is not None
    assert (found.id, found.name) == (id, id)
    assert store.neighbours("bo", 9)[0].party == id


def test_explicit_beats_implied_and_then_the_newest(store: GraphStore) -> None:
    loaded(store, replace(ANN, name="Ann", attributes={"income": 1.0, "job": "baker"}), source="a")
    loaded(store, replace(ANN, name="Anna", attributes={"income": 2.0}), source="b")
    loaded(store, replace(ANN, kind="Company", implied=True), source="c")
    assert store.party("ann") == Party("ann", "Person", "Anna", {"income": 2.0, "job": "baker"})


def test_kinds_of_a_mapping_join_the_built_in_ones(store: GraphStore) -> None:
    store.define_kinds([RelationshipKind("STAKEHOLDER", "ownership"), RelationshipKind("STAKEHOLDER", "ownership")])
    assert store.kinds()["STAKEHOLDER"].category == "ownership"
    assert store.kinds()["PAYS"].category == "money"
    with pytest.raises(UnknownKind, match="already of category money"):
        store.define_kinds([RelationshipKind("PAYS", "work")])
    loaded(store, ANN, BO, Relationship("ann", "bo", "STAKEHOLDER", "1"))
    assert store.neighbours("bo", 9)[0].relationship.kind == "STAKEHOLDER"


def test_protected_columns_are_remembered(store: GraphStore) -> None:
    store.add_protected(["caste", "zodiac"])
    store.add_protected(["caste"])
    assert store.protected() == {"caste", "zodiac"}


def test_two_writers_of_different_sources_do_not_lose_anything(url: str) -> None:
    def write(source: str) -> None:
        store = open_store(url)
        people = [Party(f"{source}{i}", "Person") for i in range(300)]
        ties = [Relationship(f"{source}{i}", "hub", "PAYS", "1") for i in range(300)]
        loaded(store, Party("hub", "Person"), *people, *ties, source=source)
        store.close()

    open_store(url).close()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, "ab"))
    store = open_store(url)
    assert len(facts(store)) == 2 * 601
    assert store.revision() == 2
    store.close()


WRITER = """
    import os, sys, time
    from graph.store import open_store
    from tests.graph.test_store_contract import big_batches
    store = open_store(sys.argv[1])
    load = store.begin_load("big", "1")
    people, ties = big_batches()
    load.parties(people)
    for batch in ties:
        load.relationships(batch)
        print("piece", flush=True)
    load.finish()
    store.close()
"""


def big_batches() -> tuple[pa.RecordBatch, list[pa.RecordBatch]]:
    people = parties(*(Party(f"p{i}", "Person") for i in range(500)))
    ties = [Relationship(f"p{i % 500}", f"p{(i * 7) % 500}", "PAYS", str(i)) for i in range(6_000)]
    return people, [links(*ties[start : start + 500]) for start in range(0, 6_000, 500)]


@pytest.mark.parametrize("pieces", [1, 5])
def test_a_writer_killed_in_the_middle_is_finished_by_the_next(url: str, pieces: int) -> None:
    root = Path(__file__).parents[2]
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), url], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert writer.stdout is not None
    for _ in range(pieces):
        assert writer.stdout.readline() == "piece\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    store = open_store(url)
    assert facts(store) == set()
    people, ties = big_batches()
    load = store.begin_load("big", "1")
    counted = load.parties(people).recorded + sum(load.relationships(piece).recorded for piece in ties)
    load.finish()
    assert counted == 6_500
    assert len(facts(store)) == 6_500
    assert store.revision() == 1
    store.close()


def test_a_failing_batch_leaves_nothing(store: GraphStore) -> None:
    load = loaded(store, ANN, BO, finish=False)
    bad = links(PAYS).set_column(2, "kind", pa.array(["NOT A KIND"]))
    with pytest.raises(KithError):
        load.relationships(links(replace(PAYS, kind="NOT A KIND")) if bad is None else bad)
        raise StoreError("SQLite takes any text as a kind: the loader checks it")
    load.finish()
    assert len(facts(store)) <= 3


@pytest.mark.neo4j
def test_both_stores_give_the_same_snapshot_to_the_byte(tmp_path: Path, neo4j_url: str) -> None:
    wipe(neo4j_url)
    ids = []
    for url in (f"sqlite:///{tmp_path / 'kith.db'}", neo4j_url):
        store = open_store(url)
        store.define_kinds([RelationshipKind("STAKEHOLDER", "ownership")])
        loaded(
            store,
            replace(ANN, name="Änn", attributes={"income": 0.1, "job": "baker"}),
            BO,
            CY,
            PAYS,
            CALLS,
            replace(PAYS, key="2", first=None, context=None),
            Relationship("cy", "ann", "STAKEHOLDER", "1", weight=-0.5),
            Outcome("bo", "default", "1", 30.0, 40.0),
        )
        loaded(store, replace(CY, attributes={"income": 7.0}), replace(CALLS, count=4), fingerprint="2")
        ids.append(build_snapshot(store, tmp_path / f"snapshot-{len(ids)}").id)
        store.close()
    assert ids[0] == ids[1]


def test_raw_cypher_is_neo4js_alone(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS)
    question = "MATCH (:Person {id: $id})-[e:PAYS]->(b) RETURN b.id AS other, e.amount AS amount"
    if isinstance(store, Neo4jStore):
        assert store.cypher(question, {"id": "ann"}) == [{"other": "bo", "amount": 5.5}]
        with pytest.raises(StoreError):
            store.cypher("CREATE (:Party {id: 'x'})", {})
    else:
        with pytest.raises(Unsupported, match="SQLite"):
            store.cypher(question, {"id": "ann"})


def test_another_scheme_and_an_unreachable_server_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not mysql"):
        open_store("mysql://x")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        open_store("neo4j://neo4j:secret@127.0.0.1:9/neo4j")
    (tmp_path / "text.db").write_text("not a database, only text that is long enough to be read as one")
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'text.db'}")


@pytest.mark.neo4j
def test_a_wrong_password_is_told_without_showing_it(neo4j_url: str) -> None:
    wrong = neo4j_url.replace("kith-local", "wr0ng")
    with pytest.raises(StoreUnavailable) as caught:
        open_store(wrong)
    assert "wr0ng" not in str(caught.value)
    assert neo4j.__version__


@pytest.mark.neo4j
def test_a_load_goes_on_when_the_server_restarts(neo4j_url: str, tmp_path: Path) -> None:
    del neo4j_url  # asked for only so that the jars are there, or the test skips
    server = start(tmp_path / "own")
    store = open_store(server.url)
    load = store.begin_load("big", "1")
    people, ties = big_batches()
    load.parties(people)
    load.relationships(ties[0])
    server.stop()
    restart: Callable[[], object] = lambda: start(tmp_path / "own", port=server.port)  # noqa: E731
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(restart)
        counted = sum(load.relationships(piece).recorded for piece in ties)
        again = coming.result()
    load.finish()
    assert counted == 6_000
    assert len(facts(store)) == 6_500
    store.close()
    again.stop()  # type: ignore[attr-defined]

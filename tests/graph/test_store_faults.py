"""Stores with concurrent or killed writers, restarted servers, full disks and foreign files lose no facts."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from threading import Event, Semaphore
from urllib.parse import urlsplit

import pytest

from graph.errors import StoreError, StoreUnavailable, UnknownKind, UsageError
from graph.schema import Consent, Outcome, Party, Relationship, RelationshipKind
from graph.stores import cypher
from graph.stores.base import GraphStore, LoadDetails
from graph.stores.neo4j import Neo4jStore
from graph.stores.neo4j_load import Transaction, lock_load
from graph.stores.open import open_store
from neo4j_server.server import Server, start
from tests.conftest import QUICK
from tests.graph.loading import ANN, BO, CALLS, CY, PAYS, begun, expected, facts, loaded, record

ROOT = Path(__file__).parents[2]
PEOPLE = [Party(f"p{i}", "Person") for i in range(200)]
TIES = [Relationship(f"p{i % 200}", f"p{i * 7 % 200}", "PAYS", str(i)) for i in range(3_000)]
PIECES = [TIES[start : start + 250] for start in range(0, 3_000, 250)]

WRITER = """
    import sys
    from graph.stores.open import open_store
    from tests.graph.loading import begun, record
    from tests.graph.test_store_faults import PEOPLE, PIECES
    load = begun(open_store(sys.argv[1]), *PEOPLE)
    for piece in PIECES:
        record(load, *piece)
        print("piece", flush=True)
    load.finish()
"""


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_two_concurrent_writers_at_one_hub_lose_no_facts(url: str) -> None:
    def write(source: str) -> None:
        store = open_store(url)
        people = [Party(f"{source}{i}", "Person") for i in range(300)]
        ties = [Relationship(person.id, "hub", "PAYS", "1") for person in people]
        loaded(store, Party("hub", "Person"), *people, *ties, source=source)
        store.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, "ab"))
    store = open_store(url)
    assert len(facts(store)) == 2 * 601
    assert len(store.neighbours("hub", 1_000)) == 600
    assert store.revision() == 2
    store.close()


def test_several_may_make_one_store_at_once(tmp_path: Path) -> None:
    def make(path: Path) -> int:
        store = open_store(f"sqlite:///{path}")
        revision = store.revision()
        store.close()
        return revision

    with ThreadPoolExecutor(4) as pool:
        for i in range(50):
            assert list(pool.map(make, [tmp_path / f"{i}.db"] * 4)) == [0] * 4


def test_a_reader_sees_only_finished_loads_while_another_connection_writes(url: str) -> None:
    writer, reader = open_store(url), open_store(url)
    loaded(writer, ANN, BO, PAYS)
    load = begun(writer, replace(PAYS, count=7), CY, CALLS, fingerprint="2")
    assert facts(reader) == expected(ANN, BO, PAYS)
    load.finish()
    assert facts(reader) == expected(ANN, BO, CY, replace(PAYS, count=7), CALLS)
    writer.close()
    reader.close()


@pytest.mark.slow
def test_a_load_whose_writer_was_killed_is_finished_by_the_next(url: str) -> None:
    open_store(url).close()
    writer = python(WRITER, url)
    assert writer.stdout is not None
    for _ in range(4):
        assert writer.stdout.readline() == "piece\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    store = open_store(url)
    assert store.loads()[0].revision is None
    assert facts(store) == []
    load = store.begin_load("file", "1")
    assert record(load, *PEOPLE, *TIES) == (3_200, 0)
    assert load.finish() == 1
    assert facts(store) == expected(*PEOPLE, *TIES)
    store.close()


def test_two_writers_of_one_load_at_once_give_one_revision(url: str) -> None:
    def run(store: GraphStore) -> int | str:
        try:
            load = begun(store, *PEOPLE)
            for piece in PIECES:
                record(load, *piece)
            return load.finish()
        except StoreError as error:
            return str(error)

    stores = [open_store(url), open_store(url)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, stores))
    assert 1 in results
    assert all(one == 1 or "was finished or taken back by another process" in str(one) for one in results)
    assert facts(stores[0], 1) == facts(stores[0]) == expected(*PEOPLE, *TIES)
    assert [one.revision for one in stores[0].loads()] == [1]
    for store in stores:
        store.close()


@pytest.mark.parametrize("pieces", [1, 5])
def test_a_load_that_is_undone_while_it_runs_stops_without_a_trace(url: str, pieces: int) -> None:
    writer, other = open_store(url), open_store(url)
    done = Semaphore(0)

    def write() -> None:
        load = begun(writer, *PEOPLE)
        for piece in cycle(PIECES):
            record(load, *piece)
            done.release()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        for _ in range(pieces):
            assert done.acquire(timeout=60)
        other.undo(other.loads()[0].id)
        with pytest.raises(StoreError, match="was finished or taken back by another process"):
            writing.result()
    assert (facts(other), other.loads()) == ([], [])
    load = other.begin_load("file", "1")
    assert record(load, *PEOPLE, *TIES) == (3_200, 0)
    load.finish()
    assert facts(other) == expected(*PEOPLE, *TIES)
    writer.close()
    other.close()


def test_a_link_of_a_kind_that_is_not_defined_is_refused_with_its_batch(store: GraphStore) -> None:
    load = begun(store, ANN, BO)
    with pytest.raises(UnknownKind, match="no kind 'NOT A KIND' of relationship"):
        record(load, PAYS, replace(PAYS, kind="NOT A KIND"))
    load.finish()
    assert facts(store) == expected(ANN, BO)


@pytest.mark.neo4j
def test_neo4j_rolls_a_piece_back_when_an_end_is_no_party(neo4j_url: str) -> None:
    store = open_store(neo4j_url)
    load = begun(store, ANN, BO)
    with pytest.raises(StoreError, match="1 links have an end that is no party"):
        record(load, replace(PAYS, target="ann"), replace(PAYS, target="nobody"))
    load.finish()
    assert facts(store) == expected(ANN, BO)
    store.close()


@pytest.mark.neo4j
def test_neo4j_writers_wait_for_a_transaction_that_finishes_their_load(neo4j_url: str) -> None:
    store = open_store(neo4j_url)
    assert isinstance(store, Neo4jStore)
    load = begun(store, ANN, BO)
    locked, resume = Event(), Event()

    def finish(tx: Transaction) -> None:
        lock_load(tx, load.id)
        locked.set()
        assert resume.wait(60)
        ((revision,),) = tx.run(cypher.NEXT_REVISION).values()
        tx.run(cypher.FINISH_LOAD, load=load.id, revision=revision)

    with ThreadPoolExecutor(2) as pool:
        finishing = pool.submit(store.transaction, finish)
        assert locked.wait(60)
        piece = pool.submit(record, load, PAYS)
        with pytest.raises(TimeoutError):
            piece.result(timeout=1)
        resume.set()
        finishing.result()
        with pytest.raises(StoreError, match="was finished or taken back by another process"):
            piece.result()
    assert facts(store) == expected(ANN, BO)
    store.close()


@pytest.mark.neo4j
def test_an_interrupted_removal_of_a_load_in_neo4j_can_be_continued(
    neo4j_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(neo4j_url)
    load = begun(store, ANN, BO, PAYS)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Neo4jStore, "_in_steps", stop)
        store.undo(load.id)
    with pytest.raises(StoreError, match=f"being taken back: finish that with `kith load --undo {load.id}`"):
        store.begin_load("file", "1")
    assert store.undo(load.id) == 0
    loaded(store, ANN, BO, PAYS)
    assert facts(store) == expected(ANN, BO, PAYS)
    store.close()


@pytest.mark.neo4j
def test_neo4j_reads_back_every_fact_over_many_pages(neo4j_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.stores.neo4j.BATCH_FACTS", 30)  # pages of 30 parties, and of the links of 3
    store = open_store(neo4j_url)
    alone = [Party(f"alone{i}", "Person") for i in range(10)]  # so that some pages of links are empty
    ends = [Outcome(f"p{i}", "late", "1", closed=float(i) if i > 50 else None) for i in range(61)]
    some = [replace(tie, amount=2.5, context="online") for tie in PIECES[0][:5]]  # most pages have no such values
    loaded(store, *alone, *PEOPLE, *some, *PIECES[0][5:], *ends)
    assert facts(store) == expected(*alone, *PEOPLE, *some, *PIECES[0][5:], *ends)
    store.close()


@pytest.mark.slow
def test_sqlite_rolls_back_on_a_full_disk_and_continues_when_there_is_room(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kith.db'}"
    limited = """
        import resource, sys
        from graph.errors import StoreError
        from graph.stores.open import open_store
        from tests.graph.loading import begun, record
        from tests.graph.test_store_faults import PEOPLE, PIECES
        load = begun(open_store(sys.argv[1]), *PEOPLE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            for piece in PIECES:
                record(load, *piece)
        except StoreError as error:
            print(error)
    """
    message, _ = python(limited, url).communicate()
    assert message.startswith(f"SQLite store {tmp_path / 'kith.db'}: ")
    assert message.count("\n") == 1
    store = open_store(url)
    load = store.begin_load("file", "1")
    assert record(load, *PEOPLE, *TIES) == (3_200, 0)
    load.finish()
    assert facts(store) == expected(*PEOPLE, *TIES)
    store.close()


@pytest.fixture
def own_server(neo4j_server_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server that a test may kill; the shared one is requested first, as its fixture reports a missing Neo4j."""
    server = start(tmp_path / "own", options=QUICK)
    yield server
    server.process.kill()
    server.process.wait()


@pytest.mark.neo4j
def test_a_load_continues_when_neo4j_is_killed_and_restarted(own_server: Server) -> None:
    store = open_store(own_server.url)
    load = begun(store, *PEOPLE, *PIECES[0])
    own_server.process.kill()
    own_server.process.wait()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(start, own_server.folder, port=own_server.port, options=QUICK)
        counts = [record(load, *piece) for piece in PIECES]
        again = coming.result()
    try:
        assert load.finish() == 1
        assert counts == [(250, 0)] * len(PIECES)
        assert facts(store) == expected(*PEOPLE, *TIES)
    finally:
        store.close()
        again.process.kill()
        again.process.wait()


@pytest.mark.parametrize(
    "url",
    ["mysql://user:secret@host/db", "kith.db", "sqlite://", "sqlite:///:memory:", "neo4j://host", "neo4j://u:p@h:x"],
)
def test_a_url_of_no_store_is_refused_with_the_form_of_urls(url: str) -> None:
    with pytest.raises(UsageError, match=r"sqlite:///path|neo4j://user:password@host:7687/database") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_reported() -> None:
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9 cannot be reached; is it running"):
        open_store("neo4j://neo4j:secret@127.0.0.1:9/neo4j")


@pytest.mark.neo4j
def test_a_wrong_password_of_neo4j_is_refused_without_showing_it(neo4j_url: str) -> None:
    parts = urlsplit(neo4j_url)
    with pytest.raises(StoreUnavailable, match="refuses this user or password") as caught:
        open_store(f"{parts.scheme}://{parts.username}:wr0ng@{parts.hostname}:{parts.port}{parts.path}")
    assert "wr0ng" not in str(caught.value)


@pytest.mark.neo4j
def test_an_unknown_database_is_reported_with_the_code_of_neo4j(neo4j_url: str) -> None:
    with pytest.raises(StoreError, match="DatabaseNotFound"):
        open_store(neo4j_url.rsplit("/", 1)[0] + "/nowhere")


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, only text that is long enough to be read as one")
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'text.db'}")
    with sqlite3.connect(tmp_path / "later.db") as later:
        later.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="has format 99"):
        open_store(f"sqlite:///{tmp_path / 'later.db'}")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreUnavailable, match="unable to open"):
        open_store(f"sqlite:///{tmp_path / 'folder.db'}")
    with pytest.raises(StoreUnavailable, match="its folder cannot be made"):
        open_store(f"sqlite:///{tmp_path / 'text.db' / 'kith.db'}")


def without_events(db: sqlite3.Connection) -> None:
    """Take back what the newest format has beside the one before."""
    for table in ("party", "relationship", "outcome"):
        db.execute(f"DROP INDEX {table}_load")
        db.execute(f"DROP INDEX {table}_retracted")
    db.execute("DROP TABLE event")


def without_consents(db: sqlite3.Connection) -> None:
    """Make the store one of format 4."""
    db.execute("DROP TABLE consent")
    db.execute("DROP INDEX load_revision")


def test_a_store_from_before_there_were_consents_is_migrated(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    first = loaded(store, ANN, BO, PAYS)
    before = facts(store)
    store.close()
    with sqlite3.connect(tmp_path / "kith.db") as earlier:
        without_events(earlier)
        without_consents(earlier)
        earlier.execute("PRAGMA user_version = 4")
    earlier.close()
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    assert facts(store) == before and not store.consents_changed(0)
    loaded(store, Consent("ann", "bank", "lending", 1.0), fingerprint="2")
    assert store.consents_changed(1)
    store.undo(first.id)
    store.close()


def test_a_store_of_the_earlier_format_is_migrated_when_it_is_opened(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    store.define_kinds([RelationshipKind("SIGNS_FOR", "identifier")])
    first = loaded(store, ANN, BO, PAYS)
    before = facts(store)
    store.close()
    with sqlite3.connect(tmp_path / "kith.db") as earlier:
        without_events(earlier)
        earlier.execute("ALTER TABLE kind DROP COLUMN holding")
        earlier.execute("ALTER TABLE load DROP COLUMN details")
        for table in ("party", "relationship", "outcome"):
            earlier.execute(f"ALTER TABLE {table} DROP COLUMN restated")
        for column in ("days_late", "amount"):
            earlier.execute(f"ALTER TABLE outcome DROP COLUMN {column}")
        without_consents(earlier)
        earlier.execute("PRAGMA user_version = 2")
    earlier.close()
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    assert facts(store) == before and store.loads()[0].details == LoadDetails()
    assert store.kinds()["HOLDS_ACCOUNT"].holding and not store.kinds()["SIGNS_FOR"].holding
    loaded(store, ANN, BO, fingerprint="2")
    store.undo(first.id)
    assert facts(store) == expected(ANN, BO)
    store.close()


def test_a_store_from_before_outcomes_had_days_late_is_migrated(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    loaded(store, BO, Outcome("bo", "late", "1", 30.0))
    before = facts(store)
    store.close()
    with sqlite3.connect(tmp_path / "kith.db") as earlier:
        without_events(earlier)
        for column in ("days_late", "amount"):
            earlier.execute(f"ALTER TABLE outcome DROP COLUMN {column}")
        without_consents(earlier)
        earlier.execute("PRAGMA user_version = 3")
    earlier.close()
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    assert facts(store) == before
    loaded(store, Outcome("bo", "late", "1", 30.0, days_late=60, amount=7.5), fingerprint="2")
    assert facts(store) == expected(BO, Outcome("bo", "late", "1", 30.0, days_late=60, amount=7.5))
    store.close()

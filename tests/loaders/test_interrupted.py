"""A real `kith load` that is killed, or whose disk is full, is finished by loading the same files again.

What then stands in the store is exactly what an uninterrupted load of them leaves, and the next revision.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from graph.errors import StoreError
from graph.stores.base import GraphStore
from graph.stores.neo4j import Neo4jStore
from graph.stores.open import open_store
from graph.stores.sqlite import SqliteStore
from loaders.ingest import load
from loaders.plan import make_plan
from tests.loaders.conftest import Loading
from tests.loaders.files import PEOPLE, facts, rejects, write

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TRIES = 5
KITH = [sys.executable, "-c", "from cli.main import main; main()"]
PARTIES, LINKS, DANGLING = 1_000, 20_000, 20
LOADED = {"parties": PARTIES, "relationships": LINKS - DANGLING, "outcomes": PARTIES}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parties, links of which every thousandth dangles, and outcomes."""
    ids = [f"p{i}" for i in range(PARTIES)]
    ends = [(ids[i * 7 % PARTIES], ids[i * 13 % PARTIES] if i % 1_000 else "nobody") for i in range(LINKS)]
    return write(
        tmp_path_factory.mktemp("town") / "town",
        parties="id,income\n" + "".join(f"{id},{i % 97}\n" for i, id in enumerate(ids)),
        relationships="source,target,kind\n" + "".join(f"{a},{b},PAYS\n" for a, b in ends),
        outcomes="id,outcome\n" + "".join(f"{id},{i % 2}\n" for i, id in enumerate(ids)),
    )


@pytest.fixture(scope="module")
def complete(town: Path, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[object, ...]]:
    """The facts of an uninterrupted load."""
    folder = tmp_path_factory.mktemp("complete")
    store = open_store(f"sqlite:///{folder}/kith.db")
    assert load([town], store, rejects_dir=folder).loaded == LOADED
    return facts(store)


def kith_load(town: Path, url: str, largest_file: int = resource.RLIM_INFINITY) -> subprocess.Popen[str]:
    """`kith load` in a process of its own, none of whose files may grow beyond `largest_file` bytes."""
    home = town.parent / "home"
    return subprocess.Popen(
        [*KITH, "load", str(town), "--store", url],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "KITH_HOME": str(home)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file)),
    )


def killed(town: Path, store: GraphStore, url: str, reached: Callable[[], bool]) -> bool:
    """Kill -9 a load as soon as its store has `reached` a point; whether that came before its end."""
    process = kith_load(town, url)
    while process.poll() is None and not reached():
        time.sleep(0.001)
    process.kill()
    output = process.communicate()
    assert process.returncode in {0, -signal.SIGKILL}, output
    return [record.revision for record in store.loads()] == [None]


def assert_finishes(town: Path, store: GraphStore, complete: set[tuple[object, ...]], folder: Path) -> None:
    """Loading again gives the facts and counts of an uninterrupted load; loading a third time changes nothing."""
    assert facts(store) == set()
    result = load([town], store, rejects_dir=folder / "again")
    assert result.loaded == LOADED
    assert (result.read, result.rejected, result.unchanged, result.revision) == (22_000, DANGLING, 0, 1)
    assert len(rejects(result.rejects_file)) == DANGLING
    assert facts(store) == complete
    assert load([town], store, rejects_dir=folder / "again").load is None


def killed_in_sqlite(town: Path, folder: Path, table: str, rows: int) -> SqliteStore:
    """A store in which a load was killed when a table had so many rows."""
    for attempt in range(TRIES):
        store = SqliteStore(folder / f"{attempt}.db")
        if killed(town, store, f"sqlite:///{store.path}", partial(_has_rows, store, table, rows)):
            return store
    pytest.fail("the load was quicker than every kill")


def _has_rows(store: SqliteStore, table: str, rows: int) -> bool:
    return bool(store._all(f"SELECT count(*) >= {rows} FROM {table}")[0][0])


def killed_in_neo4j(town: Path, url: str, written: int) -> Neo4jStore:
    """A store in which a load was killed when it had so many more nodes and links."""
    for _ in range(TRIES):
        store = open_store(url)
        assert isinstance(store, Neo4jStore)
        store._write("MATCH (n) DETACH DELETE n")
        store.close()
        store = Neo4jStore.open(url)
        if killed(town, store, url, partial(_has_written, store, _size(store) + written)):
            return store
        store.close()
    pytest.fail("the load was quicker than every kill")


def _has_written(store: Neo4jStore, size: int) -> bool:
    return _size(store) >= size


def _size(store: Neo4jStore) -> int:
    nodes, links = (f"{pattern} RETURN count(x) AS n" for pattern in ("MATCH (x)", "MATCH ()-[x]->()"))
    return sum(int(store.cypher(statement, {})[0]["n"]) for statement in (nodes, links))


@pytest.mark.parametrize(("table", "rows"), [("load", 1), ("relationship", 10_000), ("relationship", LINKS - DANGLING)])
def test_a_killed_load_is_finished_in_sqlite(
    tmp_path: Path, town: Path, complete: set[tuple[object, ...]], table: str, rows: int
) -> None:
    store = killed_in_sqlite(town, tmp_path, table, rows)
    assert_finishes(town, store, complete, tmp_path)
    store.close()


@pytest.mark.neo4j
@pytest.mark.parametrize("written", [1, LINKS])
def test_a_killed_load_is_finished_in_neo4j(
    tmp_path: Path, town: Path, complete: set[tuple[object, ...]], neo4j_url: str, written: int
) -> None:
    store = killed_in_neo4j(town, neo4j_url, written)
    assert_finishes(town, store, complete, tmp_path)
    store.close()


def test_a_killed_load_can_be_undone(tmp_path: Path, town: Path) -> None:
    store = killed_in_sqlite(town, tmp_path, "relationship", 10_000)
    [unfinished] = store.loads()
    store.undo(unfinished.id)
    assert store.loads() == []
    assert store._all("SELECT count(*) FROM relationship") == [(0,)]
    store.close()


def test_a_load_that_filled_the_disk_is_finished_by_loading_again(
    tmp_path: Path, town: Path, complete: set[tuple[object, ...]]
) -> None:
    """A file that may not grow is to SQLite a disk without room."""
    url = f"sqlite:///{tmp_path}/kith.db"
    process = kith_load(town, url, largest_file=2_000_000)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in errors
    [error] = [line for line in errors.splitlines() if line.startswith("kith: ")]
    assert "SQLite store" in error
    store = open_store(url)
    assert_finishes(town, store, complete, tmp_path)
    store.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_load_whose_rejects_filled_the_disk_is_finished_by_loading_again(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    folder = write(tmp_path / "in", parties=PEOPLE, relationships="source,target\nann,bo\nann,zoe\n")
    plan = make_plan([folder], None, None)
    place = tmp_path / "rejects" / plan.fingerprint[:12] / "in" / "relationships.csv"
    place.parent.mkdir(parents=True)
    place.symlink_to("/dev/full")
    with pytest.raises(StoreError, match="No space left on device") as caught:
        loading(folder)
    assert "\n" not in str(caught.value)
    assert facts(store) == set()
    place.unlink()
    result = loading(folder)
    assert (result.rejected, result.revision, len(facts(store))) == (1, 1, 4)
    assert rejects(result.rejects_file)[0]["target"] == "zoe"

"""What many tests share: the real Neo4j of a run (its own, or the one that KITH_TEST_NEO4J_URL names), a home, data."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from graph.errors import StoreUnavailable
from neo4j_server.server import start
from tests.house import House
from tests.neo4j_database import claim, wipe

if TYPE_CHECKING:
    from tests.gnn.networks import Trained

# A busy machine is no failure.
settings.register_profile("kith", deadline=None)
settings.load_profile("kith")

# A server that lives for a minute does not gain from the second compiler, nor from collecting garbage in parallel.
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
# Tests that share what takes seconds to make run in one process: a house, or a trained model.
TOGETHER: Final = (
    ("tests/api/", "tests/service/", "tests/cli/test_commands.py"),
    ("tests/browser/",),  # they build the page, and serve what was built
    tuple(f"tests/gnn/test_{name}.py" for name in "counterfactuals invariants link_removal scorer".split()),
)
DATA = Path(__file__).parent.parent.parent / "shared" / "data"


def data_folder(name: str) -> Path:
    """A folder of ../shared/data; the test skips where it is absent."""
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; this test reads real data that is not part of the project")
    return folder


class Together(LoadFileScheduling):
    """Shares the tests out among processes file by file, but all those on Neo4j go to one: they empty its database."""

    def _split_scope(self, nodeid: str) -> str:
        if "neo4j" in nodeid.lower():
            return "neo4j"
        return next((places[0] for places in TOGETHER if nodeid.startswith(places)), super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    config.option.loadscopereorder = False  # in the order that they were collected in
    return Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the files of snapshots that nobody answers from any more, which the collector puts off for long."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow, as `make test` does")


def pytest_report_header(config: pytest.Config) -> str | None:
    return None if config.getoption("slow") else "tests marked slow are left out; --slow runs them too"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests run when asked for; what takes longest comes first. Names say what runs on Neo4j."""
    if not config.getoption("slow"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("slow")])
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
    on_neo4j = [item for item in items if item.get_closest_marker("neo4j")]
    for item in on_neo4j:
        if "neo4j" not in item.name.lower():
            raise pytest.UsageError(f"{item.nodeid} runs on Neo4j: say `neo4j` in its name")
    items.sort(key=lambda item: item not in on_neo4j and item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small trained town, for tests that only need some model."""
    from tests.gnn.networks import Trained, town

    return Trained.on(town(150), tmp_path_factory.mktemp("hamlet") / "snapshot")


@pytest.fixture(scope="session")
def neo4j_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The run's server. In CI a missing one is a failure, elsewhere the test skips and says what is missing."""
    named = os.environ.get("KITH_TEST_NEO4J_URL")
    if named:
        claim(named)
        yield named
        return
    try:
        server = start(tmp_path_factory.mktemp("neo4j"), options=QUICK)
    except StoreUnavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    claim(server.url)
    yield server.url
    server.stop()


@pytest.fixture
def neo4j_url(neo4j_server_url: str) -> str:
    """A Neo4j store URL with an empty database behind it."""
    wipe(neo4j_server_url)
    return neo4j_server_url


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A home with a small town that was loaded, snapshotted and learnt from by the commands."""
    return House.build(tmp_path_factory.mktemp("house"))

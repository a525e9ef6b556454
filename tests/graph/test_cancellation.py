"""Work stops at its next step where nobody waits for it any more, or where it has taken as long as it may."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from graph.cancellation import Cancellation, cancelled_by, check_cancelled
from graph.errors import Cancelled
from graph.explore.bfs import k_hop_subgraph
from graph.explore.paths import paths
from graph.schema import Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from tests.graph.networks import MemoryStore, load_facts

LONG = 600.0  # seconds


@pytest.fixture
def line(tmp_path: Path) -> Snapshot:
    """a - b - c."""
    store = MemoryStore()
    load_facts(
        store, [*(Party(id, "Person") for id in "abc"), *(Relationship(*ends, "KNOWS", "1") for ends in ("ab", "bc"))]
    )
    return build_snapshot(store, tmp_path / "snapshot")


def test_work_under_nothing_is_never_stopped(line: Snapshot) -> None:
    check_cancelled()
    with cancelled_by(Cancellation(LONG)):
        assert k_hop_subgraph(line, 0).total == 3
        with cancelled_by(None):
            check_cancelled()


def test_cancelled_work_stops_at_its_next_step(line: Snapshot) -> None:
    cancellation = Cancellation(LONG)
    cancellation.cancel()
    with cancelled_by(cancellation):
        for work in (lambda: k_hop_subgraph(line, 0), lambda: paths(line, 0, 2)):
            with pytest.raises(Cancelled, match="nobody waits"):
                work()
    assert k_hop_subgraph(line, 0).total == 3


def test_work_that_takes_longer_than_it_may_is_given_up(line: Snapshot) -> None:
    with cancelled_by(Cancellation(-1.0)), pytest.raises(Cancelled, match=r"longer than -1 s; ask for less"):
        k_hop_subgraph(line, 0)


def test_it_is_cancelled_from_another_thread_and_stops_that_work_alone() -> None:
    cancellation, began, stopped = Cancellation(LONG), threading.Event(), threading.Event()

    def work() -> None:
        with cancelled_by(cancellation):
            began.set()
            try:
                while True:
                    check_cancelled()
            except Cancelled:
                stopped.set()

    threading.Thread(target=work, daemon=True).start()
    began.wait()
    cancellation.cancel()
    assert stopped.wait(60)
    check_cancelled()

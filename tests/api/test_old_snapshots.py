"""A snapshot that nobody answers from any more is let go, whatever was asked of it."""

from __future__ import annotations

import gc
import weakref

from tests.api.own_home import Server


def test_no_thread_keeps_the_snapshot_of_the_request_that_it_was_started_in(server: Server) -> None:
    assert server.app is not None
    snapshot = weakref.ref(server.app.extensions["kith.context"].snapshot)
    for what in ("scores", "explanations"):  # receipts and notices are written by threads that these start
        assert server.ask().of(server.house.member, what, purpose="lending").status_code == 200
    server.start()
    gc.collect()
    assert snapshot() is None

"""Lanes: threads for questions of one sort, and how many may wait for them.

Health has threads of its own, so that it answers whatever else goes on. What takes seconds and memory has few, so that
no number of such questions at once takes more memory than that few; the rest of the threads are everybody's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar
from urllib.parse import parse_qs

from graph.errors import TryLater

Answer = TypeVar("Answer")
PATIENCE: Final = 10.0  # seconds that a request waits for a thread
WAITING: Final = 8  # requests that may wait, for each thread of a lane
# Bytes. Inverting a matrix of a hundred rows takes about 2 MiB, which is all that a thread has on some systems, and
# ends the process where there is no more.
STACK: Final = 16 << 20

HEALTH: Final = frozenset({"/healthz", "/readyz", "/metrics"})
# What searches the network, explains a score, or scores many parties.
HEAVY: Final = (
    "/v1/alerts", "/v1/book-contagions", "/v1/case-report-pages/", "/v1/case-reports/", "/v1/credit-lines",
    "/v1/expansions/", "/v1/explanations/", "/v1/exports/", "/v1/layouts", "/v1/own-report", "/v1/party-changes/",
    "/v1/past-scores", "/v1/paths", "/v1/pictures", "/v1/profiles/", "/v1/replays", "/v1/ring-comparisons", "/v1/rings",
    "/v1/simulations",
)  # fmt: skip
HEAVY_BATCHES: Final = frozenset({"/v1/relationship-risk", "/v1/scores"})  # that are sent as a body
HEAVY_PARTS: Final = frozenset({"reasons", "contagion"})  # of `include`


class Lane:
    """Some threads, and a queue of bounded length and patience before them."""

    def __init__(self, name: str, threads: int, patience: float = PATIENCE) -> None:
        threading.stack_size(STACK)  # of threads that begin from now on, the other ones of the process too
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"kith-{name}")
        self._free = asyncio.Semaphore(threads)
        self._most_waiting = WAITING * threads
        self._waiting = 0
        self._patience = patience

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """What the work returns, done on a thread of this lane. Raises TryLater where none is free in time."""
        if self._waiting >= self._most_waiting:
            raise TryLater("too much is asked at once", 1.0)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise TryLater("too much is asked at once", self._patience) from None
        finally:
            self._waiting -= 1
        # The thread goes on where the asker is gone, and is free only after that.
        done = asyncio.get_running_loop().run_in_executor(self._threads, work)
        done.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(done)

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Lanes:
    """The lanes of a process. threads: of everybody's; heavy: how many heavy questions are worked on at once."""

    def __init__(self, threads: int, heavy: int) -> None:
        self._health = Lane("health", 2)
        self._heavy = Lane("heavy", heavy)
        self._others = Lane("request", threads)

    def lane(self, method: str, path: str, query: str) -> Lane:
        """The lane of a request."""
        if path in HEALTH:
            return self._health
        if path.startswith(HEAVY) or (method == "POST" and path in HEAVY_BATCHES):
            return self._heavy
        if "include" in query and HEAVY_PARTS & set(parse_qs(query).get("include", ())):
            return self._heavy
        return self._others

    def is_heavy(self, lane: Lane) -> bool:
        """Whether it is the lane of heavy questions, whose work is stopped where nobody waits for it."""
        return lane is self._heavy

    def close(self) -> None:
        """Begin nothing more."""
        for lane in (self._health, self._heavy, self._others):
            lane.close()

"""Bodies that come slowly, and lanes that bound how much is worked on at once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.gateway.bodies import AT_ONCE, Bodies
from api.gateway.lanes import WAITING, Lane, Lanes
from graph.errors import BodyLate, TryLater, UsageError

ROOT = Path(__file__).parents[2]


async def chunks(*parts: bytes, ended: bool = True) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if not ended:
        await asyncio.Event().wait()


def test_a_body_is_put_together() -> None:
    async def read() -> bytes:
        return await Bodies(1.0).read(chunks(b"ab", b"cd"), 4, 100)

    assert asyncio.run(read()) == b"abcd"


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def read() -> None:
        await Bodies(0.01).read(chunks(b"ab", ended=False), 4, 100)

    with pytest.raises(BodyLate, match=r"within 0.01 s"):
        asyncio.run(read())


def test_a_body_that_ends_early_is_no_body() -> None:
    async def read() -> None:
        await Bodies(1.0).read(chunks(b"ab"), 4, 100)

    with pytest.raises(UsageError, match="before it was complete"):
        asyncio.run(read())


def test_no_more_is_read_of_a_body_than_shows_that_it_is_too_large() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield 7 * b"x"

    async def read(announced: int | None) -> int:
        return len(await Bodies(1.0).read(endless(), announced, 100))

    assert [asyncio.run(read(announced)) for announced in (None, 10**9)] == [101, 101]


def test_only_so_many_bodies_come_at_once() -> None:
    async def read() -> None:
        bodies = Bodies(5.0)
        coming = [asyncio.create_task(bodies.read(chunks(ended=False), 4, 100)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        with pytest.raises(TryLater):
            await bodies.read(chunks(b"abcd"), 4, 100)
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
        assert await bodies.read(chunks(b"abcd"), 4, 100) == b"abcd"

    asyncio.run(read())


def test_a_lane_works_on_so_many_at_once_and_refuses_the_rest() -> None:
    gate, lock, working, most = threading.Event(), threading.Lock(), 0, 0

    def work() -> str:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        gate.wait()
        with lock:
            working -= 1
        return "done"

    async def ask() -> list[object]:
        lane = Lane("test", 2, patience=60.0)
        asked = [asyncio.create_task(lane.run(work)) for _ in range(2 + 2 * WAITING)]
        await asyncio.sleep(0.1)
        with pytest.raises(TryLater) as refused:
            await lane.run(work)
        assert refused.value.seconds == 1
        gate.set()
        return list(await asyncio.gather(*asked))

    assert asyncio.run(ask()) == (2 + 2 * WAITING) * ["done"]
    assert most == 2


INVERTED: str = """
import asyncio, threading, numpy
from api.gateway.lanes import Lane

threading.stack_size(1 << 20)  # what the process had set
matrix = numpy.random.default_rng(0).random((300, 300)) + 300 * numpy.eye(300)
found = asyncio.run(Lane("heavy", 1).run(lambda: numpy.linalg.inv(matrix)))
assert numpy.allclose(matrix @ found, numpy.eye(300))
"""


def test_a_thread_has_room_for_large_matrices() -> None:
    many = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", INVERTED]
    done = subprocess.run(command, cwd=ROOT, env=many, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.returncode} {done.stderr}"


def test_who_waits_too_long_is_told_when_to_ask_again() -> None:
    gate = threading.Event()

    async def ask() -> None:
        lane = Lane("test", 1, patience=0.05)
        first = asyncio.create_task(lane.run(gate.wait))
        await asyncio.sleep(0)
        with pytest.raises(TryLater, match="ask again in 1 s"):
            await lane.run(gate.wait)
        gate.set()
        assert await first

    asyncio.run(ask())


def test_work_whose_asker_is_gone_still_counts() -> None:
    gate = threading.Event()

    async def ask() -> None:
        lane = Lane("test", 1, patience=0.05)
        first = asyncio.create_task(lane.run(gate.wait))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(TryLater):
            await lane.run(gate.wait)
        gate.set()

    asyncio.run(ask())


def test_heavy_questions_and_health_have_lanes_of_their_own() -> None:
    lanes = Lanes(4, 1)
    health, others = lanes.lane("GET", "/healthz", ""), lanes.lane("GET", "/v1/scores/ann", "")
    heavy = lanes.lane("GET", "/v1/explanations/ann", "")
    assert len({id(lane) for lane in (health, others, heavy)}) == 3
    for method, path, query in (
        ("GET", "/v1/scores/ann", "purpose=lending&include=reasons"),
        ("GET", "/v1/relationship-risk", "source=a&target=b&include=contagion"),
        ("GET", "/v1/rings", ""),
        ("POST", "/v1/scores", ""),
        ("POST", "/v1/simulations", ""),
        ("GET", "/v1/paths", "source=a&target=b"),
        ("GET", "/v1/exports/ann", "hops=2"),
        ("POST", "/v1/relationship-risk", ""),
        ("POST", "/v1/layouts", ""),
    ):
        assert lanes.lane(method, path, query) is heavy
    for path, query in (("/v1/scores/ann", "include=nothing"), ("/v1/cases", ""), ("/v1/parties/ann", "q=reasons")):
        assert lanes.lane("GET", path, query) is others

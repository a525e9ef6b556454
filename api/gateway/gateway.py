"""A request of granian's, answered by the Flask application on a thread of its lane."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import structlog
from apiflask import APIFlask
from flask import Response

from api.access import has_key
from api.events import LARGEST
from api.gateway.bodies import Bodies
from api.gateway.lanes import Lane, Lanes
from api.guards.access_log import writer
from api.guards.headers import SAFE
from api.guards.metrics import ABANDONED
from api.problems import problem_of
from graph.cancellation import Cancellation, cancelled_by
from graph.errors import KithError
from service.records.known_keys import KnownKeys
from service.settings import Settings

Environ = dict[str, Any]
Answer = tuple[int, list[tuple[str, str]], bytes]  # status, headers and body
ASKED: Final = "/v1/"  # before the paths that take a body
EVENTS: Final = "/v1/events"
HOP: Final = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
UNPREFIXED: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Gateway:
    """What granian calls for each request of a process (RSGI)."""

    def __init__(self, app: APIFlask, settings: Settings) -> None:
        self._app = app
        self._lanes = Lanes(settings.threads, settings.heavy)
        self._bodies = Bodies(settings.body_timeout)
        self._most, self._answer_timeout = settings.max_body, settings.answer_timeout

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if scope.proto != "http":
            protocol.close(403)
            return
        try:
            body = await self._body(scope, protocol)
            lane = self._lanes.lane(scope.method, scope.path, scope.query_string)
            work = partial(_answer, self._app, _environ(scope, body))
            if self._lanes.is_heavy(lane):
                answered = await self._while_asked(lane, work, protocol)
                if answered is None:
                    return
                status, headers, content = answered
            else:
                status, headers, content = await lane.run(work)
        except KithError as error:
            status, headers, content = _refusal(error)
        except Exception as error:
            structlog.get_logger().exception("gateway")
            status, headers, content = _refusal(error)
        protocol.response_bytes(status, headers, content)

    async def _while_asked(self, lane: Lane, work: Callable[[], Answer], protocol: Any) -> Answer | None:
        """The answer, None where its asker has gone meanwhile: then it waits no more, or the work on it stops."""
        cancellation = Cancellation(self._answer_timeout)
        answering = asyncio.ensure_future(lane.run(partial(_stoppable, cancellation, work)))
        gone = asyncio.ensure_future(protocol.client_disconnect())
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                return answering.result()
            cancellation.cancel()
            answering.cancel()
            ABANDONED.inc()
            return None
        finally:
            gone.cancel()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The process ends: write down what is still to be written."""
        self._lanes.close()
        with self._app.app_context():
            writer().close()

    async def _body(self, scope: Any, protocol: Any) -> bytes:
        announced = scope.headers.get("content-length")
        if announced is None and scope.headers.get("transfer-encoding") is None:
            return b""
        if not await self._may_send(scope):
            return b""
        most = max(LARGEST, self._most) if scope.path == EVENTS else self._most
        return await self._bodies.read(protocol, None if announced is None else int(announced), most)

    async def _may_send(self, scope: Any) -> bool:
        """Whether a body is waited for: the application refuses whoever has no key without reading one."""
        known: KnownKeys | None = self._app.extensions.get("kith.keys")
        if known is None or not scope.path.startswith(ASKED):
            return False
        _, _, key = (scope.headers.get("authorization") or "").partition(" ")
        if known.remembers(key.strip()):  # in the usual case no thread is waited for
            return True
        lane = self._lanes.lane(scope.method, scope.path, scope.query_string)
        return await lane.run(partial(has_key, self._app, _environ(scope, b"")))


def _stoppable(cancellation: Cancellation, work: Callable[[], Answer]) -> Answer:
    with cancelled_by(cancellation):
        return work()


def _answer(app: Callable[..., Any], environ: Environ) -> Answer:
    """Status, headers and body of the application's answer."""
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [int(status.split(" ", 1)[0]), headers]

    parts = app(environ, start)
    try:
        content = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return started[0], started[1], content


def _environ(scope: Any, body: bytes) -> Environ:
    """The request as WSGI writes it (PEP 3333): texts are bytes, one in each character."""
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(body),
        "wsgi.multiprocess": True,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": scope.scheme,
        "wsgi.version": (1, 0),
    }
    for name, value in scope.headers.items():
        if name not in HOP:
            key = UNPREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _refusal(error: Exception) -> Answer:
    """The answer to a request that the application never saw."""
    response: Response = problem_of(error)
    response.headers.update(SAFE)
    return response.status_code, list(response.headers.items()), response.get_data()

"""Several institutions on one server: an application and threads for each, chosen by the key before anything is read.

Each application has its own records, store, snapshots and models, and checks the key in its own records. So the choice
need not be trusted: a key that names another institution than its own is unknown there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

import structlog
from apiflask import APIFlask
from flask import request
from structlog.contextvars import bound_contextvars

from api.access import COOKIE, needs_key
from api.app import create_app, with_routes
from api.gateway.gateway import Gateway
from graph.errors import KeyRefused, KithError
from service.records import keys, sessions
from service.settings import Settings

BEARER: Final = "bearer"


class Tenants:
    """What granian calls where several institutions are served (RSGI)."""

    def __init__(self, applications: Mapping[str, APIFlask], settings: Settings) -> None:
        self._front = Gateway(front(applications, settings), settings)
        self._of = {name: Gateway(app, app.extensions["kith.settings"]) for name, app in applications.items()}

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        await self._chosen(scope).__rsgi__(scope, protocol)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The process ends: write down what is still to be written."""
        for gateway in self._of.values():
            gateway.__rsgi_del__(loop)

    def _chosen(self, scope: Any) -> Gateway:
        """The institution that the key or the session names, the front for what names none that is served."""
        if scope.proto != "http" or not needs_key(scope.path, several=True):
            return self._front
        name = tenant_asked(scope.headers.get("authorization") or "", scope.headers.get("cookie") or "")
        return self._of.get(name, self._front)


def tenant_asked(authorization: str, cookies: str) -> str:
    """The institution that a request names, by its key or else by the session of its cookie; "" for none."""
    scheme, _, key = authorization.partition(" ")
    if scheme:
        return keys.tenant_of(key.strip()) if scheme.lower() == BEARER else ""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else sessions.tenant_of(found.value)


def front(applications: Mapping[str, APIFlask], settings: Settings) -> APIFlask:
    """The application that answers what names no institution: pages that tell of none, and that a key is needed."""
    app = with_routes(settings)
    app.extensions["kith.tenants"] = applications
    app.before_request(_refuse)
    return app


def _refuse() -> None:
    """Raises KeyRefused, in the words in which an institution refuses a key that it does not know."""
    if not needs_key(request.path, several=False):
        return
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if not scheme and COOKIE in request.cookies:
        raise KeyRefused("this session is over; sign in again")
    if scheme.lower() != BEARER or not key:
        raise KeyRefused("send a key as `Authorization: Bearer KEY`; make one with `kith keys create`")
    keys.refuse_unknown(key.strip())


def opened(served: Mapping[str, Settings]) -> dict[str, APIFlask]:
    """The application of each institution that can be served; the log says why one cannot, and the others are."""
    found = {}
    for name, settings in served.items():
        with bound_contextvars(tenant=name):
            try:
                found[name] = create_app(settings=settings)
            except Exception as error:
                why = str(error) if isinstance(error, KithError) else type(error).__name__
                structlog.get_logger().error("start", error=why, pid=os.getpid())
    return found

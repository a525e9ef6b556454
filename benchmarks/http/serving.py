"""The server of `kith serve` with one more route, which answers a constant after the same key check and access log."""

from __future__ import annotations

from typing import Final

from flask import Response

from api.administration import background
from api.app import create_app
from api.context import asked_about
from api.gateway.gateway import Gateway

PATH: Final = "/v1/constant"  # and the id of a party, for the access log
CONSTANT: Final = b'{"constant":true}'


def serving() -> Gateway:
    """The gateway of a process."""
    app = create_app()
    app.add_url_rule(f"{PATH}/<party_id:id>", "constant", _constant)
    background.start(app)
    return Gateway(app, app.extensions["kith.settings"])


def _constant(id: str) -> Response:
    """The same about whichever party, and noted in the access log as a question about it."""
    asked_about(id)
    return Response(CONSTANT, content_type="application/json")

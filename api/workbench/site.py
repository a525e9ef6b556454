"""/ and /assets: the page of the workbench as `npm run build` made it; it runs nothing that it does not bring along."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from apiflask import APIBlueprint
from flask import Response, current_app, send_from_directory

bp = APIBlueprint("site", __name__, tag="workbench")

BUILT: Final = Path(__file__).parents[1] / "web" / "dist"
NOT_BUILT: Final = "the workbench is not built; run `make setup`, which needs npm\n"
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
FOREVER: Final = 31_536_000  # seconds that a browser keeps a file whose name holds its hash


@bp.get("/", strict_slashes=False)
@bp.doc(hide=True)
def page() -> Response:
    """The workbench."""
    folder: Path = current_app.extensions["kith.site"]
    if not (folder / "index.html").is_file():
        return Response(NOT_BUILT, 503, content_type="text/plain; charset=utf-8")
    response = send_from_directory(folder, "index.html", max_age=0)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/assets/<path:name>")
@bp.doc(hide=True)
def asset(name: str) -> Response:
    """A file of the workbench."""
    response = send_from_directory(current_app.extensions["kith.site"] / "assets", name, max_age=FOREVER)
    response.headers["Cache-Control"] = f"public, max-age={FOREVER}, immutable"
    response.headers["Content-Security-Policy"] = POLICY
    return response

"""/problems: what each kind of problem means, at the path that `type` of a problem document names."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from apiflask import APIBlueprint
from flask import Response, abort

from api.page import POLICY
from api.reference.problem_types import PATH, TYPES, ProblemType, named

bp = APIBlueprint("problems", __name__, url_prefix=PATH, tag="operations")


@bp.get("")
@bp.doc(hide=True)
def every() -> Response:
    """All kinds of problems."""
    return _page(sorted(TYPES, key=lambda one: one.name))


@bp.get("/<string:name>")
@bp.doc(hide=True)
def one(name: str) -> Response:
    """A kind of problem."""
    found = named(name)
    return abort(404) if found is None else _page([found])


def _page(types: Iterable[ProblemType]) -> Response:
    sections = "".join(
        f'<h2 id="{one.name}">{escape(one.title)}</h2><p><code>{one.uri}</code>, status {one.status.value}</p>'
        f"<p>{escape(one.meaning)} {escape(one.advice)}</p>"
        for one in types
    )
    html = _PAGE.replace("SECTIONS", sections)
    return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})


_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Kith: problems</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }</style>
</head><body>SECTIONS</body></html>
"""

"""A page to print, as HTML that brings along all it needs, runs nothing and fetches nothing; every cell is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape


def policy_of(style: str) -> str:
    """The Content-Security-Policy of a page: it may be shown with this style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-{digest}'"
    )


def printed(language: str, title: str, style: str, top: str, sections: Iterable[tuple[str, str]]) -> str:
    """The page. top: HTML above the sections, which are a heading and their HTML; an empty one says so."""
    body = "".join(f"<section><h2>{escape(name)}</h2>{html or '–'}</section>" for name, html in sections)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{top}{body}</body></html>"
    )


def table(rows: Iterable[Sequence[object]], heads: Sequence[str] = ()) -> str:
    """Rows of cells as a table, with the heads of its columns where they are given; nothing for no rows."""
    lines = "".join(
        "<tr>" + "".join(f"<td><bdi>{escape(str(cell))}</bdi></td>" for cell in row) + "</tr>" for row in rows
    )
    head = "".join(f"<th scope='col'>{escape(one)}</th>" for one in heads)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{lines}</table>" if lines else ""


def day(time: float) -> str:
    """The date of a time (seconds since 1970), in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")

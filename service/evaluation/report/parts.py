"""A report as one HTML page and its parts: charts, tables, lists; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final

from service.evaluation.report.charts import Figure

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def document(title: str, header: str, sections: Iterable[tuple[str, str]]) -> str:
    """The whole page: it needs nothing else. header: HTML; sections: a heading and their HTML."""
    style = (files("service.evaluation.report") / "page.css").read_text("utf-8")
    body = "".join(
        f'<section id="{anchor(name)}"><h2>{escape(name)}</h2>{content}</section>' for name, content in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{style}</style></head>'
        f"<body><header>{header}</header><main>{body}</main></body></html>\n"
    )


def figures(charts: Iterable[Figure]) -> str:
    """Charts side by side, each with its caption and its numbers."""
    return f'<div class="figures">{"".join(map(figure, charts))}</div>'


def figure(chart: Figure) -> str:
    """A chart with its caption, and its numbers as a table that opens."""
    numbers = ""
    if chart.rows:
        numbers = f"<details><summary>The numbers</summary>{table(chart.header, chart.rows)}</details>"
    return (
        f"<figure><h3>{escape(chart.title)}</h3>{chart.svg}<figcaption>{escape(chart.caption)}</figcaption>"
        f"{numbers}</figure>"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first cell of each row names it."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names with their values."""
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<dl class="facts">{cells}</dl>'


def items(texts: Iterable[str], style: str = "plain") -> str:
    """A list of sentences."""
    return f'<ul class="{style}">{"".join(f"<li>{escape(item)}</li>" for item in texts)}</ul>'


def anchor(name: str) -> str:
    """The name of a section in an address."""
    return "".join(c if c.isalnum() else "-" for c in name.lower())

"""The picture of a case as SVG: kinds of parties by shape, risk by mark and ring, never by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from graph.schema import IDENTIFIER_KINDS
from service.casework.reports.content import CaseReport

MARGIN: Final = 60.0
LEAST_WIDTH: Final = 720.0  # a few parties are not blown up to fill the page
LEAST_HEIGHT: Final = 180.0
RADIUS: Final = 14.0
LONGEST_LABEL: Final = 28  # characters
COLOURS: Final = {"low": "#2B7455", "medium": "#7D6200", "high": "#B0480A", "very_high": "#A31A2A"}
UNKNOWN: Final = "#69717C"
INK: Final = "#1B1F24"
MARKS: Final = {"low": "○", "medium": "△", "high": "◆", "very_high": "■"}


def svg(report: CaseReport) -> str:
    """The drawing of a report's picture, empty where it has none."""
    if report.picture is None:
        return ""
    places = report.picture.positions
    (left, width), (top, height) = (
        _span([place[axis] for place in places.values()], least)
        for axis, least in ((0, LEAST_WIDTH), (1, LEAST_HEIGHT))
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}" role="img">'
    ]
    parts.append(f"<title>{escape(report.title)}</title>")
    for source, target in report.picture.ties:
        (x1, y1), (x2, y2) = places[source], places[target]
        parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#59626E" stroke-width="1.2"/>'
        )
    for one in report.who:
        if one.party in places:
            level = one.score.level if one.score is not None else None
            parts.append(_party(one.kind or "", one.name or one.party, level or "", *places[one.party]))
    parts.append("</svg>")
    return "".join(parts)


def _span(at: Sequence[float], least: float) -> tuple[float, float]:
    """Where the drawing begins along an axis, and how long it is: with a margin, at least `least`, in the middle."""
    low, high = min(at) - MARGIN, max(at) + MARGIN
    length = max(least, high - low)
    return (low + high - length) / 2, length


def _party(kind: str, label: str, level: str, x: float, y: float) -> str:
    colour, thick = COLOURS.get(level, UNKNOWN), 3 if level in ("high", "very_high") else 1.5
    look = f'fill="#FFFFFF" stroke="{colour}" stroke-width="{thick}"'
    short = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    return (
        _shape(kind, x, y, look)
        + _text(x, y + 4, colour, MARKS.get(level, "·"))
        + _text(x, y + RADIUS + 12, INK, short)
    )


def _text(x: float, y: float, colour: str, text: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="11"'
    return f'<text {place} fill="{colour}">{escape(text)}</text>'


def _shape(kind: str, x: float, y: float, look: str) -> str:
    r = RADIUS
    if kind in IDENTIFIER_KINDS:
        return _polygon(x, y, [(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0)], look)
    if kind == "Merchant":
        return f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" rx="4" {look}/>'
    if kind == "Company":
        corners = [(r, 0.0), (r / 2, r * 0.87), (-r / 2, r * 0.87), (-r, 0.0), (-r / 2, -r * 0.87), (r / 2, -r * 0.87)]
        return _polygon(x, y, corners, look)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {look}/>'


def _polygon(x: float, y: float, corners: Sequence[tuple[float, float]], look: str) -> str:
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" {look}/>'

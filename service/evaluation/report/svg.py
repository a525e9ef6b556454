"""Drawing charts as inline SVG: a frame with axes, and lines, bands, bars, whiskers and marks on it.

Colours are classes of the page's style sheet, so that light and dark follow the reader. Nothing rests on colour
alone: lines differ by dashes and carry their names, bars by pattern, marks by shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

WIDTH: Final = 460
HEIGHT: Final = 330
LEFT, RIGHT, TOP, BOTTOM = 58, 24, 14, 46


def number(value: float) -> str:
    """A coordinate: at most two decimals, no negative zero."""
    return f"{round(value, 2) + 0.0:g}"


@dataclass
class Frame:
    """A plot under construction; x and y run over given ranges. `svg()` gives the finished picture."""

    title: str
    about: str
    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str
    y_label: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Position on paper of a point of the plot."""
        across = self.left + (x - self.x[0]) / (self.x[1] - self.x[0]) * (self.width - self.left - RIGHT)
        down = self.height - BOTTOM - (y - self.y[0]) / (self.y[1] - self.y[0]) * (self.height - TOP - BOTTOM)
        return across, down

    def x_ticks(self, ticks: Sequence[tuple[float, str]]) -> None:
        for value, label in ticks:
            x, _ = self.at(value, self.y[0])
            self.parts.append(f'<path class="grid" d="M{number(x)} {TOP}V{self.height - BOTTOM}"/>')
            self.text(x, self.height - BOTTOM + 17, label, "tick", "middle")

    def y_ticks(self, ticks: Sequence[tuple[float, str]]) -> None:
        for value, label in ticks:
            _, y = self.at(self.x[0], value)
            self.parts.append(f'<path class="grid" d="M{self.left} {number(y)}H{self.width - RIGHT}"/>')
            self.text(self.left - 7, y + 4, label, "tick", "end")

    def text(self, x: float, y: float, words: str, style: str = "note", anchor: str = "start") -> None:
        """Text at a position on paper."""
        self.parts.append(
            f'<text class="{style}" x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def line(self, points: Sequence[tuple[float, float]], style: str) -> None:
        self.parts.append(f'<path class="{style}" d="M{self._path(points)}"/>')

    def band(self, lower: Sequence[tuple[float, float]], upper: Sequence[tuple[float, float]]) -> None:
        """The area between two lines."""
        self.parts.append(f'<path class="band" d="M{self._path([*lower, *reversed(upper)])}Z"/>')

    def bar(self, x: tuple[float, float], y: tuple[float, float], style: str) -> None:
        (left, bottom), (right, top) = self.at(x[0], y[0]), self.at(x[1], y[1])
        left, right = min(left, right), max(left, right)
        self.parts.append(
            f'<rect class="{style}" x="{number(left)}" y="{number(top)}" width="{number(right - left)}" '
            f'height="{number(bottom - top)}"/>'
        )

    def whisker(self, a: tuple[float, float], b: tuple[float, float]) -> None:
        """A line with a bar across each end."""
        (x1, y1), (x2, y2) = self.at(*a), self.at(*b)
        flat = abs(y1 - y2) < 0.01
        dx, dy = (0, 4) if flat else (4, 0)
        self.parts.append(
            f'<path class="whisker" d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}'
            f"M{number(x1 - dx)} {number(y1 - dy)}L{number(x1 + dx)} {number(y1 + dy)}"
            f'M{number(x2 - dx)} {number(y2 - dy)}L{number(x2 + dx)} {number(y2 + dy)}"/>'
        )

    def mark(self, x: float, y: float, style: str, shape: str = "circle") -> None:
        """A circle, square, diamond or triangle at a point."""
        across, down = self.at(x, y)
        shapes = {
            "circle": "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
            "square": "m-4 -4h8v8h-8z",
            "diamond": "m0 -6l5 6l-5 6l-5 -6z",
            "triangle": "m0 -6l5.5 9.5h-11z",
        }
        self.parts.append(f'<path class="{style}" d="M{number(across)} {number(down)}{shapes[shape]}"/>')

    def svg(self) -> str:
        """The picture, with its title and description for screen readers."""
        name = "".join(c if c.isalnum() else "-" for c in self.title.lower())
        middle = (self.left + self.width - RIGHT) / 2
        x_label = (
            f'<text class="axis" x="{number(middle)}" y="{self.height - 8}" text-anchor="middle">'
            f"{escape(self.x_label)}</text>"
        )
        y_label = (
            f'<text class="axis" transform="translate(15 {number((TOP + self.height - BOTTOM) / 2)}) rotate(-90)" '
            f'text-anchor="middle">{escape(self.y_label)}</text>'
        )
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-labelledby="{name}-t {name}-d">'
            f'<title id="{name}-t">{escape(self.title)}</title><desc id="{name}-d">{escape(self.about)}</desc>'
            f"{''.join(self.parts)}{x_label}{y_label if self.y_label else ''}</svg>"
        )

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        return "L".join(f"{number(x)} {number(y)}" for x, y in (self.at(*point) for point in points))


def shares(step: float = 0.2) -> list[tuple[float, str]]:
    """Ticks of a share 0..1, as percent."""
    n = round(1 / step)
    return [(i * step, f"{round(100 * i * step)} %") for i in range(n + 1)]


def round_ticks(low: float, high: float, most: int = 5) -> list[tuple[float, str]]:
    """Round values from low to high."""
    span = high - low
    step = next(
        (base * 10.0**power for power in range(-6, 7) for base in (1, 2, 5) if span / (base * 10.0**power) <= most),
        span,
    )
    first = -(-low // step)
    found = []
    while first * step <= high + 1e-12:
        value = first * step + 0.0
        found.append((value, f"{value:.6g}"))
        first += 1
    return found

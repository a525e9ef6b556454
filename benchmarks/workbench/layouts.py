"""How far parties move when others are drawn beside them, by the page and by Cytoscape's fcose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Browser

HERE: Final = Path(__file__).parent
NEAREST: Final = 8
SCRIPTS: Final = (
    "layout-base/layout-base.js",
    "cose-base/cose-base.js",
    "cytoscape/dist/cytoscape.min.js",
    "cytoscape-fcose/cytoscape-fcose.js",
)
# Lays some elements out, then all of them, each as fcose does it incrementally.
FCOSE: Final = """([before, after]) => {
  const box = document.body.appendChild(document.createElement("div"));
  box.style.cssText = "width:1000px;height:700px";
  const cy = cytoscape({ container: box, elements: before });
  const lay = (randomize) => new Promise((done) => {
    const one = cy.layout({ name: "fcose", randomize, animate: false, fit: false, quality: "proof" });
    one.one("layoutstop", done);
    one.run();
  });
  const places = () => Object.fromEntries(cy.nodes().map((n) => [n.id(), [n.position("x"), n.position("y")]]));
  return lay(true).then(() => {
    const first = places();
    cy.add(after);
    return lay(false).then(() => [first, places()]);
  });
}"""

Places = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Movement:
    """How old parties moved: mean and 95th percentile in lengths of an edge, and the share of their 8 nearest kept."""

    mean: float
    p95: float
    kept: float


def movement(before: Places, after: Places, links: Sequence[tuple[str, str]]) -> Movement:
    """The movement of the parties of `before`. An edge's length is the median of the links drawn before."""
    old = sorted(before)
    first, then = (np.array([places[id] for id in old], np.float64) for places in (before, after))
    lengths = [np.hypot(*(np.array(before[a]) - before[b])) for a, b in links if a in before and b in before]
    moved = np.hypot(*(then - first).T) / np.median(lengths)
    every = [*old, *sorted(set(after) - set(old))]
    all_then = np.array([after[id] for id in every], np.float64)
    near_first, near_then = _nearest(first, first), _nearest(then, all_then)
    kept = [len(set(a) & set(b)) / NEAREST for a, b in zip(near_first.tolist(), near_then.tolist(), strict=True)]
    return Movement(float(moved.mean()), float(np.quantile(moved, 0.95)), float(np.mean(kept)))


def _nearest(points: npt.NDArray[np.float64], among: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The NEAREST of `among` to each point, itself left out: both begin with the same points."""
    distance = np.hypot(*(points[:, None, :] - among[None, :, :]).transpose(2, 0, 1))
    distance[np.arange(len(points)), np.arange(len(points))] = np.inf
    return np.argsort(distance, axis=1, kind="stable")[:, :NEAREST]


def fcose(browser: Browser, old: Sequence[str], new: Sequence[str], links: Sequence[tuple[str, str]]) -> Movement:
    """The movement of the old parties when fcose lays out the old ones, and then all with where these were."""
    context = browser.new_context()
    page = context.new_page()
    page.set_content("<!doctype html><body></body>")
    for script in SCRIPTS:
        page.add_script_tag(path=HERE / "node_modules" / script)
    drawn = set(old)
    of_old = [one for one in links if set(one) <= drawn]
    before = [*map(_node, old), *map(_edge, of_old)]
    after = [*map(_node, new), *map(_edge, [one for one in links if not set(one) <= drawn])]
    first, then = page.evaluate(FCOSE, [before, after])
    context.close()
    return movement(first, then, of_old)


def _node(id: str) -> dict[str, Any]:
    return {"data": {"id": id}}


def _edge(ends: tuple[str, str]) -> dict[str, Any]:
    return {"data": {"source": ends[0], "target": ends[1]}}

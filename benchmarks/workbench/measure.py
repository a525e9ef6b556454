"""The figures of the page, each beside an empty page, another party or Cytoscape's own layout."""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from benchmarks.http.server import new_key, served
from benchmarks.rows import row
from benchmarks.workbench.layouts import HERE, fcose, movement
from benchmarks.workbench.network import HUB, make_workspace
from benchmarks.workbench.page import Workbench
from graph.errors import UsageError

TIMES: Final = 5
MANY: Final = 300
OLD: Final = 100  # parties that are drawn before others come
LINKS_OF_HUB: Final = 100_000
WEB: Final = Path(__file__).parents[2] / "api" / "web"
GOALS: Final = {"screen": 1.5, "script": 300.0, "search": 150.0, "expand": 300.0, "frames": 30.0}


def run(parties: int = 2_000, links_of_hub: int = LINKS_OF_HUB) -> dict[str, Any]:
    """Measure in a temporary workspace; the answer is what `kith bench workbench` prints."""
    program = shutil.which("chromium")
    if program is None:
        raise UsageError("Chromium is missing; install it (Debian: chromium)")
    _fetch_and_build()
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        home = Path(name)
        member = make_workspace(home, parties, links_of_hub)
        key = new_key(home, "investigator")
        with served(home, KITH_WORKERS="1") as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            rows = _rows(browser, Workbench(browser, address, key), member, links_of_hub)
            browser.close()
    return {"name": "workbench", "parties": parties, "links_of_hub": links_of_hub, "rows": rows}


def _fetch_and_build() -> None:
    for command in (
        ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(HERE)],
        ["npm", "run", "--silent", "--prefix", str(WEB), "build"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
        if done.returncode:
            raise UsageError(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout.strip()}")


def _rows(browser: Browser, bench: Workbench, member: str, links_of_hub: int) -> list[dict[str, Any]]:
    screen, empty = _median(bench.first_screen), _median(bench.empty_page)
    script = next((WEB / "dist" / "assets").glob("main-*.js"))
    search = _median(lambda: bench.search(member))
    rows = [
        row("first screen", screen, "goal", GOALS["screen"], "s"),
        row("first screen, less an empty page", screen - empty, "an empty page", empty, "s"),
        row("script, compressed", len(gzip.compress(script.read_bytes())) / 1000, "goal", GOALS["script"], "KB"),
        row("search", 1000 * search, "goal", GOALS["search"], "ms"),
    ]
    ordinary, hub = _opening(bench, member), _opening(bench, HUB)
    rows.append(row(f"open a hub with {links_of_hub:,} links", 1000 * hub, "another party", 1000 * ordinary, "ms"))
    expanded = _median(lambda: _expanding(bench, HUB, 100))
    rows.append(row("draw 100 neighbours", 1000 * expanded, "goal", GOALS["expand"], "ms"))
    rows += _movement_rows(browser, bench, member)
    places = _crowded(bench, member)
    bench.show(places)
    frames = bench.pan()
    case = f"a frame of panning over {len(places)} parties and {len(bench.links(places)):,} lines"
    rows.append(row(case, 1000 / frames, "goal", 1000 / GOALS["frames"], "ms"))
    return rows


def _median(act: Callable[[], float]) -> float:
    return statistics.median(act() for _ in range(TIMES))


def _emptied(bench: Workbench) -> None:
    """Begin with an empty picture."""
    bench.page.goto("about:blank")
    bench.page.goto(bench.address)
    bench.page.locator(".alert").first.wait_for()


def _opening(bench: Workbench, party: str) -> float:
    def once() -> float:
        _emptied(bench)
        return bench.open(party)

    return _median(once)


def _expanding(bench: Workbench, party: str, most: int) -> float:
    _emptied(bench)
    bench.open(party)
    return bench.expand(most)


def _movement_rows(browser: Browser, bench: Workbench, member: str) -> list[dict[str, Any]]:
    """Fifty more beside those that are drawn: how the old ones move here, and how fcose moves them."""
    _emptied(bench)
    bench.open(member)
    while bench.drawn() < OLD:
        bench.open(_most_tied(bench))
        bench.expand(50)
    before = bench.places()
    bench.open(_most_tied(bench))
    bench.expand(50)
    bench.drawn()
    after = bench.places()
    links = bench.links(after)
    ours = movement(before, after, links)
    theirs = fcose(browser, sorted(before), sorted(set(after) - set(before)), links)
    case = f"movement of {len(before)} when {len(after) - len(before)} more are drawn"
    return [
        _beside(f"{case}, mean", "edges", ours.mean, theirs.mean, theirs.mean / ours.mean if ours.mean else None),
        _beside(f"{case}, 95th percentile", "edges", ours.p95, theirs.p95, theirs.p95 / ours.p95 if ours.p95 else None),
        _beside("share of their 8 nearest that stay", "", ours.kept, theirs.kept, ours.kept / theirs.kept),
    ]


def _most_tied(bench: Workbench) -> str:
    """The drawn party with the most neighbours that are not drawn."""
    places = bench.places()
    drawn = bench.ask("/v1/pictures", {"parties": sorted(places)})["parties"]
    ties = Counter(end for pair in bench.links(places) for end in pair)
    found: str = max(drawn, key=lambda one: (one["total"] - ties[one["party"]], one["party"]))["party"]
    return found


def _beside(case: str, unit: str, ours: float, theirs: float, ratio: float | None) -> dict[str, Any]:
    """A row beside fcose; the ratio is None where nothing moves here at all."""
    figures = {"ours": round(ours, 4), "peer_value": round(theirs, 4)}
    return {"case": case, "peer": "fcose", "unit": unit, "ratio": ratio and round(ratio, 2), **figures}


def _crowded(bench: Workbench, member: str) -> dict[str, list[float]]:
    """MANY parties around one, where the server would draw them."""
    found = [member]
    for at in range(MANY):
        if at >= len(found) or len(found) >= MANY:
            break
        answer = bench.context.request.get(f"{bench.address}/v1/expansions/{found[at]}?limit=100&order=strongest")
        assert answer.ok, answer.text()
        found += [one["party"] for one in answer.json()["parties"] if one["party"] not in found]
    chosen = found[:MANY]
    positions = bench.ask("/v1/layouts", {"parties": chosen, "positions": {}, "changed": [], "seed": 0})["positions"]
    return {id: [1.7 * x, 1.7 * y] for id, (x, y) in positions.items()}

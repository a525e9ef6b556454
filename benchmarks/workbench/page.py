"""The page as a person uses it, and how long it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, expect

from benchmarks.http.server import NAME

PATIENCE_MS: Final = 120_000
PAN_SECONDS: Final = 3.0
FRAMES: Final = """() => {
  window.frames_seen = 0;
  const count = () => { window.frames_seen += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""
FOUND: Final = "(text) => document.querySelector('[role=option]')?.innerText.includes(text)"
OPENED: Final = """(text) =>
  document.querySelector(".who")?.innerText.includes(text) && document.querySelector(".waterfall") !== null"""
DRAWN: Final = """(n) => {
  const found = /(\\d+) drawn/.exec(document.querySelector(".status")?.innerText ?? "");
  return found !== null && Number(found[1]) >= n;
}"""


class Workbench:
    """A person's page in a browser context of its own."""

    def __init__(self, browser: Browser, address: str, key: str) -> None:
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script("localStorage.clear()")  # every opening begins with an empty picture
        self.page: Page = self.context.new_page()
        self.address = address
        self.page.goto(address)
        self.page.get_by_label("Key", exact=True).fill(key)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".alert").first).to_be_visible(timeout=PATIENCE_MS)

    def first_screen(self) -> float:
        """Seconds from opening the page anew, with nothing in its cache, until alerts stand there."""
        session = self.context.new_cdp_session(self.page)
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.page.goto(self.address)
        handle = self.page.wait_for_function("() => document.querySelector('.alert') && performance.now() / 1000")
        session.send("Network.setCacheDisabled", {"cacheDisabled": False})
        return float(handle.json_value())

    def empty_page(self) -> float:
        """Seconds until a page without anything in it is there."""
        page = self.context.new_page()
        page.goto(f"{self.address}/healthz")
        seconds = float(page.evaluate("() => performance.timing.loadEventEnd - performance.timing.navigationStart"))
        page.close()
        return seconds / 1000

    def search(self, text: str) -> float:
        """Seconds from the last letter of a search until its results stand there."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(text[:-1])
        self.page.wait_for_timeout(1_000)
        begun = time.perf_counter()
        self.page.keyboard.type(text[-1])
        self.page.wait_for_function(FOUND, arg=text)
        seconds = time.perf_counter() - begun
        self.page.keyboard.press("Escape")
        return seconds

    def open(self, text: str) -> float:
        """Seconds from choosing a result of a search until the party's score and surroundings stand there."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(text)
        option = self.page.get_by_role("option").first
        expect(option).to_contain_text(text)
        begun = time.perf_counter()
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(OPENED, arg=text)
        return time.perf_counter() - begun

    def expand(self, most: int) -> float:
        """Seconds from asking for `most` parties around the one that is open until they are drawn."""
        before = self.drawn()
        self.page.keyboard.press("e")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("How many").select_option(str(most))
        button = dialog.get_by_role("button", name="All kinds")
        expect(button).to_be_visible()
        begun = time.perf_counter()
        button.click()
        self.page.wait_for_function(DRAWN, arg=before + 1)
        return time.perf_counter() - begun

    def drawn(self) -> int:
        """How many parties are drawn, once nothing is asked any more."""
        self.page.wait_for_function(DRAWN, arg=1)
        self.page.wait_for_timeout(1_000)
        return len(self.places())

    def show(self, places: dict[str, list[float]]) -> None:
        """Draw exactly these parties where they are, as the address of a view says it."""
        at = [("at", f"{round(x)},{round(y)},,,{id}") for id, (x, y) in places.items()]
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/#{urlencode([('party', next(iter(places))), *at])}")
        self.page.wait_for_function(DRAWN, arg=len(places))
        self.page.wait_for_timeout(2_000)

    def pan(self) -> float:
        """Frames a second while the picture is drawn to and fro."""
        box = self.page.locator(".stage").bounding_box()
        assert box is not None
        x, y = box["x"] + 12, box["y"] + 12
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.evaluate(FRAMES)
        begun, step = time.perf_counter(), 0
        while time.perf_counter() - begun < PAN_SECONDS:
            step += 1
            self.page.mouse.move(x + 6 * (step % 40), y + 3 * (step % 40))
        seconds = time.perf_counter() - begun
        self.page.mouse.up()
        return float(self.page.evaluate("() => window.frames_seen")) / seconds

    def places(self) -> dict[str, list[float]]:
        """Where each party is drawn, as the page keeps it in the browser's storage."""
        self.page.wait_for_timeout(400)
        saved = json.loads(self.page.evaluate("(place) => localStorage.getItem(place)", f"kith work of {NAME}"))
        places: dict[str, list[float]] = {}
        for change in (saved["first"], *(step["change"] for step in saved["past"])):
            for id, row in change.get("places", ()):
                if row is None:
                    places.pop(id, None)
                else:
                    places[id] = row[:2]
        return places

    def ask(self, path: str, question: dict[str, Any]) -> Any:
        """An answer of the API, asked in the page's session."""
        headers = {"X-Kith-Request": "workbench", "Sec-Fetch-Site": "same-origin"}
        answer = self.context.request.post(f"{self.address}{path}", data=question, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()

    def links(self, parties: Iterable[str]) -> list[tuple[str, str]]:
        """The pairs among some parties that any links tie, each once."""
        links = self.ask("/v1/pictures", {"parties": sorted(parties)})["links"]
        return sorted(
            {tuple(sorted((link["source"], link["target"]))) for link in links if link["source"] != link["target"]}
        )

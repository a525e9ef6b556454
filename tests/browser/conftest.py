"""The workbench in a real Chromium, before a real server over a small town."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from graph.purposes import PURPOSES
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from tests.house import House

WEB: Final = Path(__file__).parents[2] / "api" / "web"
PATIENCE_MS: Final = 60_000  # a busy machine is no failure
SCREENSHOTS: Final = Path(os.environ.get("SCREENSHOTS", Path(tempfile.gettempdir()) / "kith-screenshots"))

expect.set_options(timeout=PATIENCE_MS)


def missing(reason: str) -> None:
    """What is missing is a failure in CI, and elsewhere a skip that says what to do."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the page, built from its sources as they are."""
    if shutil.which("npm") is None:
        missing("npm is missing; install it (Debian: nodejs and npm)")
    if not (WEB / "node_modules" / "esbuild").exists():
        missing(f"the page's packages are missing; install them: npm ci --prefix {WEB}")
    done = subprocess.run(["npm", "run", "build"], cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return WEB / "dist"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        missing("Chromium is missing; install it (Debian: chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Server:
    """`kith serve` over a workspace, on a port of its own, which it keeps when it is started again."""

    home: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None
    log: Path = field(default_factory=lambda: Path(tempfile.mkstemp(prefix="kith-serve-")[1]))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *more: str) -> None:
        command = [
            str(Path(sys.executable).with_name("kith")),
            "serve",
            "--port",
            str(self.port),
            "--workers",
            "1",
            *more,
        ]
        environment = os.environ | {
            "KITH_HOME": str(self.home),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": ":".join(sys.path),
        }
        log = self.log.open("w")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            address = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if address:
                self.port = int(address[1])
                self._until_ready()
                return
        pytest.fail(f"the server did not start: {self.log.read_text()}")

    def _until_ready(self) -> None:
        end = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end:
            try:
                with urlopen(f"{self.url}/readyz", timeout=5) as answer:
                    assert answer.status == 200
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"the server does not answer: {self.log.read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def key_of(self, person: str, *purposes: str) -> tuple[str, int]:
        """A new key of an investigator, and its number."""
        records = open_records(Settings(home=self.home).records)
        key, row = keys.create(records, PURPOSES, "investigator", purposes or ["all"], person)
        return key, row.id


@pytest.fixture(scope="session")
def server(house: House, built: Path) -> Iterator[Server]:
    running = Server(house.folder)
    running.start()
    yield running
    running.stop()


@dataclass
class Workbench:
    """The page as a person uses it: by its keys, its buttons and its texts."""

    page: Page
    server: Server
    faults: list[str]

    def sign_in(self, key: str) -> None:
        self.page.goto(self.server.url)
        self.page.get_by_label("Key", exact=True).fill(key)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("tab", name="Alerts")).to_be_visible()

    def open(self, text: str) -> None:
        """Search for a party, and open the first that is found."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def settled(self) -> int:
        """How many parties are drawn, once nothing is asked any more."""
        self.quiet()
        words = self.page.locator(".status").inner_text()
        found = re.search(r"(\d+) drawn", words)
        return int(found[1]) if found else 0

    def quiet(self) -> None:
        """Wait until every question is answered and nothing was asked for a while."""
        self.page.wait_for_function(
            """() => {
              const asked = performance.getEntriesByType("resource").length;
              const calm = window.askedBefore === asked ? (window.calm ?? 0) + 1 : 0;
              window.askedBefore = asked;
              window.calm = calm;
              return calm > 4 && document.querySelector("[aria-busy]") === null;
            }""",
            polling=100,
        )

    def parties(self) -> list[str]:
        """The ids of the parties that are drawn, as the table has them."""
        turned = self.page.get_by_role("button", name="Table")
        shown = turned.get_attribute("aria-pressed") == "true"
        if not shown:
            turned.click()
        ids = self.page.locator(".tables table").first.locator("tbody th bdi.small").all_inner_texts()
        if not shown:
            turned.click()
        return sorted(ids)

    def put_away(self) -> None:
        """Close the dialog that is open, and wait until it is."""
        self.press("Escape")
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def screenshot(self, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        file = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=file)
        return file


@pytest.fixture
def opened(chromium: Browser, server: Server) -> Iterator[Callable[..., Workbench]]:
    """Opens the page in a browser of its own, signed in; whatever it complains of fails the test at its end."""
    contexts: list[BrowserContext] = []
    benches: list[Workbench] = []

    def new(person: str | None = "Ada Lim", at: Server = server, theme: str = "light", **more: object) -> Workbench:
        size = more.pop("viewport", {"width": 1440, "height": 900})
        context = chromium.new_context(color_scheme=theme, viewport=size, locale="en-GB", **more)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        bench = Workbench(page, at, [])
        watch(page, bench.faults, at)
        benches.append(bench)
        if person is not None:
            bench.sign_in(at.key_of(person)[0])
        return bench

    yield new
    for context in contexts:
        context.close()
    for bench in benches:
        assert not bench.faults


def watch(page: Page, faults: list[str], server: Server) -> None:
    """Note what must not happen: an error, a complaint of the policy, a dialog of a script, a request to elsewhere."""

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            faults.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((server.url, "blob:", "data:")):
            faults.append(f"asked elsewhere: {request.url}")

    page.on("console", said)
    page.on("request", asked)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("dialog", lambda dialog: faults.append(f"a script ran: {dialog.message}"))

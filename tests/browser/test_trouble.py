"""What goes wrong: a server that is away, a key that is revoked, names that are attacks, a reload in the middle."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from tests.browser.conftest import Server, Workbench
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Opened = Callable[..., Workbench]

HOSTILE = {
    "img": "<img src=x onerror=alert(1)>",
    "script": '"><script>alert(1)</script>',
    "formula": "=HYPERLINK(1)",
    "arabic": "مرحبا بالعالم",
    "emoji": "👨‍👩‍👧 Family",
    "long": "x" * 10_000,
    "braces": "{{constructor.constructor('alert(1)')()}}",
    "__proto__": "Prototype",
    "a/b?c#d": "Slashes",
}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[Server]:
    """A network without a model whose names are attacks; all pay `img`."""
    folder = tmp_path_factory.mktemp("hostile")
    with (folder / "parties.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [[id, "Person", name] for id, name in HOSTILE.items()]
        csv.writer(file).writerows([["id", "kind", "name"], *rows])
    with (folder / "relationships.csv").open("w", newline="", encoding="utf-8") as file:
        links = [[id, "img", "PAYS", "5"] for id in HOSTILE if id != "img"]
        csv.writer(file).writerows([["source", "target", "kind", "amount"], *links])
    home = House(tmp_path_factory.mktemp("attacked"), None, {})  # type: ignore[arg-type]
    for command in (["load", str(folder)], ["snapshot"]):
        said = home.kith(*command)
        assert said.code == 0, said.err
    running = Server(home.folder)
    running.start()
    yield running
    running.stop()


def test_names_that_are_attacks_are_texts_everywhere(opened: Opened, attacked: Server) -> None:
    bench = opened(at=attacked)
    bench.open("img")
    expect(bench.page.locator(".who .name")).to_have_text(HOSTILE["img"])
    bench.settled()
    assert bench.parties() == sorted(HOSTILE)
    for tab in ("Record", "Links", "Timeline"):
        bench.page.get_by_role("tab", name=tab, exact=True).click()
        bench.quiet()
    bench.press("t")
    for name in HOSTILE.values():
        expect(bench.page.locator(".tables bdi.name", has_text=name[:100]).first).to_be_attached()
    assert bench.page.locator("img, .tables script").count() == 0
    bench.screenshot("hostile-names")


def test_without_a_model_the_network_can_be_explored_and_says_so(opened: Opened, attacked: Server) -> None:
    bench = opened(at=attacked)
    bench.open("formula")
    expect(bench.page.locator(".dossier")).to_contain_text("no model yet")
    assert bench.settled() > 1


def test_a_search_without_a_result_says_so(opened: Opened) -> None:
    bench = opened()
    bench.press("/")
    bench.page.keyboard.type("zzzzzz qqqqqq")
    expect(bench.page.locator(".results")).to_contain_text("Nobody matches")


def test_a_revoked_key_asks_for_another_and_the_work_is_still_there(
    opened: Opened, house: House, server: Server
) -> None:
    bench = opened(person=None)
    key, number = server.key_of("Eve Late")
    bench.sign_in(key)
    bench.open(house.member)
    expect(bench.page.locator(".who")).to_contain_text(house.member)
    bench.settled()
    drawn = bench.parties()
    keys.revoke(open_records(Settings(home=server.home).records), number)
    bench.press("e")
    expect(bench.page.get_by_text("Your work is kept")).to_be_visible()
    bench.screenshot("signed-out")
    bench.page.get_by_label("Key", exact=True).fill(server.key_of("Eve Late")[0])
    bench.page.keyboard.press("Enter")
    expect(bench.page.locator(".who")).to_contain_text(house.member)
    bench.settled()
    assert bench.parties() == drawn


def test_the_key_can_be_typed_at_once(opened: Opened, server: Server) -> None:
    page = opened(None).page
    page.goto(server.url)
    expect(page.get_by_label("Key", exact=True)).to_be_focused()


def test_the_page_is_no_higher_than_its_window(opened: Opened) -> None:
    higher = opened().page.evaluate("document.documentElement.scrollHeight - innerHeight")
    assert higher == 0


def test_a_wrong_key_is_refused_with_a_reason(opened: Opened) -> None:
    bench = opened(person=None)
    bench.page.goto(bench.server.url)
    bench.page.get_by_label("Key", exact=True).fill("kith_no_key")
    bench.page.keyboard.press("Enter")
    expect(bench.page.get_by_role("alert")).not_to_be_empty()


def test_a_server_that_is_restarted_is_found_again(opened: Opened, house: House, built: Path) -> None:
    running = Server(house.folder)
    running.start()
    try:
        bench = opened(at=running)
        bench.open(house.member)
        expect(bench.page.locator(".who")).to_contain_text(house.member)
        bench.settled()
        running.stop()
        bench.page.get_by_role("tab", name="Links", exact=True).click()
        expect(bench.page.get_by_text("cannot be reached").first).to_be_visible()
        bench.screenshot("server-away")
        running.start()
        bench.page.locator(".dossier").get_by_role("button", name="Try again").click()
        expect(bench.page.locator(".dossier")).to_contain_text("Money in")
    finally:
        running.stop()

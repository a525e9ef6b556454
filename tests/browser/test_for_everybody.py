"""The keyboard alone, screen readers (axe), both themes, Chinese, and pictures of the main states."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WEB, Workbench
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Opened = Callable[..., Workbench]

ASK_LAYOUT = """async (parties) => {
  const headers = { "Content-Type": "application/json", "X-Kith-Request": "workbench" };
  const answer = await fetch("/v1/layouts", { method: "POST", headers, body: JSON.stringify({ parties, seed: 0 }) });
  return (await answer.json()).positions;
}"""
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"


def findings(page: Page) -> list[str]:
    """What axe finds wrong with the page, each with where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {json.dumps([node['html'][:200] for node in one['nodes'][:3]])}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_main_states(opened: Opened, house: House, theme: str) -> None:
    bench = opened(theme=theme)
    page = bench.page

    def clean(state: str) -> None:
        bench.quiet()
        bench.screenshot(f"{state}-{theme}")
        assert findings(page) == [], state

    clean("empty")
    bench.open(house.member)
    expect(page.locator(".waterfall").first).to_be_visible()
    clean("picture")
    for tab in ("Record", "Links", "Timeline", "Changes", "Compare"):
        page.get_by_role("tab", name=tab, exact=True).click()
        clean(f"dossier-{tab.lower()}")
    bench.press("t")
    clean("table")
    bench.press("t", "e")
    expect(page.get_by_role("dialog")).to_contain_text("in all")
    clean("expand")
    bench.put_away()
    bench.press("?")
    clean("keys")
    bench.put_away()
    bench.press("n")
    page.get_by_role("dialog").get_by_label("Title").fill(f"Case in {theme}")
    clean("new-case")
    page.get_by_role("dialog").get_by_role("button", name="Open a case").click()
    expect(page.locator(".case-file h2")).to_contain_text(f"Case in {theme}")
    clean("case")
    page.get_by_text("N. Adler" if theme == "none" else "Ada Lim").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key", exact=True)).to_be_visible()
    clean("sign-in")


def test_everything_is_done_by_the_keyboard_alone(opened: Opened, house: House) -> None:
    bench = opened()
    page = bench.page
    expect(page.locator(".alert").first).to_be_visible()
    bench.press("j", "Enter")
    expect(page.locator(".who")).to_be_visible()
    assert bench.settled() > 1
    opened_by_alert = page.locator(".who").inner_text()

    # Tab reaches the picture as one stop; arrows go along links and say where one is; Enter opens.
    page.locator(".stage").focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "ArrowRight"):
        bench.press(key)
    spoken = page.locator('[aria-live="assertive"]')
    expect(spoken).to_contain_text("not drawn")
    bench.press("Enter")
    expect(page.locator(".who")).not_to_have_text(opened_by_alert)

    before = bench.settled()
    bench.press("e")
    expect(page.get_by_role("dialog").get_by_role("button", name="All kinds")).to_be_focused()
    bench.press("Enter")
    expect(page.locator(".status")).not_to_contain_text(f"{before} drawn")
    grown = bench.settled()
    assert grown > before
    bench.press("c")
    expect(page.locator(".status")).not_to_contain_text(f"{grown} drawn")
    bench.press("Control+z")
    expect(page.locator(".status")).to_contain_text(f"{grown} drawn")
    bench.press("Control+y")
    expect(page.locator(".status")).not_to_contain_text(f"{grown} drawn")
    bench.press("2")
    expect(page.get_by_role("tab", name="Record")).to_have_attribute("aria-selected", "true")
    bench.press("i", "h")
    expect(page.locator(".status")).to_contain_text("hidden by you")
    bench.press("Control+z", "?")
    expect(page.get_by_role("dialog")).to_contain_text("along links")
    bench.put_away()
    bench.press("t")
    expect(page.locator(".tables")).to_be_visible()


def test_the_table_is_a_table_for_screen_readers(opened: Opened, house: House) -> None:
    bench = opened()
    bench.open(house.member)
    bench.settled()
    bench.press("t")
    table = bench.page.get_by_role("table", name="Parties in the picture")
    expect(table.get_by_role("columnheader")).to_have_count(5)
    expect(table.get_by_role("rowheader").first).to_be_visible()
    score = table.get_by_role("columnheader", name="Score")
    expect(score).to_have_attribute("aria-sort", "ascending")
    score.get_by_role("button").click()
    expect(score).to_have_attribute("aria-sort", "descending")


def test_the_page_speaks_chinese(opened: Opened, house: House) -> None:
    bench = opened()
    bench.open(house.member)
    expect(bench.page.locator(".waterfall").first).to_be_visible()
    bench.page.get_by_text("Ada Lim").first.click()
    bench.page.get_by_label("Language").select_option("zh")
    expect(bench.page.get_by_role("tab", name="原因")).to_be_visible()
    expect(bench.page.locator(".reason").first).to_contain_text("。", use_inner_text=True)
    assert bench.page.locator("html").get_attribute("lang") == "zh"
    bench.screenshot("chinese")


def test_where_the_page_is_magnified_there_is_one_column_at_a_time(opened: Opened, house: House) -> None:
    bench = opened(viewport={"width": 720, "height": 450})  # 1440 x 900 at 200 %
    page = bench.page
    columns = page.get_by_role("navigation", name="Columns")
    bench.open(house.member)
    expect(page.locator(".status")).to_contain_text("drawn")
    for name, shown in (("Dossier", ".who"), ("Work", ".alert"), ("Picture", ".stage")):
        columns.get_by_role("button", name=name).click()
        expect(page.locator(shown).first).to_be_visible()
        assert page.locator(".page > :is(.left, .middle, .right):visible").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        bench.quiet()
        bench.screenshot(f"magnified-{name.lower()}")
    assert findings(page) == []


MOST_OF_A_PICTURE = 300 * 1024  # bytes, of one that stands in the documentation


def test_the_pictures_of_the_documentation(opened: Opened, house: House) -> None:
    bench = opened(viewport={"width": 1280, "height": 760})
    page = bench.page
    bench.open(house.truth.rings["ring_05"][0])
    page.get_by_role("button", name="Draw the members").first.click()
    expect(page.get_by_role("button", name="Outline").first).to_have_attribute("aria-pressed", "true")
    bench.quiet()
    bench.press("l")
    bench.quiet()
    page.locator(".right").evaluate("(column) => column.scrollTo(0, 0)")
    pictures = [bench.screenshot("ring")]
    bench.press("n")
    page.get_by_role("dialog").get_by_label("Title").fill("Ring of eight")
    page.get_by_role("dialog").get_by_label("Note", exact=True).fill("All eight use the same two phones since May.")
    page.get_by_role("dialog").get_by_role("button", name="Open a case").click()
    expect(page.locator(".note-text")).to_be_visible()
    page.get_by_role("button", name="Keep this answer").click()
    expect(page.locator(".case-file")).to_contain_text("receipt")
    page.get_by_role("tab", name="Compare", exact=True).click()
    expect(page.locator(".compare")).to_be_visible()
    bench.press("d", "d")
    bench.quiet()
    pictures.append(bench.screenshot("case"))
    assert [file.name for file in pictures if file.stat().st_size > MOST_OF_A_PICTURE] == []


@pytest.fixture
def crowd(house: House) -> Iterator[list[str]]:
    """Three hundred parties of the town."""
    snapshot = house.context().snapshot
    people = [
        snapshot.id_of(row) for row in range(snapshot.n_parties) if snapshot.kind_of(row) in {"Person", "Merchant"}
    ]
    yield sorted(id for id in people if id[0] in "mp")[-300:]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_of_one_thirty_and_three_hundred_parties(
    opened: Opened, house: House, crowd: list[str], theme: str
) -> None:
    bench = opened(theme=theme)
    page = bench.page
    for n in (1, 30, 300):
        layout = page.evaluate(ASK_LAYOUT, crowd[:n])
        at = "&".join(f"at={round(1.7 * x)},{round(1.7 * y)},,,{quote(id)}" for id, (x, y) in layout.items())
        page.goto(f"{bench.server.url}/#party={crowd[0]}&{at}")
        page.reload()
        expect(page.locator(".status")).to_contain_text(f"{n} drawn")
        bench.quiet()
        bench.screenshot(f"parties-{n}-{theme}")
    drawn = "300 drawn"
    bench.press("e")
    page.get_by_role("dialog").get_by_role("button", name="All kinds").click()
    expect(page.locator(".message")).to_contain_text("At most 300")
    expect(page.locator(".status")).to_contain_text(drawn)

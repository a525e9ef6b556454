"""What-ifs on the picture: a link that is not there, a guarantee besides, a default; nothing of it is stored."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from gnn.features.targets import outcomes_as_labels
from tests.browser.conftest import Workbench
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Opened = Callable[..., Workbench]


def test_links_end_and_begin_on_the_picture_and_scores_follow(opened: Opened, house: House) -> None:
    bench = opened()
    page = bench.page
    bench.open(house.member)
    expect(page.locator(".status")).to_contain_text("drawn")
    bench.settled()
    page.get_by_role("button", name="Table").click()
    links = page.locator(".tables table").nth(1).locator("tbody tr")
    expect(links.first).to_be_visible()
    before = links.count()

    # Without one link: the table and the picture are without it, and the scores beside it are told anew.
    links.first.get_by_role("button", name="What if not?").click()
    expect(links).to_have_count(before - 1)
    expect(page.locator(".supposed")).to_contain_text("Supposed: no ")
    expect(page.locator(".supposed")).to_contain_text(re.compile(r"\d+ of \d+ parties become riskier, \d+ less risky"))

    # And a guarantee besides.
    bench.press("w")
    form = page.get_by_role("dialog")
    expect(form).to_be_visible()
    people = form.get_by_label("Guarantor").locator("option").all_inner_texts()
    form.locator("input[name=default]:checked").evaluate_all("all => all.forEach(one => one.click())")
    form.get_by_label("Guarantor").select_option(label=people[1])
    form.get_by_label("For whom").select_option(label=people[2])
    form.get_by_role("button", name="What if").click()
    expect(page.locator(".supposed")).to_contain_text(f"from {people[1]} to {people[2]}")
    expect(links).to_have_count(before)
    bench.quiet()
    bench.screenshot("what-if")

    # Undo takes each back, and the address holds what is supposed.
    page.reload()
    expect(page.locator(".supposed")).to_contain_text(f"from {people[1]} to {people[2]}")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".supposed")).to_have_count(0)


def test_who_is_known_bad_is_not_offered_to_default(opened: Opened, house: House) -> None:
    bench = opened()
    snapshot = house.context().snapshot
    bad = outcomes_as_labels(snapshot) == 1
    bench.open(next(id for ring in house.truth.rings.values() for id in ring if bad[snapshot.row_of(id)]))
    expect(bench.page.locator(".status")).to_contain_text("drawn")
    bench.settled()
    bench.press("w")
    form = bench.page.get_by_role("dialog")
    expect(form.locator("input[name=cure]").first).to_be_visible()
    expect(form.locator("li:has(input[name=cure]) input[name=default]")).to_have_count(0)
    bench.screenshot("what-if-dialog")

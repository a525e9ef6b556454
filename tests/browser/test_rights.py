"""The desk for the people who are scored: the queue of disputes, a move, the notice, and the own report to print."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import expect

from graph.purposes import PURPOSES
from graph.stores.open import open_store
from service.records import keys
from service.records.database import open_records
from service.records.rights import told
from service.records.rights.told import Told
from service.rights.disputes.dispute import Claim
from service.rights.disputes.handling import Office, receive
from service.rights.disputes.items import ItemName
from service.rights.reports.notices import AdverseNotice
from service.settings import Settings
from tests.browser.conftest import Server, Workbench
from tests.house import FORGIVEN, House

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CLAIM = Claim(text="I paid.", evidence=(), channel="letter", representative=None, identity_theft=False)


@pytest.fixture(scope="module")
def disputed(house: House, server: Server) -> int:
    """A dispute about a default of 2018, received forty days ago and so late."""
    settings = Settings(home=house.folder)
    records = open_records(settings.records)
    with closing(open_store(settings.store)) as store:
        rows = [row for batch in store.read_outcomes() for row in batch.to_pylist() if row["party"] == FORGIVEN]
        name = ItemName(table="outcomes", source=rows[0]["origin"], key=(FORGIVEN, rows[0]["key"]))
        office = Office(records, store, time.time() - 40 * 86_400)
        answer = receive(office, FORGIVEN, name, CLAIM, "us_fcra", "Bo Hale", identified=False)
    keep_notice(settings)
    return answer.dispute.dispute


def keep_notice(settings: Settings) -> None:
    """A notice to the party of a decision against it."""
    records = open_records(settings.records)
    _, key = keys.create(records, PURPOSES, "service", ["lending"], "The shop")
    notice = AdverseNotice(
        party=FORGIVEN, creditor="The shop", action=None, time=time.time(), purpose="lending", threshold=600,
        reasons=(), score=500, lowest=350, highest=950, yes_or_no=False, receipt=64 * "a", snapshot="s", model="m",
        law="us_fcra", source="12 CFR 1002.9",
    )  # fmt: skip
    content = notice.model_dump_json()
    told.keep(records, Told(0, FORGIVEN, "adverse_action", 64 * "a", time.time(), 4e9, str(key.id), content))


def test_the_queue_shows_what_is_late_and_takes_a_move(opened: Callable[..., Workbench], disputed: int) -> None:
    bench = opened()
    page = bench.page
    page.get_by_role("tab", name="Rights").click()
    row = page.get_by_role("button", name=f"Dispute {disputed}")
    expect(row).to_contain_text("LATE")
    row.click()
    detail = page.locator(f"[data-dispute='{disputed}']")
    expect(detail).to_contain_text("I paid.")
    expect(detail).to_contain_text("15 U.S.C. 1681i(a)(1)(A)")

    # A move that goes against the party is refused without a second person, and says so.
    detail.locator("select[name=move]").select_option("reject")
    detail.get_by_label("Why, or what was said").fill("frivolous")
    detail.get_by_role("button", name="Make this move").click()
    expect(page.locator(".message")).to_contain_text("second")
    detail.locator("select[name=move]").select_option("reject")
    detail.get_by_label("Why, or what was said").fill("the same claim as before, without anything new")
    detail.get_by_label("Who agrees, where it goes against the party").fill("Bea Sun")
    detail.get_by_role("button", name="Make this move").click()
    expect(detail).to_contain_text("reject → frivolous")
    bench.screenshot("rights-queue")


def test_somebody_at_the_desk_gets_the_own_report_and_the_notices(
    opened: Callable[..., Workbench], disputed: int
) -> None:
    bench = opened()
    page = bench.page
    page.get_by_role("tab", name="Rights").click()
    page.get_by_role("button", name="Own report", exact=True).click()
    page.get_by_label("Id of the party at the desk").fill(FORGIVEN)
    page.get_by_role("button", name="Make the own report").click()
    report = page.locator(f"[data-report='{FORGIVEN}']")
    expect(report).to_contain_text("default")
    expect(report).to_contain_text("names of other people are withheld")
    bench.screenshot("rights-report")
    with page.context.expect_page() as printed:
        report.get_by_role("link", name="Print all of it").click()
    expect(printed.value.get_by_role("heading", level=1)).to_have_text("What is held about you")
    with page.context.expect_page() as notice:
        report.get_by_role("link", name="The shop").click()
    expect(notice.value.get_by_role("heading", level=1)).to_have_text("Notice of a decision against you")

    # One who is unknown here has none, and the page says so.
    page.get_by_label("Id of the party at the desk").fill("nobody at all")
    page.get_by_role("button", name="Make the own report").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing is held about such a party")

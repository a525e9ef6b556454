"""Five minutes of an investigator: from a victim's name to the ring, why, what if, a case, and what is handed over."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from graph.purposes import DEFAULT_PURPOSE
from service.answers.drawing.pictures import expansion
from tests.browser.conftest import Workbench
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Opened = Callable[..., Workbench]


@pytest.fixture(scope="session")
def victim(house: House) -> tuple[str, str, tuple[str, ...]]:
    """Somebody in no ring whom a member of one calls or is paid by: the id, the name, and the ring."""
    context = house.context()
    members = {member for ring in house.truth.rings.values() for member in ring}
    for ring in list(house.truth.rings.values())[1:]:  # parties with odd ids are friends of the first
        for member in ring:
            around = expansion(context, member, context.purpose(DEFAULT_PURPOSE), "strongest", 50, ["CALLS", "PAYS"])
            for one in around.parties:
                name = one.name or ""
                if (
                    one.kind == "Person"
                    and one.party not in members
                    and not one.known_bad
                    and not name.startswith("Odd")
                ):
                    return one.party, name, ring
    raise AssertionError("every neighbour of a ring is in one")


def test_from_a_victim_to_the_ring_why_what_if_a_case_and_files(
    opened: Opened, victim: tuple[str, str, tuple[str, ...]], tmp_path: Path
) -> None:
    party, name, ring = victim
    bench = opened()
    page = bench.page

    # Two acts: the victim is open, with the riskiest around.
    bench.open(name)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator(".status")).to_contain_text("drawn")
    bench.settled()
    assert party in bench.parties() and set(ring) & set(bench.parties())

    # Two more: the riskiest of them, and its ring with all members and what they share.
    page.get_by_role("button", name="Table").click()
    member = next(one for one in ring if one in bench.parties())
    page.locator("tr", has_text=member).get_by_role("button").first.click()
    page.get_by_role("button", name="Table").click()
    page.get_by_role("button", name="Draw the members").first.click()
    expect(page.get_by_role("button", name="Outline").first).to_have_attribute("aria-pressed", "true")
    bench.settled()
    assert set(ring) <= set(bench.parties())
    bench.screenshot("ring-light")

    # Why: the parts sum to the score.
    sum_of = page.locator(".waterfall svg").first.get_attribute("aria-label") or ""
    numbers = [int(one.replace("−", "-")) for one in re.findall(r"(?<= )[+−]?\d+(?=,|$)", sum_of)]
    *parts, total = numbers
    assert abs(sum(parts) - total) <= len(parts)  # each is rounded

    # Expanding says how many there are of each kind before any is drawn.
    before = bench.settled()
    bench.press("e")
    expect(page.get_by_role("dialog")).to_contain_text("in all")
    page.get_by_role("dialog").get_by_role("button", name="All kinds").click()
    expect(page.locator(".status")).not_to_contain_text(f"{before} drawn")
    assert bench.settled() > before

    # A path to somebody else, with the links of each step.
    bench.press("p")
    page.get_by_role("dialog").get_by_placeholder("Id or name of the other end").fill(name)
    page.get_by_role("dialog").get_by_role("button", name=re.compile(name)).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Draw", exact=True).first.click()
    expect(page.get_by_role("button", name="Clear the path")).to_be_visible()
    page.get_by_role("button", name="Clear the path").click()

    # What if the victim defaults: nothing is stored, and who is hit is counted.
    bench.open(name)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    bench.press("w")
    page.get_by_role("dialog").get_by_role("button", name="What if").click()
    expect(page.locator(".supposed")).to_contain_text("parties become riskier")
    page.get_by_role("button", name="End the what-if").click()

    # A note opens a case.
    bench.press("n")
    page.get_by_role("dialog").get_by_label("Title").fill("Ring at Elm St")
    page.get_by_role("dialog").get_by_label("Note", exact=True).fill("They share a device.")
    page.get_by_role("dialog").get_by_role("button", name="Open a case").click()
    expect(page.locator(".note-text")).to_have_text("They share a device.")

    # Twenty steps back, or as many as there are, and forth again.
    done = bench.parties()
    before_undo = page.locator(".status").inner_text()
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    back = 0
    while undo.is_enabled() and back < 20:
        undo.click()
        bench.quiet()
        back += 1
    assert back >= 8 and page.locator(".status").inner_text() != before_undo
    for _ in range(back):
        redo.click()
        bench.quiet()
    expect(redo).to_be_disabled()
    assert bench.parties() == done
    expect(page.locator(".note-text")).to_have_text("They share a device.")

    # A reload loses nothing, and what was done can still be taken back.
    page.reload()
    expect(page.locator(".status")).to_contain_text("drawn")
    assert bench.parties() == done
    expect(undo).to_be_enabled()

    # Files.
    files = {ending: _exported(bench, button, tmp_path) for ending, button in EXPORTS.items()}
    rows = list(csv.reader(files["csv"].read_text(encoding="utf-8-sig").splitlines()))
    assert {row[0] for row in rows[1 : rows.index([])]} == set(done)
    assert files["svg"].read_text().startswith("<svg") and name in files["svg"].read_text()
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    assert "graphml" in files["graphml"].read_text()


EXPORTS = {"csv": "Table (CSV)", "svg": "Picture (SVG)", "png": "Picture (PNG)", "graphml": "Network (GraphML)"}


def _exported(bench: Workbench, button: str, folder: Path) -> Path:
    bench.press("s")
    with bench.page.expect_download() as download:
        bench.page.get_by_role("dialog").get_by_role("button", name=button).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_back_returns_to_the_party_before_and_an_address_is_a_view(opened: Opened, house: House) -> None:
    one, two = house.truth.rings["ring_02"][:2]
    bench = opened()
    bench.open(one)
    expect(bench.page.locator(".who")).to_contain_text(one)
    bench.settled()
    drawn = bench.parties()
    bench.open(two)
    expect(bench.page.locator(".who")).to_contain_text(two)
    bench.page.go_back()
    expect(bench.page.locator(".who")).to_contain_text(one)
    assert bench.parties() == drawn
    bench.page.go_forward()
    expect(bench.page.locator(".who")).to_contain_text(two)
    address = bench.page.url
    other = opened(person="N. Adler")
    other.page.goto(address)
    other.page.reload()
    expect(other.page.locator(".who")).to_contain_text(two)
    other.settled()
    assert other.parties() == bench.parties()


def test_a_whole_ring_goes_into_a_case_at_once_and_out_again(opened: Opened, house: House) -> None:
    bench = opened()
    page = bench.page
    bench.open(house.truth.rings["ring_05"][0])
    ring = page.locator("section.ring").first
    expect(ring).to_be_visible()
    bench.settled()

    # The ring stands above what adds up to the score, each member by name with its role.
    members = ring.locator("ul.inline > li")
    roles = members.locator("span.tag, span.small")
    expect(members.nth(2)).to_be_visible()
    assert members.count() == roles.count() >= 3
    assert (ring.bounding_box() or {})["y"] < (page.locator(".waterfall").bounding_box() or {})["y"]
    bench.screenshot("why-ring")

    # One key puts all of it into a case: here into a new one, which is named after it.
    bench.press("a")
    listed = page.locator(".case-file ul").first.locator("li")
    expect(page.locator(".case-file h2")).to_contain_text("Ring ")
    expect(listed).to_have_count(members.count())

    # Undone, only those leave the case that came in by it.
    listed.first.get_by_role("button", name="Hide: ").click()
    expect(listed).to_have_count(members.count() - 1)
    expect(ring.get_by_role("button", name="Add all members to case")).to_be_visible()
    bench.press("a")
    expect(listed).to_have_count(members.count())
    bench.press("Control+z")
    expect(listed).to_have_count(members.count() - 1)


def test_the_ring_of_an_alert_comes_with_what_its_members_share(opened: Opened, house: House) -> None:
    bench = opened()
    page = bench.page
    snapshot = house.context().snapshot
    name = snapshot.name_of(snapshot.row_of(house.truth.rings["ring_05"][0])) or ""
    page.locator(".alert", has_text="Ring of").filter(has_text=name).click()
    expect(page.locator(".status")).to_contain_text("drawn")
    bench.settled()
    bench.screenshot("alert-ring")
    page.get_by_role("button", name="Table").click()
    expect(page.locator(".tables table").first).to_contain_text(re.compile("Phone|Device|Address|Account"))


def test_two_people_close_a_case_and_see_each_others_changes(opened: Opened, house: House) -> None:
    ada, adler = opened(person="Ada Lim"), opened(person="N. Adler")
    ada.open(house.truth.rings["ring_03"][0])
    expect(ada.page.locator(".who")).to_be_visible()
    ada.press("n")
    ada.page.get_by_role("dialog").get_by_label("Title").fill("Two people")
    ada.page.get_by_role("dialog").get_by_role("button", name="Open a case").click()
    expect(ada.page.locator(".case-file h2")).to_contain_text("Two people")

    adler.page.get_by_role("tab", name="Cases").click()
    adler.page.get_by_role("button", name=re.compile("Two people")).click()
    adler.page.get_by_label("Note", exact=True).fill("I know this device.")
    adler.page.get_by_role("button", name="Add note").click()
    expect(ada.page.locator(".note-text")).to_have_text("I know this device.")

    ada.page.get_by_role("button", name="Ask to close").click()
    ada.page.get_by_role("dialog").get_by_label("Comment").fill("All six share it.")
    ada.page.get_by_role("dialog").get_by_role("button", name="Ask to close").click()
    expect(ada.page.locator(".asked")).to_contain_text("Somebody else has to agree")
    expect(ada.page.get_by_role("button", name="Agree and close")).to_have_count(0)
    adler.page.get_by_role("button", name="Agree and close").click()
    expect(ada.page.locator(".case-file")).to_contain_text("agreed by N. Adler")

    with adler.page.expect_download() as download:
        adler.page.get_by_role("button", name="Report (JSON)").click()
    assert json.loads(download.value.path().read_text())["title"] == "Two people"
    with adler.page.context.expect_page() as report:
        adler.page.get_by_role("link", name="Report", exact=True).click()
    expect(report.value.locator("body")).to_contain_text("Two people")


def test_scores_of_the_past_two_rings_side_by_side_and_a_receipt(opened: Opened, house: House) -> None:
    bench = opened()
    page = bench.page
    bench.open(house.member)
    expect(page.locator(".status")).to_contain_text("drawn")
    bench.settled()

    # The slider shows the links of a day with the scores as of then; where it rests is one step.
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    bench.press("ArrowLeft")
    expect(page.locator(".past")).to_have_text(re.compile(r"Scores as of .* by today's model, of \d+ of \d+ parties"))
    expect(page.locator(".dossier")).to_contain_text("This is as of today.")
    bench.quiet()
    bench.screenshot("past")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".past")).to_have_text("Scores of today.")

    # A ring beside another one, and both drawn.
    page.get_by_role("button", name="Compare", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("In both")
    bench.screenshot("rings")
    page.get_by_role("button", name="Draw both").click()
    bench.settled()
    assert page.url.count("ring=ring-") == 2

    # The receipt of the score, and the same answer from the facts.
    page.get_by_role("button", name="Receipt").click()
    page.get_by_role("button", name="Give it again").click()
    expect(page.get_by_role("dialog")).to_contain_text("byte for byte")
    bench.put_away()


def test_hidden_names_are_hidden_in_texts_and_files(opened: Opened, house: House, tmp_path: Path) -> None:
    bench = opened()
    party = house.truth.rings["ring_04"][0]
    bench.open(party)
    expect(bench.page.locator(".waterfall").first).to_be_visible()
    name = bench.page.locator(".who .name").inner_text()
    bench.settled()
    bench.press("m")
    expect(bench.page.locator(".who .name")).to_have_text(party)
    assert name not in bench.page.locator("body").inner_text()
    bench.press("n")
    page = bench.page
    page.get_by_role("dialog").get_by_label("Title").fill("Nameless")
    page.get_by_role("dialog").get_by_role("button", name="Open a case").click()
    with page.context.expect_page() as report:
        page.get_by_role("link", name="Report", exact=True).click()
    expect(report.value.locator("body")).to_contain_text(party)
    assert name not in report.value.locator("body").inner_text()
    report.value.close()
    for button in EXPORTS.values():
        assert name.encode() not in _exported(bench, button, tmp_path).read_bytes()

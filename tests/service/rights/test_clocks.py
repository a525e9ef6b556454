"""Clocks by profile, worked out by hand on a calendar, and a year of disputes of which none is forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import StateConflict, UsageError
from service.rights.disputes.dispute import Dispute, Move, MoveName, received
from service.rights.disputes.duties import duties, is_lapsed
from service.rights.disputes.items import Item, ItemName
from service.rights.disputes.moves import MOVES, act_of, moved
from service.rights.legal.business_days import Period, calendar_named
from service.rights.legal.legal_profiles import legal_profile, legal_profiles
from service.rights.profile_tables import entry_moves_table, moves_table, objection_moves_table, profile_tables
from tests.service.rights.conftest import CLAIM, DAY, RECEIVED

ITEM = Item(
    name=ItemName(table="outcomes", source="bank", key=("ann", "1")),
    revision=1,
    content={
        "outcome": "default",
        "opened": None,
        "closed": None,
        "state": "active",
        "days_late": None,
        "amount": None,
    },
)
PROFILES = sorted(legal_profiles())


def day(moment: float | None) -> str:
    """The last day of a period that ends at a midnight."""
    assert moment is not None
    return (datetime.fromtimestamp(moment, UTC) - timedelta(seconds=1)).date().isoformat()


def dispute(profile: str, *moves: Move, now: float = RECEIVED) -> Dispute:
    law = legal_profile(profile)
    made = received("ann", ITEM, CLAIM, law, now)
    for move in moves:
        made = moved(made, move, law, "Ada", now)
    return made


@pytest.mark.parametrize(
    ("profile", "last_day"),
    [
        ("us_fcra", "2026-12-30"),
        ("uk_gdpr", "2026-12-28"),
        ("eu_gdpr_ccd2", "2026-12-30"),
        ("cn_zhengxin", "2026-12-20"),
        ("strict", "2026-12-20"),
    ],
)
def test_the_investigation_ends_as_the_law_of_the_place_says(profile: str, last_day: str) -> None:
    assert day(dispute(profile).clock.due) == last_day


def test_every_clock_names_its_source_and_every_profile_what_people_must_do() -> None:
    for profile in legal_profiles().values():
        assert profile.sources and profile.people
        assert all(clock.source for clock in profile.clocks.values())


@pytest.mark.parametrize(
    ("calendar", "holiday"),
    [
        ("us_federal", "2026-11-26"),  # Thanksgiving
        ("us_federal", "2026-07-03"),  # the Fourth of July is a Saturday
        ("us_federal", "2021-12-31"),  # New Year's Day of 2022 is a Saturday
        ("england_and_wales", "2026-04-03"),  # Good Friday
        ("england_and_wales", "2026-12-28"),  # Boxing Day is a Saturday
        ("england_and_wales", "2021-12-27"),  # Christmas Day is a Saturday, Boxing Day a Sunday
        ("england_and_wales", "2021-12-28"),
    ],
)
def test_a_holiday_is_no_business_day(calendar: str, holiday: str) -> None:
    assert not calendar_named(calendar).is_business_day(date.fromisoformat(holiday))
    assert calendar_named("weekdays").is_business_day(date.fromisoformat(holiday))


def test_five_business_days_over_thanksgiving_are_eight_days() -> None:
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()
    assert day(calendar_named("us_federal").after(monday, Period(5, "business_days"))) == "2026-12-01"


def test_a_month_from_the_last_of_january_ends_with_february() -> None:
    january = datetime(2027, 1, 31, tzinfo=UTC).timestamp()
    assert day(calendar_named("weekdays").after(january, Period(1, "months"))) == "2027-02-28"


def test_fcra_has_fifteen_more_days_once_and_for_new_information() -> None:
    law, extend = legal_profile("us_fcra"), Move(move="extend", told="she sent the bank's letter on day 20")
    longer = dispute("us_fcra", Move(move="open"), extend)
    assert day(longer.clock.due) == "2027-01-14" and "1681i(a)(1)(B)" in longer.clock.basis[-1]
    with pytest.raises(StateConflict, match="second"):
        moved(longer, extend, law, "Ada", RECEIVED)
    with pytest.raises(StateConflict, match="no extension"):
        dispute("cn_zhengxin", Move(move="open"), extend)
    with pytest.raises(UsageError, match="told"):
        dispute("us_fcra", Move(move="open"), Move(move="extend"))


def test_the_clock_stands_still_only_where_the_law_lets_it() -> None:
    law, pause = legal_profile("uk_gdpr"), Move(move="pause", told="which account?")
    paused = dispute("uk_gdpr", Move(move="open"), pause)
    assert [duty.what for duty in duties(paused, law, RECEIVED + 90 * DAY)] == ["resume"]
    assert not is_lapsed(paused, law, RECEIVED + 90 * DAY)
    resumed = moved(paused, Move(move="resume"), law, "Ada", RECEIVED + 10 * DAY)
    assert resumed.clock.due == paused.clock.due + 10 * DAY
    with pytest.raises(StateConflict, match="no clock stand still"):
        dispute("us_fcra", Move(move="open"), pause)


def test_an_identity_theft_is_blocked_within_four_business_days() -> None:
    law = legal_profile("us_fcra")
    theft = dispute("us_fcra").model_copy(update={"claim": CLAIM.model_copy(update={"identity_theft": True})})
    found = duties(moved(theft, Move(move="open"), law, "Ada", RECEIVED), law, RECEIVED)
    assert [(duty.what, day(duty.due)) for duty in found if duty.what == "block"] == [("block", "2026-12-04")]


def test_each_step_says_who_when_from_what_to_what() -> None:
    made = dispute("strict", Move(move="open"), Move(move="ask_furnisher"))
    assert [(step.number, step.by, step.old, step.new) for step in made.steps] == [
        (1, "Ada", "received", "open"),
        (2, "Ada", "open", "furnisher_asked"),
    ]


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, list[tuple[float, MoveName]]]:
    """A profile, and attempts at moves over a year, in the order of their times."""
    profile = draw(st.sampled_from(PROFILES))
    times = sorted(draw(st.lists(st.floats(0, 365 * DAY), max_size=25)))
    return profile, [(RECEIVED + time, draw(st.sampled_from(sorted(MOVES)))) for time in times]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(histories())
def test_in_a_year_of_disputes_none_is_forgotten(history: tuple[str, list[tuple[float, MoveName]]]) -> None:
    profile, attempts = history
    law = legal_profile(profile)
    one = received("ann", ITEM, CLAIM, law, RECEIVED)
    marked = False
    for time, name in attempts:
        asked = Move(move=name, told="because", second="Bea", corrected={"amount": 1.0})
        try:
            after = moved(one, asked, law, "Ada", time)
        except (StateConflict, UsageError):
            continue
        marked = {"hold": True, None: marked}.get(after.owed, False)
        assert after.owed == act_of(one, name)
        assert after.steps[-1].old == one.state and after.steps[-1].new == after.state
        assert after.version == one.version + 1 and after.clock.due >= after.clock.started
        one = after
    end = RECEIVED + 3 * 365 * DAY
    found = duties(one, law, end)
    # It is closed, or there is something to do; a mark stands only while somebody looks at it or time will end it.
    assert (one.state == "closed") == (not found)
    assert not marked or one.state in ("open", "furnisher_asked")
    if one.state in ("open", "furnisher_asked") and not one.paused:
        assert any(duty.late for duty in found)
        if one.answer is None:
            assert is_lapsed(one, law, end)
            assert moved(one, Move(move="lapse"), law, "the clock", end).state == "unverifiable"


def test_the_page_holds_the_moves_and_the_profiles_as_they_are() -> None:
    text = (Path(__file__).parents[3] / "docs" / "rights.md").read_text(encoding="utf-8")
    for table in (moves_table(), objection_moves_table(), entry_moves_table(), profile_tables()):
        assert table in text

"""Suppression rules: small repaid arrears and publication windows, over facts that are there, and back again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph.errors import StateConflict, UnknownRecord, UsageError
from graph.snapshots.build import build_snapshot
from graph.snapshots.live.changes import read_changes
from service.records import audit
from service.rights.disputes.handling import Office
from service.rights.disputes.items import items_about
from service.rights.suppression.applying import apply_rules, begin_rule, end_rule, rules
from service.rights.suppression.rules import Arrears, SuppressionRule, read_rule
from tests.service.rights.conftest import Bank, later
from tests.service.rights.test_handling import content

REPAIR = """
[rule]
name = "repair_2026"
about = "One-off repair of small repaid arrears"
source = "a notice of 2026"
in_force = 2026-06-01

[[rule.grades]]
outcomes = ["late", "default"]
opened_from = 2020-01-01
opened_until = 2026-01-31
most_amount = 100
repaid_by = 2026-03-31
"""


def written(folder: Path, text: str = REPAIR) -> SuppressionRule:
    file = folder / "rule.toml"
    file.write_text(text)
    return read_rule(file)


@pytest.fixture
def repair(tmp_path: Path) -> SuppressionRule:
    return written(tmp_path)


def day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def arrears(bank: Bank) -> Callable[[str], None]:
    """What the bank's whole file says of ann: a row each of outcome, time, closed and amount."""

    def send(rows: str) -> None:
        (bank.folder / "outcomes.csv").write_text("id,outcome,time,closed,amount\n" + rows)
        from loaders.ingest import load

        load([bank.folder], bank.store, source="bank", replace=True, rejects_dir=bank.folder.parent)

    return send


SMALL = "ann,default,2026-01-05,2026-03-01,100\n"
LARGE = "ann,default,2025-01-05,2025-03-01,101\n"
OPEN = "ann,late,2025-07-05,,50\n"


def states(bank: Bank) -> list[tuple[Any, Any]]:
    found = [item.content for item in items_about(bank.store, "ann") if item.name.table == "outcomes"]
    return sorted(((said["amount"], said["state"]) for said in found), key=lambda one: (one[0] or 0.0, one[1]))


def test_a_repair_covers_small_repaid_arrears_of_before_and_nothing_else(
    office: Office, bank: Bank, arrears: Callable[[str], None], repair: SuppressionRule
) -> None:
    arrears(SMALL + LARGE + OPEN)
    begin_rule(office, repair, "Ada")
    applied = apply_rules(office)
    assert (applied.suppressed, applied.restored) == ({"repair_2026": 1}, {})
    assert states(bank) == [(50.0, "active"), (100.0, "suppressed"), (101.0, "active")]
    line = audit.find(office.records, audit.LogQuery(party="ann"), 1)[0].access
    assert (line.what, line.details) == ("outcome.suppressed", {"rule": "repair_2026", "source": "bank"})


def test_the_snapshot_is_that_of_a_network_that_never_had_the_outcome(
    office: Office, bank: Bank, arrears: Callable[[str], None], repair: SuppressionRule, tmp_path: Path
) -> None:
    arrears(LARGE)
    never = build_snapshot(office.store, tmp_path / "never")
    arrears(SMALL + LARGE)
    shown, before = build_snapshot(office.store, tmp_path / "shown"), office.store.revision()
    begin_rule(office, repair, "Ada")
    apply_rules(office)
    assert content(build_snapshot(office.store, tmp_path / "found").folder) == content(never.folder)
    changes = read_changes(office.store, before, office.store.revision())  # what servers follow
    assert (changes.outcomes.num_rows, changes.ended_outcomes.num_rows) == (0, 1)

    # Nothing was deleted: ending the rule brings back what there was, to the byte.
    end_rule(office, "repair_2026", "the policy was withdrawn", "Ada")
    assert apply_rules(office).restored == {"repair_2026": 1}
    assert content(build_snapshot(office.store, tmp_path / "back").folder) == content(shown.folder)
    assert states(bank) == [(100.0, "active"), (101.0, "active")]


def test_the_next_file_of_the_source_does_not_bring_it_back_until_the_rule_ends(
    office: Office, bank: Bank, arrears: Callable[[str], None], repair: SuppressionRule
) -> None:
    arrears(SMALL)
    begin_rule(office, repair, "Ada")
    apply_rules(office)
    arrears(SMALL)
    assert states(bank) == [(100.0, "suppressed")] and apply_rules(office).suppressed == {}
    end_rule(office, "repair_2026", "over", "Ada")
    apply_rules(office)
    arrears(SMALL)
    assert states(bank) == [(100.0, "active")]


def test_a_rule_is_in_force_from_its_day_to_its_end(
    office: Office, bank: Bank, arrears: Callable[[str], None], tmp_path: Path
) -> None:
    arrears(SMALL)
    text = REPAIR.replace("2026-06-01", "2026-12-10\nuntil = 2026-12-20")
    begin_rule(office, written(tmp_path, text), "Ada")
    for days, found in ((5, "active"), (10, "suppressed"), (19, "suppressed"), (20, "active")):
        apply_rules(later(office, days))
        assert states(bank) == [(100.0, found)], days


def test_a_window_shows_the_graver_for_longer(office: Office, tmp_path: Path) -> None:
    grades = (
        '[[rule.grades]]\noutcomes = ["late"]\nmost_days_late = 30\ndays_after_end = 90\n'
        '[[rule.grades]]\noutcomes = ["late", "default"]\ndays_after_end = 365\n'
    )
    rule = written(tmp_path, REPAIR[: REPAIR.index("[[")] + grades)
    ended = day("2027-01-01")
    slight = Arrears(outcome="late", opened=None, ended=ended, days_late=30, amount=None)
    grave = slight.model_copy(update={"days_late": 31})
    for days, shown in ((89, [True, True]), (90, [False, True]), (365, [False, False])):
        now = ended + days * 86_400
        assert [not rule.covers(one, now) for one in (slight, grave)] == shown
    assert not rule.covers(slight.model_copy(update={"ended": None}), ended + 9e9)  # what has not ended is shown
    assert not rule.covers(slight.model_copy(update={"outcome": "fraud"}), ended + 9e9)


def test_a_cure_goes_with_what_it_cured(
    office: Office, bank: Bank, arrears: Callable[[str], None], repair: SuppressionRule
) -> None:
    """It would tell of the default; but it stays while anything that it cured is shown."""
    begin_rule(office, repair, "Ada")
    cured = "ann,late,2026-01-05,,99\nann,cured,2026-03-01,,\n"
    arrears(cured)
    assert apply_rules(office).suppressed == {"repair_2026": 2}
    arrears(cured + "ann,default,2019-01-05,,7\n")
    apply_rules(office)
    assert states(bank) == [(None, "active"), (7.0, "active"), (99.0, "suppressed")]


def test_applying_twice_changes_nothing(
    office: Office, arrears: Callable[[str], None], repair: SuppressionRule
) -> None:
    arrears(SMALL)
    begin_rule(office, repair, "Ada")
    once = apply_rules(office)
    assert apply_rules(office).revision == once.revision


def test_a_rule_that_covers_what_another_covered_takes_over(
    office: Office, bank: Bank, arrears: Callable[[str], None], repair: SuppressionRule
) -> None:
    arrears(SMALL)
    for name in ("repair_2026", "second"):
        begin_rule(office, repair.model_copy(update={"name": name}), "Ada")
        apply_rules(office)
    end_rule(office, "repair_2026", "over", "Ada")
    assert apply_rules(office).suppressed == {"second": 1}
    assert states(bank) == [(100.0, "suppressed")]


def test_names_are_given_once_and_rules_end_once(office: Office, repair: SuppressionRule) -> None:
    begin_rule(office, repair, "Ada")
    with pytest.raises(UsageError, match="already"):
        begin_rule(office, repair, "Ada")
    with pytest.raises(UnknownRecord):
        end_rule(office, "another", "why", "Ada")
    end_rule(office, "repair_2026", "over", "Bea")
    with pytest.raises(StateConflict, match="ended already"):
        end_rule(office, "repair_2026", "over", "Bea")
    (one,) = rules(replace(office))
    assert (one.state, one.ended_why, one.rule.until) == ("ended", "over", office.now)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("[[rule.grades]]", "[[grades]]"), "one table"),
        (('["late", "default"]', '["good"]'), "rule.grades.0.outcomes.0"),
        (("2026-06-01", "soon"), "is no TOML"),
        (('source = "a notice of 2026"\n', ""), "rule.source"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        written(tmp_path, REPAIR.replace(*change))

"""Suppression rules as values: which outcomes a policy takes out of display, sharing and use, and when. Pure.

[rule]
name = "repair_2026"                     # small letters, digits and _
about = "One-off repair of small repaid arrears"
source = "notice 7 of 2026, section 2"   # by which law or decision
in_force = 2026-01-01                    # from when on; outcomes of before are covered too
until = 2027-01-01                       # may be left out: until `kith suppression end`

[[rule.grades]]                          # the first grade that fits an outcome decides
outcomes = ["late", "default"]           # late, default or fraud
opened_from = 2020-01-01                 # all of these may be left out
opened_until = 2025-12-31                # the whole day is included
most_amount = 10000                      # an outcome without an amount does not fit
most_days_late = 90                      # nor one without the days
repaid_by = 2026-03-31                   # closed or cured by the end of that day
days_after_end = 365                     # it is published for so long after its end, then no more; left out: 0

A rule of one grade with `repaid_by` is a one-off repair; several grades with `days_after_end` are publication windows.
An outcome that has not ended is never suppressed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from graph.errors import UsageError
from service.closed import Closed
from service.faults import first_fault

DAY: Final = 86_400.0
RuleState = Literal["in_force", "ended"]
BadOutcome = Literal["late", "default", "fraud"]
BAD: Final = ("late", "default", "fraud")


def _seconds(value: object) -> object:
    """Seconds since 1970 of a day, at its beginning in UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    return value


Day = Annotated[float, BeforeValidator(_seconds), Field(allow_inf_nan=False)]


class Arrears(Closed):
    """What a rule reads of an outcome. ended: when it was closed or cured, None where it is still open."""

    outcome: str
    opened: float | None
    ended: float | None
    days_late: int | None
    amount: float | None


class Grade(Closed):
    """Which outcomes a part of a rule covers, and for how many days after its end such an outcome is published."""

    outcomes: tuple[BadOutcome, ...] = Field(min_length=1)
    opened_from: Day | None = None
    opened_until: Day | None = None
    most_amount: float | None = Field(None, ge=0)
    most_days_late: int | None = Field(None, ge=0)
    repaid_by: Day | None = None
    days_after_end: int = Field(0, ge=0, le=36_525)

    def fits(self, arrears: Arrears) -> bool:
        """Whether an outcome is one of this grade."""
        if arrears.outcome not in self.outcomes:
            return False
        if self.opened_from is not None and (arrears.opened is None or arrears.opened < self.opened_from):
            return False
        if self.opened_until is not None and (arrears.opened is None or arrears.opened >= self.opened_until + DAY):
            return False
        for most, value in ((self.most_amount, arrears.amount), (self.most_days_late, arrears.days_late)):
            if most is not None and (value is None or value > most):
                return False
        return self.repaid_by is None or (arrears.ended is not None and arrears.ended < self.repaid_by + DAY)


class SuppressionRule(Closed):
    """A rule. Times: seconds since 1970. in_force: from when on; until: None where its end is not known yet.

    source: the law or decision it follows.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    about: str = Field(min_length=1)
    source: str = Field(min_length=1)
    in_force: Day
    until: Day | None = None
    grades: tuple[Grade, ...] = Field(min_length=1)

    def is_in_force(self, now: float) -> bool:
        """Whether it is at a time."""
        return self.in_force <= now and (self.until is None or now < self.until)

    def covers(self, arrears: Arrears, now: float) -> bool:
        """Whether an outcome is suppressed at a time; the first grade that fits decides."""
        if not self.is_in_force(now) or arrears.ended is None:
            return False
        for grade in self.grades:
            if grade.fits(arrears):
                return now >= arrears.ended + grade.days_after_end * DAY
        return False


def read_rule(path: Path) -> SuppressionRule:
    """The rule of a file. Raises UsageError of one line that names the file and what is wrong in it."""
    try:
        content = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    if set(content) != {"rule"}:
        raise UsageError(f"{path} holds one table [rule], and nothing beside it")
    try:
        return SuppressionRule.model_validate(content["rule"])
    except ValidationError as error:
        raise UsageError(f"{path}: rule.{first_fault(error)}") from None


def covering(rules: Sequence[SuppressionRule], arrears: Arrears, now: float) -> SuppressionRule | None:
    """The first rule that suppresses an outcome at a time, None where none does."""
    return next((rule for rule in rules if rule.covers(arrears, now)), None)

"""A rejected row and the reason codes of rows that have columns (those of malformed rows: `reading.csv_rows`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from graph.schema import CATEGORIES, OUTCOME_STATES, OUTCOMES_KNOWN, PARTY_KINDS
from loaders.reading.csv_rows import MAX_SHOWN

REASONS: Final = {
    "missing_id": "it is empty, and a party needs an id",
    "id_too_long": "an id has at most 1,024 bytes",
    "nul_in_id": "it holds a NUL character",
    "rounded_id": "a spreadsheet or a float column rounded this number and lost its last digits: export it as text",
    "bad_phone": "it is no phone number, or one of a country that nothing names: set country in the mapping",
    "ambiguous_phone": "it is a number of the country, and another one with a + before it: write + or 00 before "
    'country codes, or set country = "+" in the mapping if every number has one',
    "bad_iban": "it is no IBAN: a country's letters, two check digits, and as many signs as that country has",
    "not_in_lookup": "the look-up file does not have it",
    "negative_amount": "a negative amount, which the mapping refuses",
    "duplicate_id": "this party is in the files already: keep one of its rows",
    "unknown_party_kind": f"no such kind of party: use {', '.join(PARTY_KINDS)} or nothing",
    "missing_kind": "it names no kind of relationship",
    "bad_kind_name": "a kind is letters, digits and _, at most 63, and begins with a letter",
    "unknown_kind": "this kind is not built in: give its category in this row, or under kinds in a mapping",
    "unknown_category": f"no such category: use {', '.join(CATEGORIES)}",
    "other_category": "the kind has another category already: use that one, or give the kind another name",
    "other_direction": "the kind is symmetric in other rows or not: write the same for all, or give it another name",
    "bad_flag": "it is neither true nor false",
    "not_a_number": "it is not a number",
    "not_finite": "it is not a finite number",
    "too_large": "it is beyond the numbers that are stored (3.4e38)",
    "bad_count": "a count is a whole number from 0 to 9007199254740991",
    "bad_days_late": "days past due are a whole number from 0 to 36525",
    "lost_line": "ids of this source are row positions: restore the line number that Kith wrote here",
    "ambiguous_number": "it may be a number with decimals or one with groups of thousands: set decimal in the mapping",
    "ambiguous_time": "it may be several times: set unit in the mapping",
    "beyond_9999": "it is after the year 9999",
    "bad_time": "it is not a time: use ISO 8601 or seconds since 1970, or give the unit in a mapping",
    "future_time": "it is in the future (if it is in milliseconds, give the unit in a mapping)",
    "reversed_times": "it ends before it begins",
    "unknown_context": "a context is online or offline",
    "unknown_outcome": f"no such outcome: use 0, 1, {', '.join(OUTCOMES_KNOWN)}",
    "unknown_state": f"no such state of an outcome: use {', '.join(OUTCOME_STATES)} or nothing",
    "missing_key": "the row key is empty: give the row its key, or leave key out of the mapping",
    "same_id": "both ids are this one, and a party is always itself: name two ids",
    "missing_purpose": "a consent names the purpose that it is given for",
    "missing_given": "a consent says when it was given",
    "other_withdrawal": "this consent is in the files already, withdrawn at another time or not: keep one of its rows",
    "duplicate_order": "this order is in the file already: keep one of its rows",
    "unknown_asked": "it does not say what was asked: write deposit, membership or none, or set values in a mapping",
    "unknown_order_outcome": "no such outcome of an order: use paid, late, defaulted or open",
    "disputed_fact": "the party disputes this fact: it stays as it is until the dispute is decided",
    "suppressed_fact": "a dispute found this fact wrong or nobody could verify it: it may not come back by a load",
    "corrected_fact": "a dispute corrected this fact, and the row still has what was wrong: correct it at its source",
    "suppressed_by_rule": "a suppression rule covers this fact until the rule ends: `kith suppression list` names it",
    "deleted_party": "this party was deleted on its wish: what this source says of it may not come back by a load",
    "dangling_end": "no party has this id, neither in the files nor in the store",
}


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejected row: where it stands in the file that is read, the column and value it failed on, and why.

    value: shortened. further: the row's other faults, each as a sentence that names its code, column and value.
    """

    file: str
    line: int
    column: str
    value: str
    code: str
    text: str
    further: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join([self.fault, *self.further])

    @property
    def fault(self) -> str:
        """The first fault as a sentence that names its code, column and value."""
        subject = f"{self.column} = {self.value!r}: " if self.column else ""
        return f"{self.code}: {subject}{self.text}"

    def to_json(self) -> dict[str, Any]:
        """The reject as `kith load --json` writes it; `text` has the further faults too."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "text": "; ".join([self.text, *self.further]),
        }

    def render(self) -> str:
        """One line for people; the value is quoted, so that nothing in it is mistaken for the message."""
        subject = f"{self.column} = " if self.column else ""
        fault = f"{self.file}:{self.line} {subject}{self.value!r}: {self.text} [{self.code}]"
        return "; ".join([fault, *self.further])


def shortened(value: object) -> str:
    """The value as text of at most MAX_SHOWN characters; None is the empty text."""
    text = "" if value is None else str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"

"""What the values of a column show: numbers and how they are written, times and their formats, phones, IBANs, ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from loaders.values.money import amount

MOST: Final = 0.8  # share of the values that must look alike
LISTED: Final = 5_000  # values that are looked at

IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
PHONE: Final = re.compile(r"(\+|00|0)?[\d\s()/.–-]{7,24}")
DURATION: Final = re.compile(r"\d{1,3}:[0-5]\d(:[0-5]\d)?|PT[\dHMS.]+")
PERCENT: Final = re.compile(r"[+-]?[\d.,]+ ?%")
NUMBER: Final = re.compile(r"[+-]?\d+([.,  '’]\d+)*([eE][+-]?\d+)?|[+-]?[.,]\d+")
COMMA_DECIMAL: Final = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+|[+-]?\d{1,3}(\.\d{3}){2,}")
POINT_DECIMAL: Final = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)\.\d+|[+-]?\d{1,3}(,\d{3}){2,}")
EITHER: Final = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")  # thousands, or three decimals
ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")
DATE_LIKE: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b|(1[89]|20)\d\d$")
COUNTED: Final = {"seconds": (1e8, 4e9), "milliseconds": (1e11, 4e12), "microseconds": (1e14, 4e15)}
FORMATS: Final = tuple(
    f"{day}{clock}"
    for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y")
    for clock in ("", " %H:%M", " %H:%M:%S")
)
MISSING: Final = frozenset({"", "-", "--", "na", "n/a", "nan", "null", "none", "nil", "?", "."})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a column is: `form` is number, time, duration, percent, phone, iban or text.

    known: number of rows with a value. filled: their share. values: the different ones.
    missing: tokens that seem to mean missing.
    unit: of times, one or several in order; none for ISO 8601.
    decimal, thousands: of numbers, empty where they have no such mark.
    country: of phone numbers, where some show it.
    currency: whether currencies or accountants' signs stand beside numbers.
    repeated: whether a value comes twice. doubts: sentences.
    """

    form: str
    known: int
    filled: float
    values: frozenset[str]
    missing: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    decimal: str = ""
    thousands: str = ""
    country: str = ""
    doubts: tuple[str, ...] = ()
    repeated: bool = False
    currency: bool = False

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.values)

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.filled == 1.0 and self.distinct > 1 and not self.repeated


def evidence_of(cells: Sequence[str]) -> Evidence:
    """What the cells of a column show."""
    known = [cell for cell in cells if cell.lower() not in MISSING]
    tokens = tuple(sorted({cell for cell in cells if cell and cell.lower() in MISSING}))
    values = frozenset(known)
    base = Evidence(
        "text", len(known), len(known) / max(len(cells), 1), values, tokens, repeated=len(values) < len(known)
    )
    return replace(base, **_form(known[:LISTED])) if known else base


def _form(values: list[str]) -> dict[str, Any]:
    """The form of a column and what goes with it, as fields of its evidence."""
    if _share(values, lambda text: IBAN.fullmatch(re.sub(r"\s", "", text).upper())) >= MOST:
        return {"form": "iban"}
    time = _times(values)
    if time is not None:
        return {"form": "time"} | time
    if _share(values, DURATION.fullmatch) >= MOST:
        return {"form": "duration"}
    if _share(values, PERCENT.fullmatch) >= MOST:
        return {"form": "percent"} | _decimal([text.rstrip(" %") for text in values])
    if _is_phone(values):
        return {"form": "phone", "country": _country(values)}
    if _share(values, NUMBER.fullmatch) >= MOST:
        return {"form": "number"} | _decimal(values)
    amounts = [stated[0] for stated in (amount(text, ()) for text in values) if stated is not None]
    if len(amounts) >= MOST * len(values):
        return {"form": "number", "currency": True} | _decimal(amounts)
    return {"form": "text"}


def _share(values: Sequence[str], fits: Callable[[str], object]) -> float:
    return sum(bool(fits(text)) for text in values) / len(values)


def _is_phone(values: list[str]) -> bool:
    """Whether most values can be phone numbers, and some show it by their prefix."""
    fitting = [text for text in values if PHONE.fullmatch(text) and 7 <= sum(map(str.isdigit, text)) <= 15]
    shown = sum(text.startswith(("+", "0")) for text in fitting)
    return (
        len(fitting) >= MOST * len(values) and shown >= MOST * len(values) and not any("," in text for text in fitting)
    )


def _country(values: list[str]) -> str:
    """The country of most numbers that begin with a country code, by phonenumbers; empty where none does."""
    import phonenumbers

    codes: Counter[str] = Counter()
    for text in values[:LISTED]:
        international = re.sub(r"^00", "+", text.replace("(0)", "").strip())
        if international.startswith("+"):
            try:
                code = phonenumbers.parse(international).country_code or 0
            except phonenumbers.NumberParseException:
                continue
            codes[phonenumbers.region_code_for_country_code(code)] += 1
    return codes.most_common(1)[0][0] if codes else ""


def _decimal(values: list[str]) -> dict[str, Any]:
    """The decimal mark that the values show, with a doubt where some could be read by either and none decides."""
    comma = sum(bool(COMMA_DECIMAL.fullmatch(text)) and not EITHER.fullmatch(text) for text in values)
    point = sum(bool(POINT_DECIMAL.fullmatch(text)) and not EITHER.fullmatch(text) for text in values)
    either = next((text for text in values if EITHER.fullmatch(text)), None)
    if comma and point:
        return {"doubts": (f"some have a decimal comma ({comma:,}) and some a decimal point ({point:,})",)}
    if comma or point:
        decimal, other = (",", ".") if comma else (".", ",")
        return {"decimal": decimal, "thousands": other if any(other in text for text in values) else ""}
    if either is not None:
        return {"doubts": (f"{either} may have decimals or be a group of thousands: set decimal",)}
    return {}


def _times(values: list[str]) -> dict[str, Any] | None:
    """The units that read the values as times, None where they are no times."""
    if _share(values, ISO.fullmatch) == 1.0:
        return {}
    counted = _counted(values)
    if counted is not None:
        return {"unit": (counted,)}
    if _share(values, DATE_LIKE.match) < MOST:
        return None
    rest, units, doubts = [text for text in values if not ISO.fullmatch(text)], [], []
    if len(rest) < len(values):
        units += ["%Y-%m-%d"]
    while rest and len(units) < 4:
        fitting = {unit: _fit(rest, unit) for unit in FORMATS}
        unit, count = max(fitting.items(), key=lambda one: (one[1], -FORMATS.index(one[0])))
        if not count:
            break
        other = _other_order(unit)
        if other is not None and fitting.get(other) == count:
            doubts.append(f"{rest[0]} may be day or month first ({unit} or {other}): no value decides")
        units.append(unit)
        rest = [text for text in rest if not _reads(text, unit)]
    years = [text for text in rest if re.fullmatch(r"1[89]\d\d|20\d\d", text)]
    if years and units:
        units.append("years")
        rest = [text for text in rest if text not in years]
    if not units or len(rest) > (1 - MOST) * len(values):
        return None
    if rest:
        doubts.append(f"{rest[0]!r} is no time; its row will be rejected, or leave it out with where")
    return {"unit": tuple(units), "doubts": tuple(doubts)}


def _counted(values: list[str]) -> str | None:
    """The unit in which all values count from 1970 to times of 1973 to 2096, None where they do not."""
    if not all(re.fullmatch(r"[1-9]\d{8,15}(\.\d+)?", text) for text in values):
        return None
    numbers = [float(text) for text in values]
    return next((unit for unit, (low, high) in COUNTED.items() if low <= min(numbers) and max(numbers) <= high), None)


def _fit(values: list[str], unit: str) -> int:
    return sum(_reads(text, unit) for text in values)


def _reads(text: str, unit: str) -> bool:
    try:
        return bool(datetime.strptime(text, unit))
    except ValueError:
        return False


def _other_order(unit: str) -> str | None:
    """The format with day and month the other way round."""
    if unit.startswith(("%d/%m", "%d-%m")):
        return "%m" + unit[2] + "%d" + unit[5:]
    return "%d" + unit[2] + "%m" + unit[5:] if unit.startswith("%m") else None

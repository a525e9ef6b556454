"""Chunks of columns -> checked Arrow batches of the three kinds of fact.

Each function reads the fields a file has, refuses bad rows in the verdict, and gives one array a field over all rows of
the chunk, the refused ones included; the caller leaves those out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import CONTEXTS, OUTCOME_STATES, OUTCOMES_KNOWN, PARTY_KINDS
from loaders.checking import checks
from loaders.checking.checks import KindBook, Verdict, mask
from loaders.mapping import ATTRIBUTE_MISSING, Field, Mapping
from loaders.plan import BoundFile
from loaders.reading.readers import Chunk
from loaders.values.numbers import FLOAT32_MAX, NUMBER, as_text, numbers, texts_over_distinct, without_nan
from loaders.values.times import times

Columns = dict[str, pa.Array]

# The kind of a link that names none, by its category.
KIND_OF: Final = {
    "contact": "HAS_CONTACT", "social": "KNOWS", "trust": "TRUSTS", "money": "PAYS", "guarantee": "GUARANTEES",
    "ownership": "OWNS", "work": "WORKED_WITH", "derived": "SIMILAR_TO", "": "KNOWS",
}  # fmt: skip
LOSSLESS_DIGITS: Final = 15  # an integer of more digits would lose some as float64: it is a name, not a quantity
_OUTCOME_NAMES: Final = {"0": "good", "1": "default", "false": "good", "true": "default"}
_PARTY_KIND: Final = {kind.lower(): kind for kind in PARTY_KINDS}


@dataclass(frozen=True, slots=True)
class Reading:
    """One chunk of one file being read: what every step needs."""

    file: BoundFile
    mapping: Mapping
    chunk: Chunk
    verdict: Verdict
    now: float

    def column(self, field: str) -> pa.Array | None:
        """A field's values as its column has them (texts, or Parquet's own type); None where the file has no such."""
        source = self.file.fields.get(field)
        if source is None:
            return None
        if source.constant is not None:
            return pa.repeat(pa.scalar(source.constant), self.chunk.rows)
        if source.row:
            self.verdict.refuse(self.chunk.positions < 0, "lost_line", "line", None)
            return _prefixed(pc.cast(pa.array(self.chunk.positions + source.start), pa.string()), source)
        values = self.chunk.columns[source.column or ""]
        if source.translated:
            values = _prefixed(_translated(_whole(as_text(values), source), source), source)
        return self._without_missing(values, source, is_id=field in {"id", "source", "target"})

    def text(self, field: str) -> pa.Array | None:
        values = self.column(field)
        return None if values is None else as_text(values)

    def number(self, field: str) -> npt.NDArray[np.float64] | None:
        values = self.column(field)
        if values is None:
            return None
        parsed = checks.finite(self.verdict, self.file.column(field), values, numbers(values))
        by = self.file.fields[field].divide_by
        return parsed if by == 1.0 else parsed / by

    def time(self, field: str, future: bool = False) -> npt.NDArray[np.float64] | None:
        values = self.column(field)
        if values is None:
            return None
        source = self.file.fields[field]
        parsed = times(values, source.unit, source.since)
        return checks.past(self.verdict, self.file.column(field), values, parsed, None if future else self.now)

    def _without_missing(self, values: pa.Array, source: Field, is_id: bool) -> pa.Array:
        if pa.types.is_dictionary(values.type) or pa.types.is_large_string(values.type):
            values = as_text(values)
        if not pa.types.is_string(values.type):
            return values
        tokens = source.missing if source.missing is not None else (self.mapping.missing or ("",))
        return _blanked(values, ("",) if is_id else tokens)


def _blanked(values: pa.Array, tokens: tuple[str, ...]) -> pa.Array:
    """Values with null for these tokens."""
    absent = pc.is_in(values, value_set=pa.array(list(tokens), pa.string()))
    return pc.if_else(absent, None, values) if pc.any(absent).as_py() else values


def _whole(values: pa.Array, source: Field) -> pa.Array:
    """Whole numbers written as floats as integers (`8.38e+02` is 838); anything else as it is."""
    if not source.whole:
        return values

    def integer(text: str) -> str:
        number = float(text) if NUMBER.fullmatch(text.strip()) else 0.5
        return str(int(number)) if abs(number) < 1e15 and number == int(number) else text

    return texts_over_distinct(values, integer)


def _translated(values: pa.Array, source: Field) -> pa.Array:
    if not source.values and source.otherwise is None:
        return values
    return texts_over_distinct(values, lambda text: source.values.get(text, source.otherwise or text))


def _prefixed(values: pa.Array, source: Field) -> pa.Array:
    return pc.binary_join_element_wise(source.prefix, values, "") if source.prefix else values


def _nothing(rows: int) -> pa.Array:
    return pa.nulls(rows, pa.float64())


def _optional(values: npt.NDArray[np.float64] | None, rows: int) -> pa.Array:
    """float64 with null for NaN."""
    return _nothing(rows) if values is None else pa.array(values, pa.float64(), from_pandas=True)


def _either(*given: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    """The first that is not missing, row by row."""
    found: npt.NDArray[np.float64] | None = None
    for values in given:
        if values is not None:
            found = values if found is None else np.where(np.isnan(found), values, found)
    return found


def parties(reading: Reading) -> Columns:
    """PARTIES of a chunk. Party kinds are read without case; none is a Person."""
    verdict, rows = reading.verdict, reading.chunk.rows
    given = reading.text("id")
    assert given is not None
    ids = checks.ids(verdict, reading.file.column("id"), given)
    kind = reading.text("kind")
    kinds = pa.repeat(pa.scalar("Person"), rows)
    if kind is not None:
        kinds = texts_over_distinct(pc.fill_null(kind, "Person"), lambda text: _PARTY_KIND.get(text.strip().lower()))
        verdict.refuse(mask(pc.is_null(kinds)), "unknown_party_kind", reading.file.column("kind"), kind)
    name = reading.text("name")
    begin, end = reading.time("valid_from"), reading.time("valid_to", future=True)
    if begin is not None and end is not None:
        checks.in_order(verdict, reading.file.column("valid_to"), begin, end, reading.text("valid_to"))
    return {
        "id": ids,
        "kind": kinds,
        "name": pa.nulls(rows, pa.string()) if name is None else name,
        "attributes": _attributes(reading),
        "implied": pa.repeat(pa.scalar(False), rows),
        "valid_from": _optional(begin, rows),
        "valid_to": _optional(end, rows),
    }


def _attributes(reading: Reading) -> pa.Array:
    """Canonical JSON of every row's attributes: keys sorted, missing ones left out."""
    parts = [_attribute(reading, name) for name in reading.file.attributes]
    if not parts:
        return pa.repeat(pa.scalar("{}"), reading.chunk.rows)
    joined = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
    return pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, 1), "}", "")


def _attribute(reading: Reading, name: str) -> pa.Array:
    """`,"name":value` for each row, null where missing. A value that reads as a number is one."""
    values = reading.chunk.columns[name]
    key = "," + json.dumps(name, ensure_ascii=False) + ":"
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, key + "1.0", key + "0.0")
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _number_attribute(reading, name, values, key)
    tokens = reading.mapping.missing if reading.mapping.missing is not None else ATTRIBUTE_MISSING
    texts = _blanked(as_text(values), tokens)
    as_number = name not in reading.file.mapping.text
    bad: set[str] = set()

    def fragment(text: str) -> str | None:
        number = _quantity(text) if as_number else None
        if number is None:
            return key + json.dumps(text, ensure_ascii=False)
        if np.isinf(number):
            bad.add(text)
            return None
        return key + repr(number)

    made = texts_over_distinct(texts, fragment)
    if bad:
        reading.verdict.refuse(mask(pc.is_in(texts, value_set=pa.array(sorted(bad)))), "not_finite", name, texts)
    return made


def _number_attribute(reading: Reading, name: str, values: pa.Array, key: str) -> pa.Array:
    """An attribute that Parquet keeps as numbers; NaN is missing."""
    values = without_nan(values)
    parsed = checks.finite(reading.verdict, name, values, numbers(values))
    made = [None if np.isnan(number) else key + repr(number) for number in parsed.tolist()]
    return pa.array(made, pa.string())


def _quantity(text: str) -> float | None:
    """The number that a text states, None where it is a text, infinite where it states no finite float32.

    `007`, `+8613800000000` and integers of more than 15 digits are names.
    """
    bare = text.strip()
    if bare.lstrip("+-").lower() in {"inf", "infinity", "nan"}:
        return np.inf
    digits = bare.removeprefix("-")
    if not NUMBER.fullmatch(digits) or digits.startswith("+"):
        return None
    if digits.isdigit() and (len(digits) > LOSSLESS_DIGITS or (len(digits) > 1 and digits[0] == "0")):
        return None
    if digits[0] == "0" and len(digits) > 1 and digits[1].isdigit():
        return None
    number = float(bare) + 0.0
    return number if abs(number) <= FLOAT32_MAX else np.inf


def relationships(reading: Reading, book: KindBook) -> Columns:
    """RELATIONSHIPS of a chunk, without `key`."""
    verdict, rows, file = reading.verdict, reading.chunk.rows, reading.file
    source, target = reading.text("source"), reading.text("target")
    assert source is not None
    assert target is not None
    source = checks.ids(verdict, file.column("source"), source)
    target = checks.ids(verdict, file.column("target"), target)
    category = reading.text("category")
    kind = reading.text("kind")
    if kind is None:
        kind = pa.repeat(pa.scalar("KNOWS"), rows) if category is None else texts_over_distinct(
            pc.fill_null(category, ""), KIND_OF.get
        )  # fmt: skip
    book.check(verdict, (file.column("kind"), file.column("category")), kind, category)
    moment = reading.time("time")
    first = _either(reading.time("first"), moment)
    last = _either(reading.time("last"), reading.time("until"), moment)
    if first is not None and last is not None and first is not last:
        ended_by = next((name for name in ("last", "until", "time") if name in file.fields), "last")
        checks.in_order(verdict, file.column(ended_by), first, last, reading.text(ended_by))
    weight, amount = reading.number("weight"), reading.number("amount")
    count = reading.column("count")
    counted = None if count is None else checks.counts(verdict, file.column("count"), count)
    return {
        "source": source,
        "target": target,
        "kind": pc.fill_null(kind, ""),
        "weight": _optional(weight, rows),
        "first": _optional(first, rows),
        "last": _optional(last, rows),
        "count": pa.nulls(rows, pa.int64()) if counted is None else _integers(counted, verdict.ok),
        "amount": _optional(amount, rows),
        "context": _context(reading),
    }


def _integers(values: npt.NDArray[np.float64], ok: checks.Mask) -> pa.Array:
    absent = np.isnan(values) | ~ok
    return pa.array(np.where(absent, 0.0, values).astype(np.int64), pa.int64(), mask=absent)


def _context(reading: Reading) -> pa.Array:
    values = reading.text("context")
    if values is None:
        return pa.nulls(reading.chunk.rows, pa.string())
    lower = pc.utf8_lower(values)
    known = mask(pc.or_(pc.is_null(lower), pc.is_in(lower, value_set=pa.array(CONTEXTS))))
    reading.verdict.refuse(~known, "unknown_context", reading.file.column("context"), values)
    return lower


def outcomes(reading: Reading) -> Columns:
    """OUTCOMES of a chunk, without `key`. 0 is good, 1 is default; `time` is when it opened."""
    verdict, rows, file = reading.verdict, reading.chunk.rows, reading.file
    party, said = reading.text("id"), reading.text("outcome")
    assert party is not None
    assert said is not None
    party = checks.ids(verdict, file.column("id"), party)
    outcome = texts_over_distinct(pc.fill_null(said, ""), _outcome)
    verdict.refuse(mask(pc.is_null(outcome)), "unknown_outcome", file.column("outcome"), said)
    opened, closed = _either(reading.time("opened"), reading.time("time")), reading.time("closed")
    if opened is not None and closed is not None:
        checks.in_order(verdict, file.column("closed"), opened, closed, reading.text("closed"))
    state = reading.text("state")
    states = pa.repeat(pa.scalar("active"), rows)
    if state is not None:
        states = pc.utf8_lower(pc.fill_null(state, "active"))
        known = mask(pc.is_in(states, value_set=pa.array(OUTCOME_STATES)))
        verdict.refuse(~known, "unknown_state", file.column("state"), state)
    return {
        "party": party,
        "outcome": outcome,
        "opened": _optional(opened, rows),
        "closed": _optional(closed, rows),
        "state": states,
    }


def _outcome(text: str) -> str | None:
    text = text.strip().lower()
    if text not in OUTCOMES_KNOWN and NUMBER.fullmatch(text) and float(text) in (0.0, 1.0):
        text = str(int(float(text)))
    text = _OUTCOME_NAMES.get(text, text)
    return text if text in OUTCOMES_KNOWN else None

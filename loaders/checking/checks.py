"""The rules a row must pass, over whole columns: which rows are refused, by which column, and why.

Every function takes a Verdict and a column's values and refuses rows in it; the first reason a row fails on is the one
that is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import UnknownKind
from graph.schema import CATEGORIES, KIND_NAME, RELATIONSHIP_KINDS, RelationshipKind
from loaders.rejects.reject_log import REASONS, Reject, shortened
from loaders.values.numbers import FLOAT32_MAX, cell, numbers

ID_BYTES: Final = 1024  # no index of a store takes keys of any length

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def mask(condition: pa.Array) -> Mask:
    """A condition as a numpy mask; unknown is false."""
    return np.asarray(pc.fill_null(condition, False).to_numpy(zero_copy_only=False), bool)


@dataclass(slots=True)
class Verdict:
    """Which rows of a chunk still pass (`ok`), and the rejects of those that do not, by row."""

    file: str
    lines: npt.NDArray[np.int64]
    ok: Mask
    rejects: dict[int, Reject]

    @staticmethod
    def over(file: str, lines: npt.NDArray[np.int64]) -> Verdict:
        return Verdict(file, lines, np.ones(len(lines), bool), {})

    def refuse(self, which: Mask, code: str, column: str, values: pa.Array | None) -> None:
        """Refuse these rows for what `column` (its name in the file) says."""
        for row in np.flatnonzero(which & self.ok).tolist():
            value = "" if values is None else shortened(cell(values, row))
            self.rejects[row] = Reject(self.file, int(self.lines[row]), column, value, code, REASONS[code])
        self.ok &= ~which

    def refuse_again(self, reasons: Sequence[str] | None, code: str, column: str, values: pa.Array) -> None:
        """Of the rows of a rejects file, refuse those that still have the value for which they were refused before."""
        again = np.zeros(len(self.ok), bool)
        for row, reason in enumerate(reasons or ()):
            if reason.startswith(f"{code}: "):
                again[row] = reason.startswith(str(Reject("", 0, column, shortened(cell(values, row)), code, "")))
        self.refuse(again, code, column, values)


def ids(verdict: Verdict, column: str, values: pa.Array) -> pa.Array:
    """Ids as they are, empty where one is missing (those rows are refused)."""
    values = pc.fill_null(values, "")
    verdict.refuse(mask(pc.equal(values, "")), "missing_id", column, None)
    verdict.refuse(mask(pc.greater(pc.binary_length(values), ID_BYTES)), "id_too_long", column, values)
    verdict.refuse(mask(pc.match_substring(values, "\0")), "nul_in_id", column, values)
    return values


def finite(verdict: Verdict, column: str, values: pa.Array, parsed: Floats) -> Floats:
    """Refuse what is no finite number within float32; NaN is missing."""
    wrong = np.isinf(parsed)
    if wrong.any():
        texts = [shortened(cell(values, row)).strip().lower() for row in np.flatnonzero(wrong).tolist()]
        written = np.zeros(len(parsed), bool)
        written[np.flatnonzero(wrong)] = [_looks_infinite(text) for text in texts]
        verdict.refuse(wrong & written, "not_finite", column, values)
        verdict.refuse(wrong, "not_a_number", column, values)
    with np.errstate(invalid="ignore"):
        verdict.refuse(np.abs(parsed) > FLOAT32_MAX, "too_large", column, values)
    return parsed


def _looks_infinite(text: str) -> bool:
    return text.lstrip("+-") in {"nan", "inf", "infinity"} or (
        "e" in text and text.replace("e", "", 1).strip("+-.0123456789") == ""
    )


def counts(verdict: Verdict, column: str, values: pa.Array) -> Floats:
    parsed = finite(verdict, column, values, numbers(values))
    with np.errstate(invalid="ignore"):
        wrong = (parsed < 0) | (parsed != np.floor(parsed)) & ~np.isnan(parsed) | (parsed > 2**53)
    verdict.refuse(wrong, "bad_count", column, values)
    return parsed


def past(verdict: Verdict, column: str, values: pa.Array, parsed: Floats, now: float | None) -> Floats:
    """Refuse what is no time, and what is later than `now` (None: any time will do)."""
    verdict.refuse(np.isinf(parsed), "bad_time", column, values)
    if now is not None:
        with np.errstate(invalid="ignore"):
            verdict.refuse(parsed > now, "future_time", column, values)
    return parsed


def in_order(verdict: Verdict, column: str, begin: Floats, end: Floats, values: pa.Array | None) -> None:
    with np.errstate(invalid="ignore"):
        verdict.refuse(end < begin, "reversed_times", column, values)


class KindBook:
    """The relationship kinds known so far: built in, of the store, of the mapping, and those that rows bring.

    A row of a kind that is neither built in nor of the mapping says its category itself, whatever other rows or earlier
    loads said: so a load does not depend on the order of rows, nor on what was loaded before.
    """

    def __init__(self, known: dict[str, RelationshipKind]) -> None:
        self._known = dict(known)
        self._explained = set(RELATIONSHIP_KINDS)

    def add(self, kinds: tuple[RelationshipKind, ...]) -> list[RelationshipKind]:
        """The kinds of a mapping; returns those that are new, to be defined in the store."""
        new = [kind for kind in kinds if kind.name not in self._known]
        for kind in kinds:
            there = self._known.setdefault(kind.name, kind)
            if there != kind:
                raise UnknownKind(
                    f"kind {kind.name} is already of category {there.category} "
                    f"({'symmetric' if there.symmetric else 'directed'}); the mapping says {kind.category}"
                )
            self._explained.add(kind.name)
        return new

    def check(self, verdict: Verdict, names: tuple[str, str], kind: pa.Array, category: pa.Array | None) -> None:
        """Refuse rows of unknown kinds or other categories. `names`: the columns of kind and category in the file."""
        for name, said, rows in _pairs(kind, category):
            why = self._why_not(name, said)
            if why is not None:
                at_category = why in {"unknown_category", "other_category"}
                verdict.refuse(rows, why, names[at_category], category if at_category else kind)

    def learn(self, verdict: Verdict, column: str, kind: pa.Array, category: pa.Array | None) -> list[RelationshipKind]:
        """The kinds that rows which pass bring, to be defined in the store before the rows are recorded.

        The first such row gives a kind its category; rows that give it another one are refused.
        """
        if category is None:
            return []
        said_by = [(name, said, rows & verdict.ok) for name, said, rows in _pairs(kind, category) if said]
        new: list[RelationshipKind] = []
        for name, said, rows in sorted((one for one in said_by if one[2].any()), key=lambda one: int(one[2].argmax())):
            if name not in self._known:
                self._known[name] = RelationshipKind(name, said)
                new.append(self._known[name])
            elif self._known[name].category != said:
                verdict.refuse(rows, "other_category", column, category)
        return new

    def _why_not(self, name: str, category: str) -> str | None:
        if not name:
            return "missing_kind"
        if category and category not in CATEGORIES:
            return "unknown_category"
        if not category and name not in self._explained:
            return "unknown_kind"
        if name in self._known:
            return "other_category" if category and category != self._known[name].category else None
        return None if KIND_NAME.fullmatch(name) else "bad_kind_name"


def _pairs(kind: pa.Array, category: pa.Array | None) -> Iterator[tuple[str, str, Mask]]:
    """Every kind with a category that is said of it (empty where none is), and the rows that say so."""
    wanted = pa.repeat(pa.scalar(""), len(kind)) if category is None else pc.fill_null(category, "")
    coded = pc.dictionary_encode(pc.binary_join_element_wise(wanted, pc.fill_null(kind, ""), "\x1f"))
    codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False))
    for code, pair in enumerate(coded.dictionary.to_pylist()):
        said, _, name = pair.partition("\x1f")
        yield name, said, codes == code

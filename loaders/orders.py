"""The orders of a backtest: who ordered what and when, what was asked for, and what became of it.

They are read as files of facts are, with the same rules for ids, numbers and times, and are never stored. Columns are
those that a mapping names with `table = "orders"`, or else those that are called what such columns usually are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.column_names import plain
from graph.errors import InputError
from loaders.checking import checks
from loaders.checking.chunk_context import ChunkContext
from loaders.checking.column_survey import survey
from loaders.checking.conditions import rows_to_load
from loaders.mapping import OPTIONAL, ORDERS_TABLE, REQUIRED, FieldMapping, FileMapping, SourceMapping
from loaders.mapping_file import read_mapping
from loaders.notices import Notices
from loaders.plan import ResolvedFile, resolve_files
from loaders.reading.dialect import CsvDialect
from loaders.reading.readers import chunks, column_names, dialect_of, listed
from loaders.rejects.reject import Reject
from loaders.values.arrays import F64, Bools, to_mask

PAID, LATE, DEFAULTED, OPEN = "paid", "late", "defaulted", "open"
# What columns of each field are called, as `plain` writes names.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("order", "orderid", "orderno", "ordernumber"),
    "party": ("party", "partyid", "customer", "customerid", "client", "clientid", "user", "userid"),
    "time": ("time", "ordertime", "orderdate", "ordered", "orderedat", "date"),
    "amount": ("amount", "orderamount", "total", "value"),
    "asked": ("asked", "deposit", "requirement", "policy"),
    "outcome": ("outcome", "orderoutcome", "status", "result"),
    "settled": ("settled", "settledat", "outcometime", "outcomedate", "outcomeat"),
}
OUTCOME_NAMES: Final = {
    "paid": PAID, "good": PAID, "0": PAID, "late": LATE, "defaulted": DEFAULTED, "default": DEFAULTED, "bad": DEFAULTED,
    "1": DEFAULTED, "open": OPEN, "pending": OPEN, "": OPEN,
}  # fmt: skip
NOTHING_ASKED: Final = frozenset({"none", "nothing", "no", "false", "0"})
ASKED: Final = frozenset({"deposit", "membership", "prepayment", "yes", "true", "1"})
EXAMPLES: Final = 5  # of rejected rows


@dataclass(frozen=True)
class Orders:
    """m orders of a file, by time and then by id.

    order, party: their ids. time F64[m]: seconds since 1970. amount F64[m]: NaN where missing. asked Bools[m]: whether
    a deposit, a membership or the like was asked for. outcome: PAID, LATE, DEFAULTED or OPEN of each. settled F64[m]:
    when the outcome was known, NaN where missing.
    rejected: rows by the code of their first fault. warnings: what was taken with a doubt.
    """

    order: tuple[str, ...]
    party: tuple[str, ...]
    time: F64
    amount: F64
    asked: Bools
    outcome: tuple[str, ...]
    settled: F64
    has_amounts: bool
    rejected: Mapping[str, int]
    examples: tuple[Reject, ...]
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.order)


def read_orders(path: Path, mapping: str | Path | None = None, now: float | None = None) -> Orders:
    """The orders of a file. now: seconds since 1970, the clock by default; later times are in the future.

    Raises InputError for a file that cannot be read, lacks a column, or has two columns that may be one field.
    Raises MappingError.
    """
    source_mapping = _recognised(path) if mapping is None else read_mapping(mapping)
    files = [file for file in resolve_files([path], source_mapping) if file.table == ORDERS_TABLE]
    if len(files) != 1:
        raise InputError(f"{path}: the mapping describes {len(files)} files of orders here; name one file")
    reader = _Reader(files[0], source_mapping, time.time() if now is None else now)
    reader.read()
    return reader.orders()


def _recognised(path: Path) -> SourceMapping:
    """A mapping by the names of the file's columns."""
    if not path.is_file():
        raise InputError(f"{path} is no file; name a file of orders")
    columns = column_names(path, dialect_of(path, CsvDialect(table=ORDERS_TABLE)))
    fields = {}
    for field in (*REQUIRED[ORDERS_TABLE], *OPTIONAL[ORDERS_TABLE]):
        found = [column for column in columns if plain(column) in NAMES[field]]
        exact = [column for column in found if column == field]
        if len(found) > 1 and not exact:
            raise InputError(f"{path}: {listed(found)} may each be {field}; say in a mapping which one is")
        if found:
            fields[field] = FieldMapping(((exact or found)[0],))
        elif field in REQUIRED[ORDERS_TABLE]:
            raise InputError(
                f"{path}: no column is called like {field} ({', '.join(NAMES[field])}); "
                f'it has {listed(columns)}; rename it, or name it in a mapping with table = "orders"'
            )
    return SourceMapping(ORDERS_TABLE, (FileMapping("*", ORDERS_TABLE, fields),))


class _Reader:
    """The rows of one file so far."""

    def __init__(self, file: ResolvedFile, mapping: SourceMapping, now: float) -> None:
        self._file, self._mapping, self._now = file, mapping, now
        self._notices = Notices()
        self._tables: list[pa.Table] = []
        self._seen: set[str] = set()
        self._reasons: Counter[str] = Counter()
        self._examples: list[Reject] = []

    def read(self) -> None:
        seen = survey(self._file, self._mapping, lambda _: None)
        for raw in chunks(self._file.path, self._file.dialect, self._notices):
            chunk = rows_to_load(raw, self._file, self._mapping, self._notices)
            context = ChunkContext.of_chunk(self._file, self._mapping, chunk, self._now, seen, self._notices)
            columns = self._columns(context)
            self._tables.append(pa.table(columns).filter(pa.array(context.validation.valid)))
            self._count([*context.validation.rejects.values()])
            self._reasons.update(row.code for row in chunk.malformed)

    def orders(self) -> Orders:
        table = pa.concat_tables(self._tables) if self._tables else pa.table(_EMPTY)
        table = table.sort_by([("time", "ascending"), ("order", "ascending")])
        numbers = {name: np.asarray(table[name].to_numpy(), np.float64) for name in ("time", "amount", "settled")}
        return Orders(
            order=tuple(table["order"].to_pylist()),
            party=tuple(table["party"].to_pylist()),
            asked=np.asarray(table["asked"].to_numpy(), bool),
            outcome=tuple(table["outcome"].to_pylist()),
            has_amounts="amount" in self._file.fields,
            rejected=dict(sorted(self._reasons.items())),
            examples=tuple(self._examples),
            warnings=(*self._file.warnings, *self._notices.warnings()),
            **numbers,
        )

    def _count(self, rejects: list[Reject]) -> None:
        self._reasons.update(reject.code for reject in rejects)
        self._examples += sorted(rejects, key=lambda reject: reject.line)[: EXAMPLES - len(self._examples)]

    def _columns(self, context: ChunkContext) -> dict[str, pa.Array]:
        validation, file = context.validation, context.file
        order, party = (checks.ids(validation, file.column_name(name), _text(context, name)) for name in _IDS)
        self._reject_duplicates(context, order)
        began = context.time("time")
        assert began is not None
        validation.reject(np.isnan(began), "bad_time", file.column_name("time"), context.text("time"))
        settled = context.time("settled")
        if settled is not None:
            checks.time_order(validation, file.column_name("settled"), began, settled, context.text("settled"))
        amount = context.number("amount")
        if amount is not None:
            column, text = file.column_name("amount"), "the amount of an order has no sign: write it without"
            validation.reject(amount < 0, "negative_amount", column, context.text("amount"), text)
        missing = np.full(context.chunk.rows, np.nan)
        return {
            "order": order,
            "party": party,
            "time": pa.array(began),
            "amount": pa.array(missing if amount is None else amount),
            "asked": _translated(context, "asked", _asked, "unknown_asked", pa.bool_()),
            "outcome": _translated(context, "outcome", OUTCOME_NAMES.get, "unknown_order_outcome", pa.string()),
            "settled": pa.array(missing if settled is None else settled),
        }

    def _reject_duplicates(self, context: ChunkContext, order: pa.Array) -> None:
        again = []
        for row, id in enumerate(order.to_pylist()):
            if id and id in self._seen:
                again.append(row)
            self._seen.add(id)
        context.validation.reject_indices(again, "duplicate_order", context.file.column_name("order"), order)


_IDS: Final = ("order", "party")
_EMPTY: Final = {
    name: pa.array([], type_)
    for name, type_ in (
        ("order", pa.string()),
        ("party", pa.string()),
        ("time", pa.float64()),
        ("amount", pa.float64()),
        ("asked", pa.bool_()),
        ("outcome", pa.string()),
        ("settled", pa.float64()),
    )
}


def _text(context: ChunkContext, field: str) -> pa.Array:
    values = context.text(field)
    assert values is not None
    return values


def _asked(name: str) -> bool | None:
    return True if name in ASKED else False if name in NOTHING_ASKED else None


def _translated(
    context: ChunkContext, field: str, meaning: Callable[[str], bool | str | None], code: str, kind: pa.DataType
) -> pa.Array:
    """What the words of a field mean; rows with a word that means nothing are rejected."""
    values = _text(context, field)
    words = pc.utf8_lower(pc.fill_null(values, ""))
    found = {word: meaning(word) for word in pc.unique(words).to_pylist()}
    translated = pa.array([found[word] for word in words.to_pylist()], kind)
    context.validation.reject(to_mask(pc.is_null(translated)), code, context.file.column_name(field), values)
    return translated

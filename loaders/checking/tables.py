"""Chunks of columns -> the columns of the three tables of facts.

Each function reads the fields that a file has, rejects the rows that break a rule, and returns one array a column over
all rows of the chunk, the rejected ones included; `valid_batch` leaves those out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import CONTEXTS, OUTCOME_STATES, OUTCOMES_KNOWN, PARTIES, PARTY_KINDS, SAME_AS
from loaders.checking import checks
from loaders.checking.attributes import attributes_json
from loaders.checking.chunk_context import ChunkContext
from loaders.checking.kinds import KindRegistry, LinkKinds
from loaders.checking.row_validation import RowValidation
from loaders.values.arrays import F64, Bools, to_mask
from loaders.values.numbers import NUMBER
from loaders.values.texts import map_distinct

Columns = dict[str, pa.Array]

DEFAULT_PARTY_KIND: Final = "Person"
DEFAULT_KIND: Final = "KNOWS"
# The kind of a link that names none, by its category.
KIND_BY_CATEGORY: Final = {
    "contact": "HAS_CONTACT", "social": "KNOWS", "trust": "TRUSTS", "money": "PAYS", "guarantee": "GUARANTEES",
    "ownership": "OWNS", "work": "WORKED_WITH", "derived": "SIMILAR_TO", "": DEFAULT_KIND,
}  # fmt: skip
DEFAULT_STATE: Final = "active"
OWED: Final = 'what was owed or lost has no sign: write it without, or set negative = "keep" in the mapping'
OUTCOME_BY_LABEL: Final = {"0": "good", "1": "default", "false": "good", "true": "default"}
_PARTY_KIND_BY_NAME: Final = {kind.lower(): kind for kind in PARTY_KINDS}


def parties(context: ChunkContext) -> Columns:
    """PARTIES of a chunk. Party kinds are read without case; a party without a kind is a Person."""
    validation, rows, file = context.validation, context.chunk.rows, context.file
    ids = checks.ids(validation, file.column_name("id"), _required_text(context, "id"))
    kinds = _party_kinds(context)
    name = context.text("name")
    begin, end = context.time("valid_from"), context.time("valid_to", latest=np.inf)
    _check_time_order(context, "valid_to", begin, end)
    return {
        "id": ids,
        "kind": kinds,
        "name": pa.nulls(rows, pa.string()) if name is None else name,
        "attributes": attributes_json(context),
        "implied": pa.repeat(pa.scalar(False), rows),
        "valid_from": _nullable(begin, rows),
        "valid_to": _nullable(end, rows),
    }


def relationships(context: ChunkContext, kinds: KindRegistry) -> Columns:
    """RELATIONSHIPS of a chunk, without `key`."""
    validation, rows, file = context.validation, context.chunk.rows, context.file
    source, target = _required_text(context, "source"), _required_text(context, "target")
    source = checks.ids(validation, file.column_name("source"), source)
    target = checks.ids(validation, file.column_name("target"), target)
    kind = link_kinds(context)
    same = to_mask(pc.fill_null(pc.and_(pc.equal(kind, SAME_AS), pc.equal(source, target)), False))
    validation.reject(same, "same_id", file.column_name("target"), target)
    kinds.check(validation, kinds_of_links(context))
    time = context.time("time")
    first = _coalesce(context.time("first"), context.time("valid_from"), time)
    ends = (context.time(name, latest=np.inf) for name in ("until", "valid_to"))  # which may be planned
    last = _coalesce(context.time("last"), *ends, time)
    end_field = next((name for name in ("last", "until", "valid_to", "time") if name in file.fields), "last")
    _check_time_order(context, end_field, first, last)
    weight, amount = context.number("weight"), context.number("amount")
    count = context.column("count")
    counts = (
        None
        if count is None
        else checks.counts(validation, file.column_name("count"), count, context.number_notation("count"))
    )
    contexts = context.text("context")
    if contexts is not None:
        contexts = checks.one_of(validation, file.column_name("context"), contexts, CONTEXTS, "unknown_context")
    return {
        "source": source,
        "target": target,
        "kind": pc.fill_null(kind, ""),
        "weight": _nullable(weight, rows),
        "first": _nullable(first, rows),
        "last": _nullable(last, rows),
        "count": pa.nulls(rows, pa.int64()) if counts is None else _integers(counts, validation.valid),
        "amount": _nullable(amount, rows),
        "context": pa.nulls(rows, pa.string()) if contexts is None else contexts,
    }


def with_direction(context: ChunkContext, columns: Columns, kinds: KindRegistry) -> Columns:
    """The relationships with negative amounts as the mapping says: the other way, rejected, or as they are and told."""
    amounts = columns["amount"]
    negative = pc.fill_null(pc.less(amounts, 0.0), False)
    if not pc.any(negative).as_py():
        return columns
    field = context.file.fields["amount"]
    values = context.text("amount")
    if field.negative == "refuse":
        context.validation.reject(to_mask(negative), "negative_amount", field.column_name, values)
    elif field.negative is None:
        money = pa.array([name for name, kind in kinds.known.items() if kind.category == "money"])
        doubtful = pc.and_(negative, pc.is_in(columns["kind"], value_set=money))
        context.validation.note(doubtful, "negative_amount", field.column_name, values)
    elif field.negative == "reverse":
        source, target = columns["source"], columns["target"]
        return columns | {
            "source": pc.if_else(negative, target, source),
            "target": pc.if_else(negative, source, target),
            "amount": pc.abs(amounts),
        }
    return columns


def kinds_of_links(context: ChunkContext) -> LinkKinds:
    """What the rows of a chunk say of the kinds of their links."""
    file, symmetric = context.file, context.text("symmetric")
    if symmetric is not None:
        symmetric = checks.flags(context.validation, file.column_name("symmetric"), symmetric)
    columns = (file.column_name("kind"), file.column_name("category"), file.column_name("symmetric"))
    return LinkKinds(link_kinds(context), context.text("category"), symmetric, columns)


def link_kinds(context: ChunkContext) -> pa.Array:
    """The kind of each link of a chunk, from its category where the file names none; null where it is missing."""
    kind = context.text("kind")
    return _default_kinds(context.text("category"), context.chunk.rows) if kind is None else kind


def outcomes(context: ChunkContext) -> Columns:
    """OUTCOMES of a chunk, without `key`. 0 is good, 1 is default; `time` is when it opened."""
    validation, rows, file = context.validation, context.chunk.rows, context.file
    party, label = _required_text(context, "id"), _required_text(context, "outcome")
    party = checks.ids(validation, file.column_name("id"), party)
    outcome = map_distinct(pc.fill_null(label, ""), _outcome)
    validation.reject(to_mask(pc.is_null(outcome)), "unknown_outcome", file.column_name("outcome"), label)
    opened, closed = _coalesce(context.time("opened"), context.time("time")), context.time("closed")
    _check_time_order(context, "closed", opened, closed)
    state = context.text("state")
    if state is not None:
        state = checks.one_of(validation, file.column_name("state"), state, OUTCOME_STATES, "unknown_state")
    days_late = _days_late(context, outcome)
    return {
        "party": party,
        "outcome": outcome,
        "opened": _nullable(opened, rows),
        "closed": _nullable(closed, rows),
        "state": pa.repeat(pa.scalar(DEFAULT_STATE), rows) if state is None else pc.fill_null(state, DEFAULT_STATE),
        "days_late": pa.nulls(rows, pa.int64()) if days_late is None else _integers(days_late, validation.valid),
        "amount": _nullable(_owed(context), rows),
    }


def _days_late(context: ChunkContext, outcome: pa.Array) -> F64 | None:
    """Days past due of each outcome, NaN where missing; what is no whole number from 0 on is rejected."""
    days = context.number("days_late")
    if days is None:
        return None
    column, values = context.file.column_name("days_late"), context.column("days_late")
    checks.whole(context.validation, column, values, days, checks.MAX_DAYS_LATE, "bad_days_late")
    late = pc.and_(pc.fill_null(pc.equal(outcome, "good"), False), pa.array(days > 0))
    context.validation.note(late, "good_but_late", column, values)
    return days


def _owed(context: ChunkContext) -> F64 | None:
    """What was owed or lost by each outcome, NaN where missing; less than nothing is rejected unless it is kept."""
    amounts = context.number("amount")
    if amounts is not None and context.file.fields["amount"].negative != "keep":
        column, values = context.file.column_name("amount"), context.text("amount")
        context.validation.reject(amounts < 0, "negative_amount", column, values, OWED)
    return amounts


def implied_parties(ids: Sequence[str], kind: str) -> pa.RecordBatch:
    """PARTIES of ids that are known as endpoints alone: of one kind, without a name or attributes."""
    n = len(ids)
    nothing = [None] * n
    columns = [ids, [kind] * n, nothing, ["{}"] * n, [True] * n, nothing, nothing]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, PARTIES, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PARTIES)


def valid_batch(
    columns: Mapping[str, pa.Array], schema: pa.Schema, validation: RowValidation, among: Bools
) -> pa.RecordBatch:
    """The valid rows of the mask `among`, with the columns in the schema's order."""
    arrays = [columns[field.name] for field in schema]
    chosen = validation.valid & among
    if not chosen.all():
        rows = pa.array(np.flatnonzero(chosen))
        arrays = [array.take(rows) for array in arrays]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _required_text(context: ChunkContext, field: str) -> pa.Array:
    """The strings of a field that every mapping of its table has."""
    values = context.text(field)
    assert values is not None
    return values


def _party_kinds(context: ChunkContext) -> pa.Array:
    values = context.text("kind")
    if values is None:
        return pa.repeat(pa.scalar(DEFAULT_PARTY_KIND), context.chunk.rows)
    kinds = map_distinct(
        pc.fill_null(values, DEFAULT_PARTY_KIND), lambda text: _PARTY_KIND_BY_NAME.get(text.strip().lower())
    )
    unknown = to_mask(pc.is_null(kinds))
    context.validation.reject(unknown, "unknown_party_kind", context.file.column_name("kind"), values)
    return kinds


def _default_kinds(categories: pa.Array | None, rows: int) -> pa.Array:
    """Kinds of links that name none; null for a category that has no default kind."""
    if categories is None:
        return pa.repeat(pa.scalar(DEFAULT_KIND), rows)
    return map_distinct(pc.fill_null(categories, ""), KIND_BY_CATEGORY.get)


def _outcome(label: str) -> str | None:
    """The outcome that a label names; None where it names none."""
    label = label.strip().lower()
    if label not in OUTCOMES_KNOWN and NUMBER.fullmatch(label) and float(label) in (0.0, 1.0):
        label = str(int(float(label)))
    outcome = OUTCOME_BY_LABEL.get(label, label)
    return outcome if outcome in OUTCOMES_KNOWN else None


def _check_time_order(context: ChunkContext, end_field: str, begin: F64 | None, end: F64 | None) -> None:
    """Reject rows that end before they begin; `end_field` gave the end."""
    if begin is None or end is None or begin is end:
        return
    checks.time_order(context.validation, context.file.column_name(end_field), begin, end, context.text(end_field))


def _coalesce(*candidates: F64 | None) -> F64 | None:
    """The first value of each row that is not missing; None where there are no candidates."""
    merged: F64 | None = None
    for values in candidates:
        if values is not None:
            merged = values if merged is None else np.where(np.isnan(merged), values, merged)
    return merged


def _nullable(values: F64 | None, rows: int) -> pa.Array:
    """float64 with null for NaN; all null for None."""
    return pa.nulls(rows, pa.float64()) if values is None else pa.array(values, pa.float64(), from_pandas=True)


def _integers(values: F64, valid: Bools) -> pa.Array:
    """int64 with null for NaN and in rejected rows."""
    missing = np.isnan(values) | ~valid
    return pa.array(np.where(missing, 0.0, values).astype(np.int64), pa.int64(), mask=missing)

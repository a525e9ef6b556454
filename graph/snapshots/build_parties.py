"""Party facts -> the parties of a snapshot: merged over sources, in row order, with their attribute columns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import PARTY_KINDS, is_protected
from graph.snapshots.columns import Array, first_of_runs, floats_to_32, index_in, one, sorted_unique, table
from graph.snapshots.files import MARK, FileWriter, canonical

JSON_ROWS: Final = 1 << 15  # attribute texts parsed at a time


@dataclass
class _Column:
    """One attribute over all facts in play: per piece, the numbers (NaN none) and the texts (null none)."""

    numbers: list[Array] = field(default_factory=list)
    texts: list[pa.Array | None] = field(default_factory=list)


@dataclass(frozen=True)
class Parties:
    """Merged parties in row order and, for their attributes, every fact in play in order of precedence.

    `row` int64[f] is each ordered fact's party row (ascending), `order` int64[f] where that fact is in `attributes`.
    """

    ids: pa.Array
    kind: pa.Array
    name: pa.Array
    implied: npt.NDArray[np.bool_]
    row: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    attributes: pa.Array


def read_parties(batches: Iterable[pa.RecordBatch], as_of: float | None) -> Parties:
    """Drop facts not valid at `as_of` and merge the rest: explicit before implied, newest, then by origin."""
    facts = table(
        batches, ("id", "kind", "name", "attributes", "implied", "valid_from", "valid_to", "origin", "recorded")
    )
    if as_of is not None:
        begun = pc.or_kleene(pc.is_null(facts["valid_from"]), pc.less_equal(facts["valid_from"], as_of))
        open_ = pc.or_kleene(pc.is_null(facts["valid_to"]), pc.greater(facts["valid_to"], as_of))
        facts = facts.filter(pc.and_(begun, open_))
    ids = sorted_unique(one(facts["id"]))
    row = index_in(one(facts["id"]), ids)
    implied = np.asarray(one(facts["implied"]).to_numpy(zero_copy_only=False), bool)
    origins = sorted_unique(one(facts["origin"]))
    origin = index_in(one(facts["origin"]), origins)
    recorded = np.asarray(one(facts["recorded"]).to_numpy(zero_copy_only=False), np.int64)
    order = np.lexsort((origin, -recorded, implied, row))
    row = row[order]
    best = order[first_of_runs(row)]
    name = _first_known(row, order, len(ids), one(facts["name"]))
    return Parties(
        ids, one(facts["kind"]).take(pa.array(best)), name, implied[best], row, order, one(facts["attributes"])
    )


def _first_known(row: Array, order: Array, n: int, values: pa.Array) -> pa.Array:
    """Per row the value of the first of its facts that has one, else null."""
    kept = np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), bool)[order]
    rows, facts = row[kept], order[kept]
    first = first_of_runs(rows)
    take = np.full(n, -1, np.int64)
    take[rows[first]] = facts[first]
    return values.take(pa.array(take, mask=take < 0))


def write_parties(writer: FileWriter, parties: Parties) -> list[str]:
    """Write ids, names, kinds and what search reads; returns the kinds that the codes stand for."""
    writer.texts("parties/id", parties.ids)
    writer.texts("parties/name", parties.name)
    known = set(pc.unique(parties.kind).to_pylist())
    kinds = [*PARTY_KINDS, *sorted(known - set(PARTY_KINDS))]
    writer.array("parties/kind.u1", index_in(parties.kind, pa.array(kinds, pa.large_string())), "|u1")
    writer.array("parties/implied.u1", parties.implied, "|u1")
    for name, texts in (("id", parties.ids), ("name", parties.name)):
        offsets, blob = _casefolded(texts)
        writer.array(f"search/{name}.i8", offsets, "<i8")
        writer.bytes(f"search/{name}.utf8", blob)
    return kinds


def _casefolded(texts: pa.Array) -> tuple[Array, bytes]:
    """Each text casefolded after one MARK; offsets int64[n + 1]."""
    folded = [MARK + (text or "").casefold().encode() for text in texts.to_pylist()]
    offsets = np.zeros(len(folded) + 1, np.int64)
    np.cumsum([len(text) for text in folded], out=offsets[1:])
    return offsets, b"".join(folded)


def write_attributes(writer: FileWriter, parties: Parties, more: frozenset[str]) -> list[dict[str, Any]]:
    """Write every attribute column; returns the manifest's entries for them, sorted by name."""
    columns = _parse(parties.attributes)
    described = []
    for number, name in enumerate(sorted(columns, key=str.encode)):
        entry: dict[str, Any] = {"name": name, "protected": is_protected(name, more)}
        numbers, texts = _merged(columns.pop(name), parties)
        if texts is None:
            entry |= {"type": "numeric", "values": f"attributes/{number}.f4"}
            writer.array(entry["values"], floats_to_32(numbers), "<f4")
        else:
            vocabulary = sorted_unique(texts.drop_null())
            entry |= {"type": "categorical", "values": f"attributes/{number}.i4"}
            entry |= {"vocabulary": f"attributes/{number}.json"}
            writer.array(entry["values"], index_in(texts, vocabulary), "<i4")
            writer.bytes(entry["vocabulary"], canonical(vocabulary.to_pylist()))
        described.append(entry)
    return described


def _parse(attributes: pa.Array) -> dict[str, _Column]:
    """Columns of the JSON objects, piece by piece; a column's pieces line up with the facts."""
    columns: dict[str, _Column] = {}
    lengths: list[int] = []
    for start in range(0, len(attributes), JSON_ROWS):
        piece = attributes.slice(start, JSON_ROWS)
        objects = json.loads("[" + ",".join(piece.to_pylist()) + "]")
        for name in sorted({name for keys in {tuple(o) for o in objects} for name in keys}):
            column = columns.setdefault(name, _Column())
            _pad(column, lengths)
            numbers, texts = _split([o.get(name) for o in objects])
            column.numbers.append(numbers)
            column.texts.append(texts)
        lengths.append(len(objects))
    for column in columns.values():
        _pad(column, lengths)
    return columns


def _pad(column: _Column, lengths: Sequence[int]) -> None:
    for length in lengths[len(column.numbers) :]:
        column.numbers.append(np.full(length, np.nan))
        column.texts.append(None)


def _split(values: list[Any]) -> tuple[Array, pa.Array | None]:
    """Numbers as float64 (NaN where none) and, if there is any, texts (null where none)."""
    types = set(map(type, values))
    if types <= {int, float, type(None)}:
        return _finite(values), None
    texts = [None if v is None or _is_number(v) else _word(v) for v in values]
    numbers = [v if text is None else None for v, text in zip(values, texts, strict=True)]
    return _finite(numbers), pa.array(texts, pa.large_string())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(values: list[Any]) -> Array:
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:  # an integer beyond float64
        numbers = np.array([math.nan if v is None or abs(v) > 1e308 else float(v) for v in values])
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _word(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value).decode()


def _merged(column: _Column, parties: Parties) -> tuple[Array, pa.Array | None]:
    """Per party the value of its first fact that has one: numbers alone, or all as text."""
    n = len(parties.ids)
    numbers = np.concatenate(column.numbers)
    words = None
    if any(piece is not None for piece in column.texts):
        words = pa.concat_arrays(
            [
                pa.nulls(len(p), pa.large_string()) if t is None else t
                for p, t in zip(column.numbers, column.texts, strict=True)
            ]
        )
    is_text = (
        np.zeros(len(numbers), bool) if words is None else np.asarray(pc.is_valid(words).to_numpy(zero_copy_only=False))
    )
    present = (is_text | ~np.isnan(numbers))[parties.order]
    rows, facts = parties.row[present], parties.order[present]
    first = first_of_runs(rows)
    rows, facts = rows[first], facts[first]
    if words is None or not is_text[facts].any():
        merged = np.full(n, np.nan)
        merged[rows] = numbers[facts]
        return merged, None
    take = np.full(n, -1, np.int64)
    take[rows] = facts
    texts = words.take(pa.array(take, mask=take < 0)).to_pylist()
    for row, fact in zip(rows.tolist(), facts.tolist(), strict=True):
        if not is_text[fact]:
            texts[row] = _number_as_text(float(numbers[fact]))
    return numbers, pa.array(texts, pa.large_string())


def _number_as_text(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

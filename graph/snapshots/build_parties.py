"""The parties of a snapshot from party facts: merged over sources, in row order, with their attribute columns."""

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
from graph.snapshots.columns import Array, as_table, contiguous, first_of_runs, floats_to_32, index_in, sorted_unique
from graph.snapshots.files import FileWriter, canonical_json
from graph.snapshots.search_index import write_search_index

JSON_ROWS: Final = 1 << 15  # attribute texts parsed at a time


@dataclass
class _Column:
    """One attribute over all valid facts: for each piece of them, numbers (NaN for none) and texts (null for none)."""

    numbers: list[Array] = field(default_factory=list)
    texts: list[pa.Array | None] = field(default_factory=list)


@dataclass(frozen=True)
class Parties:
    """n merged parties in row order and, for their attributes, the f valid facts by row and precedence.

    row int64[f] is the party of each fact in this order, ascending; order int64[f] is its position in `attributes`.
    """

    ids: pa.Array
    kind: pa.Array
    name: pa.Array
    implied: npt.NDArray[np.bool_]
    row: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    attributes: pa.Array


def read_parties(batches: Iterable[pa.RecordBatch], as_of: float | None) -> Parties:
    """The parties of the facts valid at `as_of`.

    Of one party's facts explicit ones precede implied ones, then newer ones older ones, then origins by their bytes.
    """
    facts = as_table(
        batches, ("id", "kind", "name", "attributes", "implied", "valid_from", "valid_to", "origin", "recorded")
    )
    if as_of is not None:
        begun = pc.or_kleene(pc.is_null(facts["valid_from"]), pc.less_equal(facts["valid_from"], as_of))
        open_ = pc.or_kleene(pc.is_null(facts["valid_to"]), pc.greater(facts["valid_to"], as_of))
        facts = facts.filter(pc.and_(begun, open_))
    ids = sorted_unique(contiguous(facts["id"]))
    row = index_in(contiguous(facts["id"]), ids)
    implied = np.asarray(contiguous(facts["implied"]).to_numpy(zero_copy_only=False), bool)
    origins = sorted_unique(contiguous(facts["origin"]))
    origin = index_in(contiguous(facts["origin"]), origins)
    recorded = np.asarray(contiguous(facts["recorded"]).to_numpy(zero_copy_only=False), np.int64)
    order = np.lexsort((origin, -recorded, implied, row))
    row = row[order]
    best = order[first_of_runs(row)]
    name = _first_known(row, order, len(ids), contiguous(facts["name"]))
    return Parties(
        ids,
        contiguous(facts["kind"]).take(pa.array(best)),
        name,
        implied[best],
        row,
        order,
        contiguous(facts["attributes"]),
    )


def _first_known(row: Array, order: Array, n: int, values: pa.Array) -> pa.Array:
    """For each of n parties the value of the first of its facts that has one, else null."""
    known = np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), bool)[order]
    rows, facts = row[known], order[known]
    first = first_of_runs(rows)
    take = np.full(n, -1, np.int64)
    take[rows[first]] = facts[first]
    return values.take(pa.array(take, mask=take < 0))


def write_parties(writer: FileWriter, parties: Parties) -> list[str]:
    """Write ids, names, kinds and the search index; returns the names of the kind codes."""
    writer.texts("parties/id", parties.ids)
    writer.texts("parties/name", parties.name)
    present = set(pc.unique(parties.kind).to_pylist())
    kinds = [*PARTY_KINDS, *sorted(present - set(PARTY_KINDS))]
    writer.array("parties/kind.u1", index_in(parties.kind, pa.array(kinds, pa.large_string())), "|u1")
    writer.array("parties/implied.u1", parties.implied, "|u1")
    rows = np.arange(len(parties.ids))
    write_search_index(writer, (parties.ids, rows), (parties.name, rows))
    return kinds


def write_attributes(writer: FileWriter, parties: Parties, protected: frozenset[str]) -> list[dict[str, Any]]:
    """Write every attribute column; returns their entries for the manifest, sorted by name.

    protected: plain names of protected columns beside those of the schema.
    """
    columns = _parse(parties.attributes)
    described = []
    for number, name in enumerate(sorted(columns, key=str.encode)):
        entry: dict[str, Any] = {"name": name, "protected": is_protected(name, protected)}
        numbers, texts = _merged(columns.pop(name), parties)
        if texts is None:
            entry |= {"type": "numeric", "values": f"attributes/{number}.f4"}
            writer.array(entry["values"], floats_to_32(numbers), "<f4")
        else:
            vocabulary = sorted_unique(texts.drop_null())
            entry |= {"type": "categorical", "values": f"attributes/{number}.i4"}
            entry |= {"vocabulary": f"attributes/{number}.json"}
            writer.array(entry["values"], index_in(texts, vocabulary), "<i4")
            writer.bytes(entry["vocabulary"], canonical_json(vocabulary.to_pylist()))
        described.append(entry)
    return described


def _parse(attributes: pa.Array) -> dict[str, _Column]:
    """The columns of JSON objects by name, in pieces of JSON_ROWS facts each."""
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
    """Append a piece without values for each of the lengths that the column does not have yet."""
    for length in lengths[len(column.numbers) :]:
        column.numbers.append(np.full(length, np.nan))
        column.texts.append(None)


def _split(values: list[Any]) -> tuple[Array, pa.Array | None]:
    """The numbers as float64[n] (NaN for none) and, where there is any, the texts (null for none)."""
    types = set(map(type, values))
    if types <= {int, float, type(None)}:
        return _finite(values), None
    texts = [None if v is None or _is_number(v) else _as_text(v) for v in values]
    numbers = [v if text is None else None for v, text in zip(values, texts, strict=True)]
    return _finite(numbers), pa.array(texts, pa.large_string())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(values: list[Any]) -> Array:
    """Numbers as float64[n], NaN for None and what is not finite."""
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:  # an integer beyond float64
        numbers = np.array([math.nan if v is None or abs(v) > 1e308 else float(v) for v in values])
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()


def _merged(column: _Column, parties: Parties) -> tuple[Array, pa.Array | None]:
    """The value of each party's first fact that has one: float64[n] and None, or, where one is a text, all as texts."""
    n = len(parties.ids)
    numbers = np.concatenate(column.numbers)
    all_texts = None
    if any(piece is not None for piece in column.texts):
        all_texts = pa.concat_arrays(
            [
                pa.nulls(len(p), pa.large_string()) if t is None else t
                for p, t in zip(column.numbers, column.texts, strict=True)
            ]
        )
    is_text = np.zeros(len(numbers), bool)
    if all_texts is not None:
        is_text = np.asarray(pc.is_valid(all_texts).to_numpy(zero_copy_only=False))
    present = (is_text | ~np.isnan(numbers))[parties.order]
    rows, facts = parties.row[present], parties.order[present]
    first = first_of_runs(rows)
    rows, facts = rows[first], facts[first]
    if all_texts is None or not is_text[facts].any():
        merged = np.full(n, np.nan)
        merged[rows] = numbers[facts]
        return merged, None
    take = np.full(n, -1, np.int64)
    take[rows] = facts
    texts = all_texts.take(pa.array(take, mask=take < 0)).to_pylist()
    for row, fact in zip(rows.tolist(), facts.tolist(), strict=True):
        if not is_text[fact]:
            texts[row] = _number_as_text(float(numbers[fact]))
    return numbers, pa.array(texts, pa.large_string())


def _number_as_text(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

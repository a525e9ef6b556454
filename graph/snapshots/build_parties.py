"""The parties of a snapshot from party facts: merged over sources, in row order, with their attribute columns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.column_names import is_protected
from graph.schema import IDENTIFIER_KINDS, KIND_OF_TARGET, PARTY_KINDS
from graph.snapshots.columns import (
    Array,
    as_table,
    contiguous,
    first_of_runs,
    floats,
    floats_to_32,
    index_in,
    sorted_unique,
)
from graph.snapshots.contradictions import Statements
from graph.snapshots.files import FileWriter, canonical_json
from graph.snapshots.identity import Identity
from graph.snapshots.search_index import write_search_index

JSON_ROWS: Final = 1 << 15  # attribute texts parsed at a time


@dataclass
class _Column:
    """One attribute over all valid facts: for each piece of them, numbers (NaN for none) and texts (null for none)."""

    numbers: list[Array] = field(default_factory=list)
    texts: list[pa.Array | None] = field(default_factory=list)


@dataclass(frozen=True)
class PartyFacts:
    """f facts of parties, and the distinct ids that they describe, sorted by their bytes.

    id int64[f] is the position in `ids` of the id of each fact.
    """

    table: pa.Table
    ids: pa.Array
    id: npt.NDArray[np.int64]

    def column(self, name: str) -> pa.Array:
        """A column of the facts."""
        return contiguous(self.table[name])

    def valid_at(self, as_of: float | None) -> npt.NDArray[np.bool_]:
        """Whether each fact is valid at `as_of`, bool[f]; all are where it is None."""
        if as_of is None:
            return np.ones(len(self.id), bool)
        begun, until = floats(self.column("valid_from")), floats(self.column("valid_to"))
        return np.asarray(~(begun > as_of) & ~(until <= as_of))

    def among(self, valid: npt.NDArray[np.bool_]) -> PartyFacts:
        """Those of the facts that are valid, with the ids that these describe."""
        if valid.all():
            return self
        described = np.zeros(len(self.ids), bool)
        described[self.id[valid]] = True
        place = np.cumsum(described) - 1
        return PartyFacts(
            self.table.filter(pa.array(valid)), self.ids.filter(pa.array(described)), place[self.id[valid]]
        )


@dataclass(frozen=True)
class Parties:
    """n merged parties in row order and, for their attributes, the f valid facts by row and precedence.

    row int64[f] is the party of each fact in this order, ascending; order int64[f] is its position in `attributes`.
    aliases are the ids beside `ids` that parties have, alias_row int64[a] their rows.
    """

    ids: pa.Array
    aliases: pa.Array
    alias_row: npt.NDArray[np.int64]
    kind: pa.Array
    name: pa.Array
    implied: npt.NDArray[np.bool_]
    row: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    attributes: pa.Array
    statements: Statements
    contradictions: list[dict[str, Any]]

    @property
    def is_identifier(self) -> npt.NDArray[np.bool_]:
        """Whether each party is an identifier, such as an account: bool[n]."""
        return index_in(self.kind, pa.array(sorted(IDENTIFIER_KINDS), pa.large_string())) >= 0


def read_parties(batches: Iterable[pa.RecordBatch]) -> PartyFacts:
    """The facts of parties, whenever they are valid."""
    facts = as_table(
        batches, ("id", "kind", "name", "attributes", "implied", "valid_from", "valid_to", "origin", "recorded")
    )
    ids = sorted_unique(contiguous(facts["id"]))
    return PartyFacts(facts, ids, index_in(contiguous(facts["id"]), ids))


def merge_parties(facts: PartyFacts, identity: Identity) -> Parties:
    """The parties that these facts describe.

    Of one party's facts explicit ones precede implied ones, then newer ones older ones, then origins by their bytes.
    Facts of several ids that tie in all of this are ordered by what they say, and never by the ids.
    """
    row, ids = identity.row[facts.id], identity.party_ids(facts.ids)
    implied = np.asarray(facts.column("implied").to_numpy(zero_copy_only=False), bool)
    recorded = np.asarray(facts.column("recorded").to_numpy(zero_copy_only=False), np.int64)
    several = identity.merged()[row]
    content = [_ranks(facts.column(name), several) for name in ("attributes", "name", "kind")] if several.any() else []
    order = np.lexsort((*content, _ranks(facts.column("origin")), -recorded, implied, row))
    row = row[order]
    best = order[first_of_runs(row)]
    stated = several[order] & ~implied[order]
    statements = Statements(order[stated], row[stated], facts.id[order[stated]], facts.ids)
    kind = facts.column("kind")
    return Parties(
        ids,
        facts.ids.filter(pa.array(identity.is_alias)),
        identity.row[identity.is_alias],
        kind.take(pa.array(best)),
        _first_known(row, order, len(ids), facts.column("name")),
        implied[best],
        row,
        order,
        facts.column("attributes"),
        statements,
        statements.contradictions("kind", _ranks(kind), np.ones(len(implied), bool)),
    )


def with_kinds_of_targets(parties: Parties, targets: Mapping[str, Array]) -> Parties:
    """The parties with the kinds of implied ones that are targets of links of KIND_OF_TARGET, and no identifiers yet.

    targets: rows of the targets by kind of link. A target of several kinds is of the first by PARTY_KINDS.
    """
    unsaid = parties.implied & ~parties.is_identifier
    found = np.full(len(unsaid), len(PARTY_KINDS))
    for name, rows in targets.items():
        np.minimum.at(found, rows, PARTY_KINDS.index(KIND_OF_TARGET[name]))
    changed = unsaid & (found < len(PARTY_KINDS))
    if not changed.any():
        return parties
    names = pa.array([*PARTY_KINDS, None], pa.large_string()).take(pa.array(found))
    return replace(parties, kind=pc.if_else(pa.array(changed), names, parties.kind))


def _ranks(texts: pa.Array, among: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.int64]:
    """The rank of each text by its bytes, -1 for null; where `among` is given, 0 for those outside it."""
    if among is None:
        return index_in(texts, sorted_unique(texts.drop_null()))
    ranks = np.zeros(len(texts), np.int64)
    ranks[among] = _ranks(texts.filter(pa.array(among)))
    return ranks


def _first_known(row: Array, order: Array, n: int, values: pa.Array) -> pa.Array:
    """For each of n parties the value of the first of its facts that has one, else null."""
    known = np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), bool)[order]
    rows, facts = row[known], order[known]
    first = first_of_runs(rows)
    take = np.full(n, -1, np.int64)
    take[rows[first]] = facts[first]
    return values.take(pa.array(take, mask=take < 0))


def write_parties(writer: FileWriter, parties: Parties) -> None:
    """Write ids, names and the search index."""
    writer.texts("parties/id", parties.ids)
    writer.texts("parties/name", parties.name)
    writer.array("parties/implied.u1", parties.implied, "|u1")
    writer.texts("parties/alias", parties.aliases)
    writer.array("parties/alias_row.i4", parties.alias_row, "<i4")
    rows = np.arange(len(parties.ids))
    write_search_index(writer, (parties.ids, rows), (parties.aliases, parties.alias_row), (parties.name, rows))


def write_kinds(writer: FileWriter, parties: Parties) -> list[str]:
    """Write the kinds of the parties; returns the names of the kind codes."""
    present = set(pc.unique(parties.kind).to_pylist())
    kinds = [*PARTY_KINDS, *sorted(present - set(PARTY_KINDS))]
    writer.array("parties/kind.u1", index_in(parties.kind, pa.array(kinds, pa.large_string())), "|u1")
    return kinds


def write_attributes(
    writer: FileWriter, parties: Parties, protected: frozenset[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Write every attribute column; returns their entries for the manifest, sorted by name, and all contradictions.

    protected: plain names of protected columns beside those of the schema.
    """
    columns = _parse(parties.attributes)
    described, contradictions = [], [*parties.contradictions]
    for number, name in enumerate(sorted(columns, key=str.encode)):
        entry: dict[str, Any] = {"name": name, "protected": is_protected(name, protected)}
        numbers, texts, differing = _merged(name, columns.pop(name), parties)
        contradictions += differing
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
    return described, contradictions


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
    texts = [None if v is None or is_number(v) else as_text(v) for v in values]
    numbers = [v if text is None else None for v, text in zip(values, texts, strict=True)]
    return _finite(numbers), pa.array(texts, pa.large_string())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(values: list[Any]) -> Array:
    """Numbers as float64[n], NaN for None and what is not finite."""
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:  # an integer beyond float64
        numbers = np.array([math.nan if v is None or abs(v) > 1e308 else float(v) for v in values])
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()


def _merged(name: str, column: _Column, parties: Parties) -> tuple[Array, pa.Array | None, list[dict[str, Any]]]:
    """The value of each party's first fact that has one: float64[n] and None, or, where one is a text, all as texts.

    With them come the contradictions of the ids of one party.
    """
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
    known = is_text | ~np.isnan(numbers)
    differing = _contradictions(name, numbers, all_texts, known, parties.statements)
    present = known[parties.order]
    rows, facts = parties.row[present], parties.order[present]
    first = first_of_runs(rows)
    rows, facts = rows[first], facts[first]
    if all_texts is None or not is_text[facts].any():
        merged = np.full(n, np.nan)
        merged[rows] = numbers[facts]
        return merged, None, differing
    take = np.full(n, -1, np.int64)
    take[rows] = facts
    texts = all_texts.take(pa.array(take, mask=take < 0)).to_pylist()
    for row, fact in zip(rows.tolist(), facts.tolist(), strict=True):
        if not is_text[fact]:
            texts[row] = number_as_text(float(numbers[fact]))
    return numbers, pa.array(texts, pa.large_string()), differing


def _contradictions(
    name: str, numbers: Array, texts: pa.Array | None, known: npt.NDArray[np.bool_], statements: Statements
) -> list[dict[str, Any]]:
    """Where ids of one party state different values; a number beside texts counts as its text."""
    if not len(statements.fact) or texts is None:
        return statements.contradictions(name, numbers, known)
    as_texts = np.full(len(numbers), "", object)
    for fact in statements.fact[known[statements.fact]].tolist():
        text = texts[fact].as_py()
        as_texts[fact] = number_as_text(float(numbers[fact])) if text is None else text
    return statements.contradictions(name, as_texts, known)


def number_as_text(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

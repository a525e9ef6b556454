"""Mapping files (TOML) -> mappings.

    name = "bitcoin-otc"            # the load's source name, unless the caller gives one
    ends = "implied"                # endpoints that no file lists become parties; "refuse" rejects their rows
    implied_kind = "Person"         # the kind of implied parties
    missing = ["", "NA"]            # tokens that mean missing, in every field
    protected = ["Gender"]          # more columns that may never be features

    [[kinds]]                       # kinds that are not built in
    name = "SUPPLIES"
    category = "money"
    symmetric = false
    holding = false                 # true: from a holder to an identifier, whose links are carried to the holder

    [[files]]
    name = "soc-*.csv"              # file name or glob
    table = "relationships"         # parties | relationships | outcomes | same_as
    columns = ["a", "b", "r", "t"]  # names where the file has no header; left out: the first line names them
    delimiter = ","
    encoding = "utf-8"
    header = 3                      # the line of the names, where others stand before it; skip = 2 without a header
    comment = "#"                   # what comment lines begin with
    quotes = false                  # quotes are characters like others
    key = ["call_id"]               # row key, where there is one
    complete = true                 # a full export: what it no longer lists ends
    ignore = ["rank", "old_*"]      # columns left out without a warning, by name or glob
    text = ["zip"]                  # attributes that stay text although they look like numbers
    source_kind, target_kind        # kinds of implied endpoints in this file

    [files.fields]                  # field of the fact -> where it comes from
    source = "a"                                       # a column
    kind = { constant = "RATES" }                      # one value for every row
    weight = { column = "r", divide_by = 10 }          # a number in other units
    amount = { column = "s", decimal = "," }           # how numbers are written; thousands = "." too
    time = { column = "t", unit = "seconds" }          # a unit, a strptime format, or a list of them; zone = "..."
    outcome = { column = "o", values = { "1" = "good" }, otherwise = "default" }
    id = { row = true }                                # the row's position, from 0
    target = { column = "b", whole = true, prefix = "n" }   # 8.38e2 is "838", then "n838"

Every column of a parties file that no field names is an attribute. A field given by a plain column name is required.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from graph.errors import MappingError, UnknownKind
from graph.schema import PARTY_KINDS, RelationshipKind, is_forbidden, plain
from loaders.mapping import (
    MAPPED_TABLES,
    OPTIONAL,
    REQUIRED,
    TIME_OF,
    FieldMapping,
    FileMapping,
    SourceMapping,
    exchange_mapping,
    of_table,
)
from loaders.reading.dialect import CsvDialect
from loaders.values.ids import FORMS
from loaders.values.numbers import NumberNotation
from loaders.values.times import ISO_TIMES, UNITS, TimeNotation, utc_seconds


def built_in_mappings() -> list[str]:
    """Names of the mappings that come with Kith, sorted."""
    folder = resources.files("loaders.mappings")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def read_mapping(mapping: str | Path | None) -> SourceMapping:
    """A built-in mapping by its name, the mapping in a TOML file, or for None that of an exchange folder.

    Raises MappingError.
    """
    if mapping is None:
        return exchange_mapping()
    if isinstance(mapping, str) and mapping in built_in_mappings():
        return parse_mapping(resources.files("loaders.mappings").joinpath(f"{mapping}.toml").read_bytes(), mapping)
    path = Path(mapping)
    if not path.is_file():
        raise MappingError(f"no mapping {str(mapping)!r}: name a TOML file or one of {', '.join(built_in_mappings())}")
    try:
        return parse_mapping(path.read_bytes(), str(path))
    except OSError as error:
        raise MappingError(f"mapping {path} cannot be read: {error.strerror}") from error


def parse_mapping(raw: bytes, where: str) -> SourceMapping:
    """The mapping that the bytes of a TOML file describe; `where` names the file in errors.

    Raises MappingError.
    """
    try:
        document = tomllib.loads(raw.decode())
        mapping = _source_mapping(_Table(document, f"mapping {where}"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"mapping {where} is not TOML: {error}") from error
    except UnknownKind as error:
        raise MappingError(f"mapping {where}: {error}") from error
    return replace(mapping, digest=hashlib.sha256(raw).hexdigest())


class _Table:
    """A TOML table with typed access, which knows the keys that were read and so those that are unknown."""

    def __init__(self, content: object, where: str) -> None:
        if not isinstance(content, dict):
            raise MappingError(f"{where}: expected a table, found {content!r}")
        self._content: dict[str, Any] = content
        self.where = where
        self._keys_read: set[str] = set()

    def optional(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """The value of a key, or the default. Raises MappingError where it is of another type."""
        self._keys_read.add(key)
        value = self._content.get(key, default)
        if value is not default and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise MappingError(f"{self.where}: {key} = {value!r} is of the wrong type")
        return value

    def required(self, key: str, kind: type | tuple[type, ...]) -> Any:
        """The value of a key. Raises MappingError where it is missing or of another type."""
        if key not in self._content:
            raise MappingError(f"{self.where}: {key} is missing")
        return self.optional(key, kind)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, or None where the key is missing. Raises MappingError for a list of anything else."""
        items = self.optional(key, list)
        if items is not None and not all(isinstance(item, str) for item in items):
            raise MappingError(f"{self.where}: {key} must be a list of texts")
        return None if items is None else tuple(items)

    def check_keys(self) -> None:
        """Raises MappingError for a key that nothing read."""
        unknown = sorted(set(self._content) - self._keys_read)
        if unknown:
            known = ", ".join(sorted(self._keys_read))
            raise MappingError(f"{self.where}: {unknown[0]!r} is no key of a mapping; known here: {known}")


def _source_mapping(table: _Table) -> SourceMapping:
    ends = table.optional("ends", str)
    if ends not in (None, "implied", "refuse"):
        raise MappingError(f'{table.where}: ends = {ends!r}; write "implied" or "refuse"')
    files = [_file_mapping(_Table(item, f"{table.where}, files")) for item in table.required("files", list)]
    mapping = SourceMapping(
        name=table.required("name", str),
        files=tuple(_with_readings(files)),
        ends=ends,
        implied_kind=_party_kind(table, "implied_kind") or "Person",
        missing=table.texts("missing"),
        kinds=tuple(
            _relationship_kind(_Table(item, f"{table.where}, kinds")) for item in table.optional("kinds", list, [])
        ),
        protected=frozenset(plain(name) for name in table.texts("protected") or ()),
    )
    table.optional("about", str)
    table.check_keys()
    if not files:
        raise MappingError(f"{table.where}: it describes no files")
    return mapping


def _with_readings(files: Sequence[FileMapping]) -> Iterator[FileMapping]:
    """The mappings of files, those of one name and table numbered."""
    seen: Counter[tuple[str, str]] = Counter()
    for file in files:
        seen[file.name, file.table] += 1
        yield replace(file, reading=seen[file.name, file.table])


def _party_kind(table: _Table, key: str) -> str | None:
    kind: str | None = table.optional(key, str)
    if kind is not None and kind not in PARTY_KINDS:
        raise MappingError(f"{table.where}: {key} = {kind!r}; use one of {', '.join(PARTY_KINDS)}")
    return kind


def _relationship_kind(table: _Table) -> RelationshipKind:
    kind = RelationshipKind(
        table.required("name", str),
        table.required("category", str),
        table.optional("symmetric", bool, False),
        table.optional("holding", bool, False),
    )
    table.check_keys()
    return kind


def _file_mapping(table: _Table) -> FileMapping:
    name, target = table.required("name", str), table.required("table", str)
    where = f"{table.where} {name!r}"
    if target not in MAPPED_TABLES:
        raise MappingError(f"{where}: table = {target!r}; use one of {', '.join(MAPPED_TABLES)}")
    file = FileMapping(
        name=name,
        table=target,
        fields=_fields(table.required("fields", dict), target, where),
        dialect=_dialect(table, where),
        number=_number_notation(table, where),
        key=table.texts("key") or (),
        complete=table.optional("complete", bool, False),
        ignore=frozenset(table.texts("ignore") or ()),
        text=frozenset(table.texts("text") or ()),
        source_kind=_party_kind(table, "source_kind"),
        target_kind=_party_kind(table, "target_kind"),
    )
    table.check_keys()
    mapping = of_table(file)
    for column in (*(source.column for source in mapping.fields.values()), *mapping.key):
        if column is not None and is_forbidden(column):
            raise MappingError(f"{where}: the column {column!r} may not be stored; leave it out")
    return mapping


def _dialect(table: _Table, where: str) -> CsvDialect:
    columns = table.texts("columns") or ()
    header, skip = table.optional("header", int), table.optional("skip", int, 0)
    if header is not None and (columns or skip or header < 1):
        raise MappingError(f"{where}: header = {header!r} is the line of the names, from 1; it stands alone")
    if skip < 0:
        raise MappingError(f"{where}: skip = {skip!r} is a number of lines")
    return CsvDialect(
        delimiter=_delimiter(table, where),
        encoding=_encoding(table, where),
        columns=columns,
        quotes=table.optional("quotes", bool, True),
        comment=table.optional("comment", str),
        skip=skip if header is None else header - 1,
    )


def _delimiter(table: _Table, where: str) -> str:
    delimiter: str = table.optional("delimiter", str, ",")
    if len(delimiter) != 1 or delimiter in '\r\n"\0':
        raise MappingError(f"{where}: delimiter = {delimiter!r}; it is one character")
    return delimiter


def _encoding(table: _Table, where: str) -> str:
    encoding: str = table.optional("encoding", str, "utf-8")
    try:
        if "a\n".encode(encoding) != b"a\n":
            raise LookupError
    except (LookupError, ValueError) as error:
        raise MappingError(f"{where}: encoding = {encoding!r} is not one where a line ends with one byte") from error
    return encoding


def _fields(content: dict[str, Any], table: str, where: str) -> dict[str, FieldMapping]:
    known = (*REQUIRED[table], *OPTIONAL[table])
    for name in content:
        if name not in known:
            raise MappingError(f"{where}: {name!r} is no field of {table}; use {', '.join(known)}")
    for name in REQUIRED[table]:
        if name not in content:
            raise MappingError(f"{where}: the field {name!r} is missing")
    return {name: _field_mapping(name, value, f"{where}, {name}") for name, value in content.items()}


def _field_mapping(field: str, content: object, where: str) -> FieldMapping:
    if isinstance(content, str):
        return FieldMapping(column=content, time=TIME_OF.get(field, ISO_TIMES))
    table = _Table(content, where)
    values = table.optional("values", dict, {})
    if not all(isinstance(value, str) for value in values.values()):
        raise MappingError(f"{where}: values maps texts to texts")
    mapping = FieldMapping(
        column=table.optional("column", str),
        constant=table.optional("constant", str),
        row=table.optional("row", bool, False),
        start=table.optional("start", int, 0),
        prefix=table.optional("prefix", str, ""),
        whole=table.optional("whole", bool, False),
        trim=table.optional("trim", bool, True),
        form=_form(table),
        divide_by=float(table.optional("divide_by", (int, float), 1.0)),
        number=_number_notation(table, where),
        time=_time_notation(table, field, where),
        values=values,
        otherwise=table.optional("otherwise", str),
        missing=table.texts("missing"),
        optional=table.optional("optional", bool, False),
    )
    table.check_keys()
    if [mapping.column is not None, mapping.constant is not None, mapping.row].count(True) != 1:
        raise MappingError(f"{where}: give exactly one of column, constant or row = true")
    if mapping.divide_by == 0.0:
        raise MappingError(f"{where}: divide_by = 0")
    return mapping


def _number_notation(table: _Table, where: str) -> NumberNotation | None:
    """How numbers are written, where `decimal` or `thousands` says it."""
    decimal, thousands = table.optional("decimal", str), table.optional("thousands", str)
    if decimal is None and thousands is None:
        return None
    if decimal is None:
        decimal = "." if thousands != "." else ","
    thousands = thousands or ""
    if decimal not in {".", ","} or len(thousands) > 1 or thousands == decimal or thousands.isalnum():
        raise MappingError(f'{where}: decimal is "." or ",", and thousands is one other character or ""')
    return NumberNotation(decimal, thousands)


def _time_notation(table: _Table, field: str, where: str) -> TimeNotation:
    units = table.optional("unit", (str, list), "auto")
    units = (units,) if isinstance(units, str) else tuple(units)
    if not units or not all(isinstance(unit, str) for unit in units):
        raise MappingError(f"{where}: unit is a unit or a list of units")
    for unit in units:
        if "%Z" in unit:
            raise MappingError(
                f"{where}: unit = {unit!r}: names of zones such as EST mean different times; use %z for "
                'offsets, or give one zone = "America/New_York" for the column'
            )
        if "%" not in unit and unit not in UNITS:
            raise MappingError(f"{where}: unit = {unit!r}; use {', '.join(UNITS)} or a format such as %d.%m.%Y")
    zone = table.optional("zone", str)
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise MappingError(f"{where}: zone = {zone!r} is no zone such as Europe/Berlin") from error
    day = _one_of(table, "day", ("first", "last"))
    return TimeNotation(
        units=units,
        since=_since(table),
        zone=zone,
        doubled=_one_of(table, "doubled", ("first", "second")),
        skipped=_one_of(table, "skipped", ("shift",)),
        is_end=field in TIME_OF if day is None else day == "last",
    )


def _one_of(table: _Table, key: str, allowed: tuple[str, ...]) -> str | None:
    value: str | None = table.optional(key, str)
    if value is not None and value not in allowed:
        raise MappingError(f"{table.where}: {key} = {value!r}; use {' or '.join(allowed)}")
    return value


def _form(table: _Table) -> tuple[str, ...]:
    """The normal forms of a field's texts, in order: one name or a list."""
    given = table.optional("form", (str, list), [])
    forms = (given,) if isinstance(given, str) else tuple(given)
    for form in forms:
        if form not in FORMS:
            raise MappingError(f"{table.where}: form = {form!r}; use {', '.join(FORMS)}")
    return forms


def _since(table: _Table) -> float:
    """Where the times of a field count from, in seconds since 1970."""
    text = table.optional("since", str)
    if text is None:
        return 0.0
    try:
        return utc_seconds(datetime.fromisoformat(text))
    except ValueError as error:
        raise MappingError(f"{table.where}: since = {text!r} is not an ISO date") from error

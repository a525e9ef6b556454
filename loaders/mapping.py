"""Mapping files (TOML): which column of an outside file is what.

    name = "bitcoin-otc"            # the load's source name, unless the caller gives one
    ends = "implied"                # ends that no file lists become parties; "refuse" calls them dangling
    implied_kind = "Person"         # their kind
    missing = ["", "NA"]            # tokens that mean missing, in every field but ids
    protected = ["Gender"]          # more columns that may never be features

    [[kinds]]                       # kinds that are not built in
    name = "SUPPLIES"
    category = "money"
    symmetric = false

    [[files]]
    name = "soc-*.csv"              # file name or glob
    table = "relationships"         # parties | relationships | outcomes
    columns = ["a", "b", "r", "t"]  # names where the file has no header; left out: the first line names them
    delimiter = ","
    encoding = "utf-8"
    key = ["call_id"]               # row key, where there is one
    ignore = ["rank", "old_*"]      # columns left out without a warning, by name or glob
    text = ["zip"]                  # attributes that stay text although they look like numbers
    source_kind, target_kind        # kinds of implied ends in this file

    [files.fields]                  # field of the fact -> where it comes from
    source = "a"                                       # a column
    kind = { constant = "RATES" }                      # the same in every row
    weight = { column = "r", divide_by = 10 }          # a number in other units
    time = { column = "t", unit = "seconds" }          # auto | seconds | milliseconds | days | a strptime format
    outcome = { column = "o", values = { "1" = "good" }, otherwise = "default" }
    id = { row = true }                                # the row's position, from 0
    target = { column = "b", whole = true, prefix = "n" }   # 8.38e2 is "838", then "n838"

Every column of a parties file that no field names is an attribute. A field given by a plain column name is required.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final

from graph.errors import MappingError, UnknownKind
from graph.schema import PARTY_KINDS, RelationshipKind, is_forbidden, plain

TABLES: Final = ("parties", "relationships", "outcomes")
REQUIRED: Final[Map[str, tuple[str, ...]]] = {
    "parties": ("id",),
    "relationships": ("source", "target"),
    "outcomes": ("id", "outcome"),
}
OPTIONAL: Final[Map[str, tuple[str, ...]]] = {
    "parties": ("kind", "name", "valid_from", "valid_to"),
    "relationships": (
        "kind", "category", "weight", "time", "first", "last", "until", "count", "amount", "context",
    ),
    "outcomes": ("time", "opened", "closed", "state"),
}  # fmt: skip
ATTRIBUTE_MISSING: Final = ("", "NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a")


@dataclass(frozen=True, slots=True)
class Field:
    """Where one field of a fact comes from: a column, a constant or the row's position; then how it is read."""

    column: str | None = None
    constant: str | None = None
    row: bool = False
    start: int = 0
    prefix: str = ""
    whole: bool = False
    divide_by: float = 1.0
    unit: str = "auto"
    since: float = 0.0
    values: Map[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    missing: tuple[str, ...] | None = None
    optional: bool = False

    @property
    def translated(self) -> bool:
        """Whether its values are read as texts and changed before they mean anything."""
        return bool(self.values or self.prefix) or self.otherwise is not None or self.whole


@dataclass(frozen=True, slots=True)
class FileMapping:
    """One file (or glob): its form, its table, and the source of each field."""

    name: str
    table: str
    fields: Map[str, Field]
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    key: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()
    text: frozenset[str] = frozenset()
    source_kind: str | None = None
    target_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """How the files of one source are read. `ends` is "implied", "refuse" or None: decided by what files there are."""

    name: str | None
    files: tuple[FileMapping, ...]
    ends: str | None = None
    implied_kind: str = "Person"
    missing: tuple[str, ...] | None = None
    kinds: tuple[RelationshipKind, ...] = ()
    protected: frozenset[str] = frozenset()
    digest: str = "exchange 1"


def exchange() -> Mapping:
    """The mapping of a plain exchange folder: columns are named as the fields are."""
    files = []
    for table in TABLES:
        fields = {name: Field(column=name) for name in REQUIRED[table]}
        fields |= {name: Field(column=name, optional=True) for name in OPTIONAL[table]}
        files += [FileMapping(f"{table}.{ending}", table, fields) for ending in ("csv", "parquet")]
    return Mapping(None, tuple(files))


def built_in() -> list[str]:
    """Names of the mappings that come with Kith."""
    folder = resources.files("loaders.mappings")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def read_mapping(mapping: str | Path | None) -> Mapping:
    """A built-in mapping by name, one from a TOML file, or the exchange folder's for None. Raises MappingError."""
    if mapping is None:
        return exchange()
    if isinstance(mapping, str) and mapping in built_in():
        return parse(resources.files("loaders.mappings").joinpath(f"{mapping}.toml").read_bytes(), mapping)
    path = Path(mapping)
    if not path.is_file():
        raise MappingError(f"no mapping {str(mapping)!r}: name a TOML file or one of {', '.join(built_in())}")
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise MappingError(f"mapping {path} cannot be read: {error.strerror}") from error


def parse(raw: bytes, where: str) -> Mapping:
    """A mapping from the bytes of a TOML file; `where` names it in errors."""
    try:
        given = tomllib.loads(raw.decode())
        made = _mapping(_Reader(given, f"mapping {where}"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"mapping {where} is not TOML: {error}") from error
    except UnknownKind as error:
        raise MappingError(f"mapping {where}: {error}") from error
    return replace(made, digest=hashlib.sha256(raw).hexdigest())


class _Reader:
    """One TOML table: typed access, and a complaint about anything nobody asked for."""

    def __init__(self, given: object, where: str) -> None:
        if not isinstance(given, dict):
            raise MappingError(f"{where}: expected a table, found {given!r}")
        self._given: dict[str, Any] = given
        self.where = where
        self._asked: set[str] = set()

    def get(self, name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        self._asked.add(name)
        value = self._given.get(name, default)
        if value is not default and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise MappingError(f"{self.where}: {name} = {value!r} is of the wrong type")
        return value

    def need(self, name: str, kind: type | tuple[type, ...]) -> Any:
        if name not in self._given:
            raise MappingError(f"{self.where}: {name} is missing")
        return self.get(name, kind)

    def texts(self, name: str) -> tuple[str, ...] | None:
        found = self.get(name, list)
        if found is not None and not all(isinstance(item, str) for item in found):
            raise MappingError(f"{self.where}: {name} must be a list of texts")
        return None if found is None else tuple(found)

    def done(self) -> None:
        unknown = sorted(set(self._given) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise MappingError(f"{self.where}: {unknown[0]!r} is no key of a mapping; known here: {known}")


def _mapping(top: _Reader) -> Mapping:
    ends = top.get("ends", str)
    if ends not in (None, "implied", "refuse"):
        raise MappingError(f'{top.where}: ends = {ends!r}; write "implied" or "refuse"')
    files = tuple(_file(_Reader(item, f"{top.where}, files")) for item in top.need("files", list))
    made = Mapping(
        name=top.need("name", str),
        files=files,
        ends=ends,
        implied_kind=_party_kind(top, "implied_kind") or "Person",
        missing=top.texts("missing"),
        kinds=tuple(_kind(_Reader(item, f"{top.where}, kinds")) for item in top.get("kinds", list, [])),
        protected=frozenset(plain(name) for name in top.texts("protected") or ()),
    )
    top.get("about", str)
    top.done()
    if not files:
        raise MappingError(f"{top.where}: it describes no files")
    return made


def _party_kind(table: _Reader, name: str) -> str | None:
    kind: str | None = table.get(name, str)
    if kind is not None and kind not in PARTY_KINDS:
        raise MappingError(f"{table.where}: {name} = {kind!r}; use one of {', '.join(PARTY_KINDS)}")
    return kind


def _kind(table: _Reader) -> RelationshipKind:
    made = RelationshipKind(table.need("name", str), table.need("category", str), table.get("symmetric", bool, False))
    table.done()
    return made


def _file(table: _Reader) -> FileMapping:
    name, what = table.need("name", str), table.need("table", str)
    where = f"{table.where} {name!r}"
    if what not in TABLES:
        raise MappingError(f"{where}: table = {what!r}; use one of {', '.join(TABLES)}")
    given = table.need("fields", dict)
    known = (*REQUIRED[what], *OPTIONAL[what])
    for field_name in given:
        if field_name not in known:
            raise MappingError(f"{where}: {field_name!r} is no field of {what}; use {', '.join(known)}")
    for field_name in REQUIRED[what]:
        if field_name not in given:
            raise MappingError(f"{where}: the field {field_name!r} is missing")
    delimiter = table.get("delimiter", str, ",")
    if len(delimiter) != 1 or delimiter in '\r\n"\0':
        raise MappingError(f"{where}: delimiter = {delimiter!r}; it is one character")
    encoding = table.get("encoding", str, "utf-8")
    try:
        if "a\n".encode(encoding) != b"a\n":
            raise LookupError
    except (LookupError, ValueError) as error:
        raise MappingError(f"{where}: encoding = {encoding!r} is not one where a line ends with one byte") from error
    made = FileMapping(
        name=name,
        table=what,
        fields={field_name: _field(value, f"{where}, {field_name}") for field_name, value in given.items()},
        columns=table.texts("columns") or (),
        delimiter=delimiter,
        encoding=encoding,
        key=table.texts("key") or (),
        ignore=frozenset(table.texts("ignore") or ()),
        text=frozenset(table.texts("text") or ()),
        source_kind=_party_kind(table, "source_kind"),
        target_kind=_party_kind(table, "target_kind"),
    )
    table.done()
    for column in (*(source.column for source in made.fields.values()), *made.key):
        if column is not None and is_forbidden(column):
            raise MappingError(f"{where}: the column {column!r} may not be stored; leave it out")
    return made


def _field(given: object, where: str) -> Field:
    if isinstance(given, str):
        return Field(column=given)
    table = _Reader(given, where)
    values = table.get("values", dict, {})
    if not all(isinstance(value, str) for value in values.values()):
        raise MappingError(f"{where}: values maps texts to texts")
    made = Field(
        column=table.get("column", str),
        constant=table.get("constant", str),
        row=table.get("row", bool, False),
        start=table.get("start", int, 0),
        prefix=table.get("prefix", str, ""),
        whole=table.get("whole", bool, False),
        divide_by=float(table.get("divide_by", (int, float), 1.0)),
        unit=table.get("unit", str, "auto"),
        since=_since(table),
        values=values,
        otherwise=table.get("otherwise", str),
        missing=table.texts("missing"),
        optional=table.get("optional", bool, False),
    )
    table.done()
    if [made.column is not None, made.constant is not None, made.row].count(True) != 1:
        raise MappingError(f"{where}: say exactly one of column, constant or row = true")
    if made.divide_by == 0.0:
        raise MappingError(f"{where}: divide_by = 0")
    return made


def _since(table: _Reader) -> float:
    """The moment that time 0 of the file means, as seconds since 1970."""
    text = table.get("since", str)
    if text is None:
        return 0.0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MappingError(f"{table.where}: since = {text!r} is not an ISO date") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

"""A mapping: which column of an outside file is which field of a fact, as values. `loaders.mapping_file` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from graph.schema import SAME_AS, RelationshipKind
from loaders.reading.dialect import PLAIN_CSV, CsvDialect
from loaders.values.numbers import NumberNotation
from loaders.values.times import ISO_TIMES, TimeNotation

TABLES: Final = ("parties", "relationships", "outcomes", "consents")  # of facts
SAME_AS_TABLE: Final = "same_as"
MAPPED_TABLES: Final = (*TABLES, SAME_AS_TABLE)  # that a file can be loaded as
ORDERS_TABLE: Final = "orders"  # of a backtest; orders are no facts and are not loaded
WITHOUT_KEY: Final = frozenset({"parties", "consents"})  # tables whose rows are known by what they state
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "parties": ("id",),
    "relationships": ("source", "target"),
    "outcomes": ("id", "outcome"),
    "consents": ("id", "source", "purpose", "given"),
    SAME_AS_TABLE: ("a", "b"),
    ORDERS_TABLE: ("order", "party", "time", "asked", "outcome"),
}
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "parties": ("kind", "name", "valid_from", "valid_to"),
    "relationships": (
        "kind", "category", "weight", "time", "first", "last", "until", "count", "amount", "context",
        "symmetric",
    ),
    "outcomes": ("time", "opened", "closed", "state", "days_late", "amount"),
    "consents": ("withdrawn",),
    SAME_AS_TABLE: ("valid_from", "valid_to"),
    ORDERS_TABLE: ("amount", "settled"),
}  # fmt: skip


EXCHANGE_ENDINGS: Final = ("csv", "parquet", "tsv", "jsonl", "xlsx")  # of tables in an exchange folder, packed or not
NUMBER_FIELDS: Final = frozenset({"weight", "count", "amount", "days_late"})
TIME_FIELDS: Final = frozenset(
    {"valid_from", "valid_to", "time", "first", "last", "until", "opened", "closed", "settled", "given", "withdrawn"}
)
TIME_OF: Final = {name: TimeNotation(is_end=True) for name in ("valid_to", "closed")}  # a year ends with its last day


@dataclass(frozen=True, slots=True)
class LookupMapping:
    """Another file by which the values of a field are replaced: those of its column `key` by those of `value`.

    file: its path, from the folder of the file that is loaded or else from that of the mapping (`folder`).
    form, country: of the keys, as of a field.
    otherwise: what becomes of a value that is not found: `keep`, `refuse` or `missing`.
    """

    file: str
    key: str
    value: str
    folder: Path | None = None
    dialect: CsvDialect = PLAIN_CSV
    form: tuple[str, ...] = ()
    country: str | None = None
    otherwise: str = "keep"


@dataclass(frozen=True, slots=True)
class Condition:
    """What the cells of a column must be for their row to be loaded; the one of the three that is given counts.

    among: one of these texts. not_among: none of them. missing: whether they are missing.
    """

    column: str
    among: tuple[str, ...] | None = None
    not_among: tuple[str, ...] | None = None
    missing: bool | None = None


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """The source of one field: columns, a constant or the row's position (from `start`); then how it is read.

    columns: one, or several whose texts are joined by `join`.
    number: how its numbers are written; None where the file's mapping says it, or else its columns show it.
    percent, currency, duration: what its numbers are beside digits. An empty `currency` is any.
    negative: what a negative amount is: `reverse` (it went the other way), `refuse`, `keep`; None to keep and tell it.
    country: whose phone numbers stand without a country code.
    fallback: the source of the values that are missing.
    is_time: whether its values are times (of an attribute, else they are numbers).
    """

    columns: tuple[str, ...] = ()
    join: str = ""
    constant: str | None = None
    row: bool = False
    start: int = 0
    prefix: str = ""
    whole: bool = False
    trim: bool = True
    form: tuple[str, ...] = ()
    country: str | None = None
    lookup: LookupMapping | None = None
    divide_by: float = 1.0
    number: NumberNotation | None = None
    percent: bool = False
    currency: tuple[str, ...] | None = None
    duration: str | None = None
    negative: str | None = None
    time: TimeNotation = ISO_TIMES
    values: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    missing: tuple[str, ...] | None = None
    optional: bool = False
    is_time: bool = False
    fallback: FieldMapping | None = None

    @property
    def all_columns(self) -> tuple[str, ...]:
        """The columns that it is read from, those of its fallback too."""
        return self.columns + (self.fallback.all_columns if self.fallback is not None else ())

    @property
    def lookups(self) -> tuple[LookupMapping, ...]:
        """The look-ups of the field and of its fallbacks."""
        own = () if self.lookup is None else (self.lookup,)
        return own + (self.fallback.lookups if self.fallback is not None else ())

    @property
    def column_name(self) -> str:
        """Its columns as messages name them; empty where it has none."""
        return ", ".join(self.columns)

    @property
    def is_recoded(self) -> bool:
        """Whether its texts are changed before they are read as what they are."""
        marks = self.percent or self.currency is not None or self.duration is not None
        replaced = bool(self.values) or self.otherwise is not None or self.lookup is not None
        joined = len(self.columns) > 1 or bool(self.prefix) or self.fallback is not None
        return joined or replaced or marks or bool(self.form) or self.whole


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How one file (or every file of a glob) is read: its table, its CSV dialect and the source of each field.

    attributes: how attributes are read that are not read as they stand, by their column.
    where: what a row must fulfil, all of it; other rows are left out.
    distinct: whether rows that state the same fact count once.
    key: the columns of the row key. optional_key: those that are the row key where the file has them.
    reading: 1, or n where it is the n-th that reads these files as this table.
    complete: whether the files are full exports, so that what they no longer list ends.
    """

    name: str
    table: str
    fields: Mapping[str, FieldMapping]
    attributes: Mapping[str, FieldMapping] = field(default_factory=dict)
    dialect: CsvDialect = PLAIN_CSV
    number: NumberNotation | None = None
    where: tuple[Condition, ...] = ()
    distinct: bool = False
    key: tuple[str, ...] = ()
    optional_key: tuple[str, ...] = ()
    reading: int = 1
    complete: bool = False
    ignore: frozenset[str] = frozenset()
    text: frozenset[str] = frozenset()
    source_kind: str | None = None
    target_kind: str | None = None

    @property
    def is_same_as(self) -> bool:
        """Whether its rows say which ids are one party: they are links of the kind SAME_AS."""
        kind = self.fields.get("kind")
        return kind is not None and kind.constant == SAME_AS

    @property
    def mapped_table(self) -> str:
        """The table that the mapping names: one of MAPPED_TABLES."""
        return SAME_AS_TABLE if self.is_same_as else self.table


def of_table(file: FileMapping) -> FileMapping:
    """A mapping of one of MAPPED_TABLES as one of a table of facts: ids that are one party become links."""
    if file.table != SAME_AS_TABLE:
        return file
    names = {"a": "source", "b": "target"}
    fields = {names.get(name, name): source for name, source in file.fields.items()}
    return replace(file, table="relationships", fields=fields | {"kind": FieldMapping(constant=SAME_AS)})


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """How the files of one source are read.

    name: of the source; None in an exchange folder, which is named like the folder.
    ends: "implied" or "refuse", what becomes of endpoints that are no party; None lets the files decide.
    digest: part of a load's fingerprint, so that another mapping is another load.
    """

    name: str | None
    files: tuple[FileMapping, ...]
    ends: str | None = None
    implied_kind: str = "Person"
    missing: tuple[str, ...] | None = None
    kinds: tuple[RelationshipKind, ...] = ()
    protected: frozenset[str] = frozenset()
    digest: str = "exchange 1"


def exchange_mapping() -> SourceMapping:
    """The mapping of an exchange folder, whose columns are named as the fields are."""
    files = []
    for table in MAPPED_TABLES:
        fields = {name: FieldMapping((name,)) for name in REQUIRED[table]}
        fields |= {
            name: FieldMapping((name,), optional=True, time=TIME_OF.get(name, TimeNotation()))
            for name in OPTIONAL[table]
        }
        key = () if table in WITHOUT_KEY else ("key",)
        for ending in EXCHANGE_ENDINGS:
            files.append(of_table(FileMapping(f"{table}.{ending}", table, fields, optional_key=key)))
    return SourceMapping(None, tuple(files))

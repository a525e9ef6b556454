"""Mapping files (TOML) -> mappings.

    name = "bitcoin-otc"            # the load's source name, unless the caller gives one
    ends = "implied"                # endpoints that no file lists become parties; "refuse" rejects their rows
    implied_kind = "Person"         # the kind of implied parties
    missing = ["", "NA"]            # tokens that mean missing, in every field
    protected = ["Gender"]          # more columns that may never be features
    country = "DE"                  # of phone numbers without a country code, unless their field says another

    [[kinds]]                       # kinds that are not built in
    name = "SUPPLIES"
    category = "money"
    symmetric = false
    holding = false                 # true: from a holder to an identifier, whose links are carried to the holder

    [[files]]
    name = "soc-*.csv"              # file name or glob
    table = "relationships"         # parties | relationships | outcomes | consents | same_as; orders of a backtest
    columns = ["a", "b", "r", "t"]  # names where the file has no header; left out: the first line names them
    delimiter = ","
    encoding = "utf-8"
    format = "edge-list"            # where the file's name does not say it; sheet = "May" of a spreadsheet
    header = 3                      # the line of the names, where others stand before it; skip = 2 without a header
    comment = "#"                   # what comment lines begin with
    quotes = false                  # quotes are characters like others
    key = ["call_id"]               # row key, where there is one
    complete = true                 # a full export: what it no longer lists ends
    ignore = ["rank", "old_*"]      # columns left out without a warning, by name or glob
    text = ["zip"]                  # attributes that stay text although they look like numbers
    source_kind, target_kind        # kinds of implied endpoints in this file
    where = [{ column = "role", is = ["owner"] }]   # rows that are read; is_not = [...] and missing = false too
    distinct = true                 # rows that state the same fact count once
    decimal = ",", thousands = "."  # how its numbers are written

    [files.fields]                  # field of the fact -> where it comes from
    source = "a"                                       # a column
    kind = { constant = "RATES" }                      # one value for every row
    weight = { column = "r", divide_by = 10 }          # a number in other units
    amount = { column = "s", decimal = "," }           # how numbers are written; thousands = "." too
    time = { column = "t", unit = "seconds" }          # a unit, a strptime format, or a list of them; zone = "..."
    outcome = { column = "o", values = { "1" = "good" }, otherwise = "default" }
    id = { row = true }                                # the row's position, from 0
    target = { column = "b", whole = true, prefix = "n" }   # 8.38e2 is "838", then "n838"
    source = { column = "tel", form = "phone", country = "DE" }   # also upper, lower, digits, nfc, iban
    source = { columns = ["bank", "account"], join = ":" }        # an id in several columns
    target = { column = "to", fallback = "name" }                 # where "to" is missing
    source = { column = "iban", lookup = { file = "customers.csv", key = "IBAN", value = "id" } }
    weight = { column = "share", percent = true }                 # 50 % is 0.5
    amount = { column = "s", currency = true, negative = "reverse" }   # a refund goes the other way
    amount = { column = "length", unit = "duration" }             # 1:02:03 is 3723

    [files.attributes]              # attributes of a parties file that are not read as they stand
    income = { decimal = "," }
    joined = { unit = "%d.%m.%Y" }  # seconds since 1970

Every column of a parties file that no field names is an attribute. A field given by a plain column name is required.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from graph.column_names import is_forbidden, plain
from graph.errors import MappingError, UnknownKind
from graph.schema import PARTY_KINDS, RelationshipKind
from loaders.mapping import MAPPED_TABLES, ORDERS_TABLE, FileMapping, SourceMapping, exchange_mapping, of_table
from loaders.mapping_keys.dialects import csv_dialect
from loaders.mapping_keys.fields import attributes, conditions, fields, with_country
from loaders.mapping_keys.notations import country, number_notation
from loaders.mapping_keys.toml_table import TomlTable


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
        return parse_mapping(path.read_bytes(), str(path), path.parent)
    except OSError as error:
        raise MappingError(f"mapping {path} cannot be read: {error.strerror}") from error


def parse_mapping(raw: bytes, where: str, folder: Path | None = None) -> SourceMapping:
    """The mapping that the bytes of a TOML file describe; `where` names the file in errors.

    folder: in which its look-up files may lie.

    Raises MappingError.
    """
    try:
        document = tomllib.loads(raw.decode())
        mapping = _source_mapping(TomlTable(document, f"mapping {where}"), folder)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"mapping {where} is not TOML: {error}") from error
    except UnknownKind as error:
        raise MappingError(f"mapping {where}: {error}") from error
    return replace(mapping, digest=hashlib.sha256(raw).hexdigest())


def _source_mapping(table: TomlTable, folder: Path | None) -> SourceMapping:
    ends = table.optional("ends", str)
    if ends not in (None, "implied", "refuse"):
        raise MappingError(f'{table.where}: ends = {ends!r}; write "implied" or "refuse"')
    files = [_file_mapping(TomlTable(item, f"{table.where}, files"), folder) for item in table.required("files", list)]
    of_phones = country(table)
    mapping = SourceMapping(
        name=table.required("name", str),
        files=tuple(_with_country(file, of_phones) for file in _with_readings(files)),
        ends=ends,
        implied_kind=_party_kind(table, "implied_kind") or "Person",
        missing=table.texts("missing"),
        kinds=tuple(
            _relationship_kind(TomlTable(item, f"{table.where}, kinds")) for item in table.optional("kinds", list, [])
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


def _with_country(file: FileMapping, country: str | None) -> FileMapping:
    return replace(file, fields={name: with_country(field, country) for name, field in file.fields.items()})


def _party_kind(table: TomlTable, key: str) -> str | None:
    kind: str | None = table.optional(key, str)
    if kind is not None and kind not in PARTY_KINDS:
        raise MappingError(f"{table.where}: {key} = {kind!r}; use one of {', '.join(PARTY_KINDS)}")
    return kind


def _relationship_kind(table: TomlTable) -> RelationshipKind:
    kind = RelationshipKind(
        table.required("name", str),
        table.required("category", str),
        table.optional("symmetric", bool, False),
        table.optional("holding", bool, False),
    )
    table.check_keys()
    return kind


def _file_mapping(table: TomlTable, folder: Path | None) -> FileMapping:
    name, target = table.required("name", str), table.required("table", str)
    table.where = where = f"{table.where} {name!r}"
    if target not in (*MAPPED_TABLES, ORDERS_TABLE):
        raise MappingError(f"{where}: table = {target!r}; use one of {', '.join((*MAPPED_TABLES, ORDERS_TABLE))}")
    file = FileMapping(
        name=name,
        table=target,
        fields=fields(table.required("fields", dict), target, where, folder),
        attributes=attributes(table.optional("attributes", dict, {}), f"{where}, attributes"),
        dialect=csv_dialect(table),
        number=number_notation(table),
        where=conditions(table.optional("where", list, []), where),
        distinct=table.optional("distinct", bool, False),
        key=table.texts("key") or (),
        complete=table.optional("complete", bool, False),
        ignore=frozenset(table.texts("ignore") or ()),
        text=frozenset(table.texts("text") or ()),
        source_kind=_party_kind(table, "source_kind"),
        target_kind=_party_kind(table, "target_kind"),
    )
    table.check_keys()
    mapping = of_table(file)
    _check(mapping, where)
    return mapping


def _check(mapping: FileMapping, where: str) -> None:
    """Raises MappingError for keys that are right by themselves and wrong together."""
    columns = [column for source in mapping.fields.values() for column in source.all_columns]
    looked_up = [
        name for source in mapping.fields.values() for found in source.lookups for name in (found.key, found.value)
    ]
    for column in (*columns, *looked_up, *mapping.key, *mapping.attributes):
        if is_forbidden(column):
            raise MappingError(f"{where}: the column {column!r} may not be stored; leave it out")
    if mapping.key and mapping.table == "consents":
        raise MappingError(f"{where}: a consent is known by its party, source, purpose and time; leave key out")
    if mapping.attributes and mapping.table != "parties":
        raise MappingError(f"{where}: only parties have attributes")
    amount = mapping.fields.get("amount")
    if amount is not None and amount.negative == "reverse" and mapping.source_kind != mapping.target_kind:
        raise MappingError(
            f'{where}: negative = "reverse" swaps the ends, so source_kind and target_kind must be the same'
        )

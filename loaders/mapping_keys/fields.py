"""The fields and attributes of a file's table: where each value comes from and how it is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from graph.errors import MappingError
from loaders.mapping import (
    NUMBER_FIELDS,
    OPTIONAL,
    REQUIRED,
    TIME_FIELDS,
    TIME_OF,
    Condition,
    FieldMapping,
    LookupMapping,
)
from loaders.mapping_keys.dialects import csv_dialect
from loaders.mapping_keys.notations import (
    NUMBER_KEYS,
    country,
    currency,
    duration,
    has_duration,
    normal_forms,
    number_notation,
    time_notation,
)
from loaders.mapping_keys.toml_table import TomlTable
from loaders.values.times import ISO_TIMES

OTHERWISE: Final = ("keep", "refuse", "missing")  # what becomes of a value that a look-up does not find
NEGATIVE: Final = ("reverse", "refuse", "keep")


def fields(content: dict[str, Any], table: str, where: str, folder: Path | None) -> dict[str, FieldMapping]:
    """The fields of a table of facts. `folder` is that of the mapping. Raises MappingError."""
    known = (*REQUIRED[table], *OPTIONAL[table])
    for name in content:
        if name not in known:
            raise MappingError(f"{where}: {name!r} is no field of {table}; use {', '.join(known)}")
    for name in REQUIRED[table]:
        if name not in content:
            raise MappingError(f"{where}: the field {name!r} is missing")
    found = {name: _field(name, value, f"{where}, {name}", folder) for name, value in content.items()}
    if table == "outcomes" and "amount" in found and found["amount"].negative == "reverse":
        raise MappingError(f'{where}, amount: an outcome goes no way, so negative = "reverse" means nothing of it')
    return found


def with_country(source: FieldMapping, country: str | None) -> FieldMapping:
    """The field with the country of the mapping for its phone numbers, its fallback and its look-up too."""
    return replace(
        source,
        country=source.country or country,
        fallback=None if source.fallback is None else with_country(source.fallback, country),
        lookup=None if source.lookup is None else replace(source.lookup, country=source.lookup.country or country),
    )


def attributes(content: dict[str, Any], where: str) -> dict[str, FieldMapping]:
    """How the attributes of a parties file are read, by their column. Raises MappingError."""
    return {name: _attribute(name, TomlTable(value, f"{where}, {name}")) for name, value in content.items()}


def conditions(content: list[Any], where: str) -> tuple[Condition, ...]:
    """The conditions that rows must fulfil. Raises MappingError."""
    return tuple(_condition(TomlTable(item, f"{where}, where")) for item in content)


def _field(field: str, content: object, where: str, folder: Path | None) -> FieldMapping:
    if isinstance(content, str):
        return FieldMapping((content,), time=TIME_OF.get(field, ISO_TIMES))
    table = TomlTable(content, where)
    fallback = table.optional("fallback", (str, dict))
    lookup = table.optional("lookup", dict)
    mapping = replace(
        _reading(table, field),
        columns=_columns(table),
        join=table.optional("join", str, ""),
        constant=table.optional("constant", str),
        row=table.optional("row", bool, False),
        start=table.optional("start", int, 0),
        prefix=table.optional("prefix", str, ""),
        trim=table.optional("trim", bool, True),
        negative=table.one_of("negative", NEGATIVE),
        optional=table.optional("optional", bool, False),
    )
    if fallback is not None:
        mapping = replace(mapping, fallback=_fallback(field, fallback, mapping, f"{where}, fallback", folder))
    if lookup is not None:
        mapping = replace(mapping, lookup=_lookup(TomlTable(lookup, f"{where}, lookup"), mapping, folder))
    table.check_keys()
    if [bool(mapping.columns), mapping.constant is not None, mapping.row].count(True) != 1:
        raise MappingError(f"{where}: give exactly one of column, constant or row = true")
    if mapping.negative is not None and field != "amount":
        raise MappingError(f"{where}: negative is a key of amount")
    return mapping


def _fallback(field: str, content: object, main: FieldMapping, where: str, folder: Path | None) -> FieldMapping:
    """The source of missing values. Numbers and times are written there as in the field itself."""
    fallback = _field(field, content, where, folder)
    if field not in NUMBER_FIELDS | TIME_FIELDS:
        return fallback
    if not isinstance(content, str):
        raise MappingError(f"{where}: of numbers and times it is the name of a column, written like the field's own")
    return replace(main, columns=fallback.columns)


def _columns(table: TomlTable) -> tuple[str, ...]:
    column, columns = table.optional("column", str), table.texts("columns")
    if column is not None and columns is not None:
        raise MappingError(f"{table.where}: give either column or columns")
    return (column,) if column is not None else columns or ()


def _attribute(name: str, table: TomlTable) -> FieldMapping:
    """An attribute is read as times where it has a unit of times, and as numbers where it has a key of numbers."""
    is_time = table.has("unit") and not has_duration(table)
    is_number = any(map(table.has, NUMBER_KEYS)) or has_duration(table)
    if is_time == is_number:
        raise MappingError(
            f"{table.where}: give the unit of its times or how its numbers are written ({', '.join(NUMBER_KEYS)})"
        )
    mapping = replace(_reading(table, "time" if is_time else "amount"), columns=(name,), is_time=is_time)
    table.check_keys()
    return mapping


def _reading(table: TomlTable, field: str) -> FieldMapping:
    """How the values of a field are read, wherever they come from."""
    values = table.optional("values", dict, {})
    if not all(isinstance(value, str) for value in values.values()):
        raise MappingError(f"{table.where}: values maps texts to texts")
    is_number = field in NUMBER_FIELDS
    mapping = FieldMapping(
        whole=table.optional("whole", bool, False),
        form=normal_forms(table),
        country=country(table),
        divide_by=float(table.optional("divide_by", (int, float), 1.0)),
        number=number_notation(table),
        percent=table.optional("percent", bool, False),
        currency=currency(table),
        duration=duration(table) if is_number else None,
        time=TIME_OF.get(field, ISO_TIMES) if is_number else time_notation(table, field),
        values=values,
        otherwise=table.optional("otherwise", str),
        missing=table.texts("missing"),
        is_time=field in TIME_FIELDS,
    )
    if mapping.divide_by == 0.0:
        raise MappingError(f"{table.where}: divide_by = 0")
    return mapping


def _lookup(table: TomlTable, field: FieldMapping, folder: Path | None) -> LookupMapping:
    """A look-up file; its keys have the form of the field unless it names another."""
    lookup = LookupMapping(
        file=table.required("file", str),
        key=table.required("key", str),
        value=table.required("value", str),
        folder=folder,
        form=normal_forms(table) or field.form,
        country=country(table) or field.country,
        dialect=csv_dialect(table),
        otherwise=table.one_of("otherwise", OTHERWISE) or "keep",
    )
    table.check_keys()
    return lookup


def _condition(table: TomlTable) -> Condition:
    condition = Condition(
        column=table.required("column", str),
        among=table.texts("is"),
        not_among=table.texts("is_not"),
        missing=table.optional("missing", bool),
    )
    table.check_keys()
    if [condition.among, condition.not_among, condition.missing].count(None) != 2:
        raise MappingError(f"{table.where}: give one of is, is_not (lists of texts) or missing (true or false)")
    return condition

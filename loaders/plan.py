"""The plan of a load, made before anything is written: its files, what each is read as, its source, its fingerprint.

Faults of a whole file (a missing column, no header, another delimiter) are found here.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from graph.column_names import is_forbidden, protected_among
from graph.errors import InputError, UsageError
from graph.schema import RELATIONSHIP_KINDS
from loaders.directions import direction_doubt
from loaders.lookups import LookupTable, read_lookup
from loaders.mapping import (
    MAPPED_TABLES,
    OPTIONAL,
    ORDERS_TABLE,
    REQUIRED,
    TABLES,
    FieldMapping,
    FileMapping,
    LookupMapping,
    SourceMapping,
)
from loaders.mapping_file import read_mapping
from loaders.reading.csv_rows import printable
from loaders.reading.dialect import CsvDialect
from loaders.reading.format_of import names_input, names_origin
from loaders.reading.opening import is_archive, is_input, members, open_input
from loaders.reading.readers import (
    column_names,
    dialect_of,
    is_rejects_file,
    listed,
    missing_column,
    nested_columns,
)
from loaders.reading.rejects_folder import SOURCE_FILE, source_of_rejects

HASH_BLOCK_BYTES: Final = 1 << 20
CONTENT_DIGITS: Final = 16  # of a file's hash in a fingerprint


@dataclass(frozen=True, slots=True)
class ResolvedFile:
    """A file with its mapping resolved against its columns.

    fields: those whose column the file has.
    attributes: the columns of a parties file that no field names, sorted.
    lookups: the look-up files of its fields.
    """

    path: Path
    mapping: FileMapping
    dialect: CsvDialect
    columns: tuple[str, ...]
    fields: dict[str, FieldMapping]
    attributes: tuple[str, ...]
    warnings: tuple[str, ...]
    lookups: dict[LookupMapping, LookupTable]

    @property
    def name(self) -> str:
        """The file's name in messages and rejects files."""
        return printable(self.path.name)

    @property
    def table(self) -> str:
        """The table of facts it is read as, one of TABLES."""
        return self.mapping.table

    @property
    def columns_read(self) -> set[str]:
        """The columns that facts are made of: those of fields, conditions, the row key and attributes."""
        fields = {column for field in self.fields.values() for column in field.all_columns}
        conditions = {condition.column for condition in self.mapping.where}
        return fields | conditions | set(self.mapping.key) | set(self.attributes)

    def column_name(self, field: str) -> str:
        """The column in which a field stands, for messages; the field's own name where it has none."""
        mapping = self.fields.get(field)
        return (mapping.column_name if mapping is not None else "") or field


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What a load will read: its source, its files in the order they are read, and what becomes of endpoints.

    imply_endpoints: whether endpoints that are no party become parties, or their rows are rejected. None where what the
    store holds of the source decides: of rejects without a list of parties, whose input may have had one.
    """

    source: str
    mapping: SourceMapping
    files: tuple[ResolvedFile, ...]
    imply_endpoints: bool | None
    fingerprint: str
    warnings: tuple[str, ...]
    replace: bool = False

    def is_complete(self, file: ResolvedFile) -> bool:
        """Whether a file is a full export, so that what it no longer lists ends. Rejected rows are never all of one."""
        return (file.mapping.complete or self.replace) and not file.dialect.rejects

    @property
    def completes(self) -> bool:
        """Whether any file is a full export."""
        return any(map(self.is_complete, self.files))

    def is_whole(self, table: str) -> bool:
        """Whether the files are all that the source says in a table, of those that a file can be read as."""
        files = [file for file in self.files if file.mapping.mapped_table == table]
        described = {(file.name, file.reading) for file in self.mapping.files if file.mapped_table == table}
        present = {(file.mapping.name, file.mapping.reading) for file in files}
        is_all = self.replace or self.mapping.name is None or described == present
        return bool(files) and is_all and all(map(self.is_complete, files))


def make_plan(paths: Sequence[Path], mapping: str | Path | None, source: str | None, replace: bool = False) -> LoadPlan:
    """The plan for loading these files and folders; with `replace` they are full exports.

    Raises InputError for a file that cannot be loaded, UsageError without paths, MappingError.
    """
    source_mapping = read_mapping(mapping)
    if not paths:
        raise UsageError("name a folder or a file to load")
    files = resolve_files(paths, source_mapping)
    orders = [file.name for file in files if file.table == ORDERS_TABLE]
    if orders:
        raise UsageError(f"{orders[0]} holds orders, which are no facts; read them with `kith backtest`")
    return LoadPlan(
        source=printable(source or _source_name(paths, files, source_mapping)),
        mapping=source_mapping,
        files=tuple(files),
        imply_endpoints=_imply_endpoints(files, source_mapping),
        fingerprint=_fingerprint(files, source_mapping),
        warnings=(*(warning for file in files for warning in file.warnings), *_directions(files, source_mapping)),
        replace=replace,
    )


def _directions(files: Sequence[ResolvedFile], mapping: SourceMapping) -> Iterator[str]:
    """What files say of the direction of their links and their kind, where it is one, does not."""
    kinds = dict(RELATIONSHIP_KINDS) | {kind.name: kind for kind in mapping.kinds}
    for file in files:
        kind = kinds.get((file.fields["kind"].constant if "kind" in file.fields else None) or "")
        doubt = None if kind is None else direction_doubt(file.name, file.path, file.dialect, kind)
        if doubt is not None:
            yield doubt


def resolve_files(paths: Sequence[Path], mapping: SourceMapping) -> list[ResolvedFile]:
    """The files at `paths` that the mapping describes, in the order they are read. Raises InputError."""
    mapped = [pair for path in paths for pair in _mapped_files(Path(path), mapping)]
    pairs = {(p.resolve(), fm.table, mapping.files.index(fm)): (p, fm) for p, fm in mapped}
    files = [_resolve(path, file_mapping, mapping.missing or ("",)) for path, file_mapping in pairs.values()]
    return sorted(files, key=_reading_order)


def _reading_order(file: ResolvedFile) -> tuple[int, bool, str, str]:
    """Parties, then ids that are one party, which links may have as ends, then links, outcomes and consents."""
    return (*TABLES, ORDERS_TABLE).index(file.table), not file.mapping.is_same_as, file.path.name, str(file.path)


def _source_name(paths: Sequence[Path], files: Sequence[ResolvedFile], mapping: SourceMapping) -> str:
    """The source that rejects belong to, else the mapping's name, else the names of the paths."""
    rejects = [file.path for file in files if file.dialect.rejects]
    if rejects:
        return source_of_rejects(rejects[0])
    return mapping.name or "+".join(dict.fromkeys(Path(path).resolve().name for path in paths))


def _imply_endpoints(files: Sequence[ResolvedFile], mapping: SourceMapping) -> bool | None:
    if mapping.ends is not None:
        return mapping.ends == "implied"
    tables = {file.mapping.mapped_table for file in files}
    if "relationships" not in tables or "parties" in tables:
        return False
    return None if any(file.dialect.rejects for file in files) else True


def _mapped_files(path: Path, mapping: SourceMapping) -> list[tuple[Path, FileMapping]]:
    """The files at one path that the mapping describes, each with what it says of them. Raises InputError."""
    if not path.is_dir() and not is_input(path) and not path.exists():
        raise InputError(f"{path} does not exist; name a folder or a file")
    try:
        found = sorted(filter(_is_input, path.iterdir())) if path.is_dir() else [path]
        candidates = [item for file in found for item in (members(file) if is_archive(file) else [file])]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    mapped = [(item, file_mapping) for item in candidates for file_mapping in _file_mappings(item, mapping)]
    if not mapped:
        names = ", ".join(dict.fromkeys(file_mapping.name for file_mapping in mapping.files))
        where = "holds none of" if path.is_dir() else "is none of"
        raise InputError(f"{path} {where} {names}; rename it, or name or write a mapping that describes it")
    if mapping.name is None:
        for table in MAPPED_TABLES:
            names_of_table = [item.name for item, file_mapping in mapped if file_mapping.mapped_table == table]
            if len(names_of_table) > 1:
                raise InputError(f"{path} holds both {' and '.join(names_of_table)}; keep one of them")
    return mapped


def _is_input(path: Path) -> bool:
    return path.is_file() and path.name != SOURCE_FILE


def _file_mappings(path: Path, mapping: SourceMapping) -> list[FileMapping]:
    """What the mapping says of a file; the rows rejected from `x.parquet` or `x.csv.gz` are in `x.csv`."""
    named = [file_mapping for file_mapping in mapping.files if names_input(file_mapping.name, path)]
    if named or path.suffix != ".csv":
        return named
    return [
        file_mapping
        for file_mapping in mapping.files
        if names_origin(file_mapping.name, file_mapping.table, path)
        and is_rejects_file(path, file_mapping.dialect.delimiter)
    ]


def _resolve(path: Path, mapping: FileMapping, missing: Sequence[str]) -> ResolvedFile:
    """One file with its mapping. Raises InputError where a column or a look-up file is missing."""
    dialect = dialect_of(path, replace(mapping.dialect, table=mapping.table))
    columns = column_names(path, dialect)
    fields: dict[str, FieldMapping] = {}
    for name, field in mapping.fields.items():
        absent = [column for column in field.all_columns if column not in columns]
        if not absent:
            fields[name] = field
        elif not field.optional:
            raise missing_column(path, dialect, absent[0], columns)
    if mapping.optional_key and set(mapping.optional_key) <= set(columns):
        mapping = replace(mapping, key=mapping.optional_key)
    conditions = [condition.column for condition in mapping.where]
    for column in (*mapping.key, *mapping.attributes, *conditions):
        if column not in columns:
            raise missing_column(path, dialect, column, columns)
    used = {column for field in fields.values() for column in field.all_columns} | set(mapping.key)
    if mapping.table != "parties":
        used |= set(conditions)
    unused = [column for column in columns if column and column not in used and not _is_ignored(column, mapping)]
    is_parties = mapping.table == "parties"
    attributes = tuple(sorted(column for column in unused if not is_forbidden(column))) if is_parties else ()
    given = dict.fromkeys(lookup for field in fields.values() for lookup in field.lookups)
    lookups = {lookup: read_lookup(lookup, path, missing) for lookup in given}
    name = printable(path.name)
    warnings = [f"{name}: {warning}" for warning in _warnings(path, mapping, dialect, columns, fields, unused)]
    warnings += [
        f"{printable(table.path.name)}: {table.contradictions} keys have several values and are not looked up "
        f"(the first is {table.example!r})"
        for table in lookups.values()
        if table.contradictions
    ]
    return ResolvedFile(path, mapping, dialect, columns, fields, attributes, tuple(warnings), lookups)


def _warnings(
    path: Path,
    mapping: FileMapping,
    dialect: CsvDialect,
    columns: Sequence[str],
    fields: dict[str, FieldMapping],
    unused: Sequence[str],
) -> Iterator[str]:
    """What of a file is left out or assumed; `unused` are the columns that neither a field nor the row key names."""
    if mapping.table == "parties":
        forbidden = [column for column in unused if is_forbidden(column)]
        if forbidden:
            yield f"dropped, because it may not be stored: {', '.join(forbidden)}"
        protected = protected_among(column for column in unused if column not in forbidden)
        if protected:
            yield f"kept apart, because it is protected and may be no feature: {', '.join(protected)}"
    elif unused:
        table = mapping.mapped_table
        known = ", ".join((*REQUIRED[table], *OPTIONAL[table], *mapping.optional_key))
        yield f"ignored the columns {listed(unused)} ({table} has {known})"
    nested = [column for column in nested_columns(path, dialect) if not _is_ignored(column, mapping)]
    if nested:
        yield f"ignored {listed(nested)}, which hold lists or records; write one value a row"
    if "" in columns:
        yield "ignored a column without a name"
    if mapping.table == "relationships" and "kind" not in fields:
        by = "its category" if "category" in fields else "default, KNOWS"
        yield f"it has no column kind, so each row's kind follows from {by}"


def _is_ignored(column: str, mapping: FileMapping) -> bool:
    return column in mapping.ignore or any(fnmatch.fnmatchcase(column, pattern) for pattern in mapping.ignore)


def _fingerprint(files: Sequence[ResolvedFile], mapping: SourceMapping) -> str:
    """SHA-256, in hex, of the mapping and of every file's name and bytes; then the first digits of each file's own.

    Raises InputError.
    """
    total = hashlib.sha256(mapping.digest.encode())
    contents = []
    looked_up = [table.path for file in files for table in file.lookups.values()]
    for path in dict.fromkeys([file.path for file in files] + looked_up):
        content = hashlib.sha256()
        with open_input(path) as opened:
            while block := opened.read(HASH_BLOCK_BYTES):
                content.update(block)
        total.update(b"\n" + os.fsencode(path.name) + f"\n{content.hexdigest()}".encode())
        contents.append(content.hexdigest()[:CONTENT_DIGITS])
    return f"{total.hexdigest()} {','.join(contents)}"


def same_files(fingerprint: str, other: str) -> int:
    """How many files of one fingerprint have the bytes of a file of the other."""
    first, second = ({*text.partition(" ")[2].split(",")} - {""} for text in (fingerprint, other))
    return len(first & second)

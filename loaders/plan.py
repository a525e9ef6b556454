"""What a load will read, decided before anything is written: which files, as what, from which source.

Faults of a whole file (missing column, no header, wrong delimiter) are found here, as InputError.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InputError, UsageError
from graph.schema import is_forbidden
from loaders.mapping import OPTIONAL, REQUIRED, TABLES, Field, FileMapping, Mapping, read_mapping
from loaders.reading.readers import Form, form_of, header, is_rejects_file, listed, missing_column, nested
from loaders.reading.rejects_folder import SOURCE_FILE, source_of
from loaders.reading.rejects_input import PARQUET_ENDINGS

HASHED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class BoundFile:
    """A file met with its mapping: `fields` are those that are there, `attributes` the columns nobody else took."""

    path: Path
    mapping: FileMapping
    form: Form
    columns: tuple[str, ...]
    fields: dict[str, Field]
    attributes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """What messages and rejects call it."""
        return _as_text(self.path.name)

    @property
    def table(self) -> str:
        return self.mapping.table

    @property
    def read(self) -> set[str]:
        """The columns that facts are made of."""
        fields = {field.column for field in self.fields.values() if field.column is not None}
        return fields | set(self.mapping.key) | set(self.attributes)

    def column(self, field: str) -> str:
        """The name a person knows this field by."""
        found = self.fields.get(field)
        return found.column if found is not None and found.column is not None else field


@dataclass(frozen=True, slots=True)
class Plan:
    """A load to be: its source name, its files in the order they are read, and whether unknown ends are implied.

    `implied` is None where the source decides: rejects without a list of parties, whose input may have had one.
    """

    source: str
    mapping: Mapping
    files: tuple[BoundFile, ...]
    implied: bool | None
    fingerprint: str
    warnings: tuple[str, ...]


def make_plan(paths: Sequence[Path], mapping: str | Path | None, source: str | None) -> Plan:
    """Raises InputError or UsageError (MappingError) in one line."""
    chosen = read_mapping(mapping)
    if not paths:
        raise UsageError("name a folder or a file to load")
    files = bound_files(paths, chosen)
    rejects = [file.path for file in files if file.form.rejects]
    return Plan(
        source=_as_text(source or (source_of(rejects[0]) if rejects else chosen.name or _name_of(paths))),
        mapping=chosen,
        files=tuple(files),
        implied=_implied(files, chosen),
        fingerprint=_fingerprint(files, chosen),
        warnings=tuple(warning for file in files for warning in file.warnings),
    )


def _implied(files: Sequence[BoundFile], mapping: Mapping) -> bool | None:
    if mapping.ends is not None:
        return mapping.ends == "implied"
    tables = {file.table for file in files}
    if "relationships" not in tables or "parties" in tables:
        return False
    return None if any(file.form.rejects for file in files) else True


def bound_files(paths: Sequence[Path], mapping: Mapping) -> list[BoundFile]:
    """The files at `paths` that the mapping describes, in the order they are read."""
    pairs = {(p.resolve(), fm.table): (p, fm) for path in paths for p, fm in _files(Path(path), mapping)}
    files = [bind(path, fm) for path, fm in pairs.values()]
    return sorted(files, key=lambda file: (TABLES.index(file.table), file.path.name, str(file.path)))


def _name_of(paths: Sequence[Path]) -> str:
    return "+".join(dict.fromkeys(Path(path).resolve().name for path in paths))


def _as_text(name: str) -> str:
    """A name of a file or an argument; bytes in it that are not UTF-8 are written like \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _files(path: Path, mapping: Mapping) -> list[tuple[Path, FileMapping]]:
    """The files at `path` that the mapping describes."""
    if not path.exists():
        raise InputError(f"{path} does not exist; name a folder or a file")
    try:
        inside = sorted(filter(_is_input, path.iterdir())) if path.is_dir() else [path]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    found = [(item, fm) for item in inside for fm in _describing(item, mapping)]
    if not found:
        names = ", ".join(dict.fromkeys(fm.name for fm in mapping.files))
        where = "holds none of" if path.is_dir() else "is none of"
        raise InputError(f"{path} {where} {names}; rename it, or name or write a mapping that describes it")
    if mapping.name is None:
        for table in TABLES:
            twice = [item.name for item, fm in found if fm.table == table]
            if len(twice) > 1:
                raise InputError(f"{path} holds both {' and '.join(twice)}; keep one of them")
    return found


def _is_input(path: Path) -> bool:
    return path.is_file() and path.name != SOURCE_FILE


def _describing(path: Path, mapping: Mapping) -> list[FileMapping]:
    """What the mapping says of a file; the rows refused from `x.parquet` or `x.PQ` are in `x.csv`."""
    named = [fm for fm in mapping.files if fnmatch.fnmatchcase(path.name, fm.name)]
    if named or path.suffix != ".csv":
        return named
    return [fm for fm in mapping.files if _was_parquet(path, fm.name) and is_rejects_file(path, fm.delimiter)]


def _was_parquet(path: Path, pattern: str) -> bool:
    """Whether the pattern names a Parquet file like this one; their endings are known in any case."""
    return any(fnmatch.fnmatchcase((path.stem + end).lower(), pattern.lower()) for end in PARQUET_ENDINGS)


def bind(path: Path, mapping: FileMapping) -> BoundFile:
    """Meet one file with its mapping. Raises InputError when a column is missing."""
    form = form_of(path, Form(mapping.delimiter, mapping.encoding, mapping.columns))
    columns = header(path, form)
    fields: dict[str, Field] = {}
    for name, field in mapping.fields.items():
        if field.column is None or field.column in columns:
            fields[name] = field
        elif not field.optional:
            raise missing_column(path, form, field.column, columns)
    for wanted in mapping.key:
        if wanted not in columns:
            raise missing_column(path, form, wanted, columns)
    used = {field.column for field in fields.values()} | set(mapping.key)
    rest = [column for column in columns if column and column not in used and not _ignored(column, mapping)]
    attributes: tuple[str, ...] = ()
    warnings: list[str] = []
    if mapping.table == "parties":
        forbidden = [column for column in rest if is_forbidden(column)]
        attributes = tuple(sorted(column for column in rest if not is_forbidden(column)))
        if forbidden:
            warnings.append(f"dropped, because it may not be stored: {', '.join(forbidden)}")
    elif rest:
        known = ", ".join((*REQUIRED[mapping.table], *OPTIONAL[mapping.table]))
        warnings.append(f"ignored the columns {listed(rest)} ({mapping.table} has {known})")
    lists = [column for column in nested(path) if not _ignored(column, mapping)]
    if lists:
        warnings.append(f"ignored {listed(lists)}, which hold lists or records; write one value a row")
    if "" in columns:
        warnings.append("ignored a column without a name")
    if mapping.table == "relationships" and "kind" not in fields:
        by = "its category" if "category" in fields else "default, KNOWS"
        warnings.append(f"it has no column kind, so each row's kind follows from {by}")
    return BoundFile(
        path, mapping, form, columns, fields, attributes, tuple(f"{_as_text(path.name)}: {text}" for text in warnings)
    )


def _ignored(column: str, mapping: FileMapping) -> bool:
    return column in mapping.ignore or any(fnmatch.fnmatchcase(column, pattern) for pattern in mapping.ignore)


def _fingerprint(files: Sequence[BoundFile], mapping: Mapping) -> str:
    """SHA-256 over the mapping and every file's name and bytes."""
    total = hashlib.sha256(mapping.digest.encode())
    for path in dict.fromkeys(file.path for file in files):
        content = hashlib.sha256()
        try:
            with path.open("rb") as opened:
                while block := opened.read(HASHED_AT_ONCE):
                    content.update(block)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        total.update(b"\n" + os.fsencode(path.name) + f"\n{content.hexdigest()}".encode())
    return total.hexdigest()

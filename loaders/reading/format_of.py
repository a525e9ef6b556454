"""Which format an input has: as the mapping says, or by its name."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from loaders.reading.opening import GZIP_SUFFIX, ZIP_SUFFIX, archive_of, members, unpacked_name

CSV: Final = "csv"
PARQUET: Final = "parquet"
SPREADSHEET: Final = "spreadsheet"
JSON_LINES: Final = "json-lines"
GRAPHML: Final = "graphml"
VCARD: Final = "vcard"
PAJEK: Final = "pajek"
EDGE_LIST: Final = "edge-list"
FORMATS: Final = (CSV, PARQUET, SPREADSHEET, JSON_LINES, GRAPHML, VCARD, PAJEK, EDGE_LIST)

SUFFIXES: Final = {
    ".parquet": PARQUET, ".pq": PARQUET, ".xlsx": SPREADSHEET, ".xlsm": SPREADSHEET, ".xls": SPREADSHEET,
    ".ods": SPREADSHEET, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".graphml": GRAPHML, ".vcf": VCARD, ".net": PAJEK,
}  # fmt: skip
TAB_SUFFIXES: Final = (".tsv", ".tab")
KONECT_PREFIX: Final = "out."  # of the edge lists that KONECT publishes
WITH_HEADER: Final = frozenset({CSV, SPREADSHEET})  # formats whose first line names the columns
BY_TABLE: Final = frozenset({GRAPHML, VCARD, PAJEK})  # formats that hold rows of their own for each table
BINARY: Final = frozenset({PARQUET, SPREADSHEET})


def format_by_name(path: Path) -> str:
    """The format of a file by its name, in any case; CSV where its name says none."""
    name = unpacked_name(path).lower()
    if name.startswith(KONECT_PREFIX) and not name.endswith((".csv", ".tsv", ".txt")):
        return EDGE_LIST
    return SUFFIXES.get(Path(name).suffix, CSV)


def rejects_name(path: Path, table: str) -> str:
    """The name of the rejects file of an input that is read as a table."""
    form, name = format_by_name(path), unpacked_name(path)
    if form == CSV:
        return name
    stem = name if form == EDGE_LIST else Path(name).stem
    return f"{stem}.{table}.csv" if form in BY_TABLE else f"{stem}.csv"


def names_input(pattern: str, path: Path) -> bool:
    """Whether a file name or glob of a mapping names an input: packed or not, by itself or by its archive."""
    names = {path.name, unpacked_name(path)}
    archive = archive_of(path)
    if archive is not None:
        names |= {archive.name} | ({archive.stem} if len(members(archive)) == 1 else set())
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


def names_origin(pattern: str, table: str, rejects_file: Path) -> bool:
    """Whether a pattern names an input from which a file of rejected rows of this name may come."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for name in _origins(rejects_file.name, table))


def _origins(name: str, table: str) -> Iterator[str]:
    yield name + GZIP_SUFFIX
    yield name + ZIP_SUFFIX
    stem = name.removesuffix(".csv")
    yield stem
    for suffix, form in SUFFIXES.items():
        if form not in BY_TABLE:
            yield stem + suffix
            yield stem + suffix + GZIP_SUFFIX
        elif stem.endswith("." + table):
            yield stem.removesuffix("." + table) + suffix
            yield stem.removesuffix("." + table) + suffix + GZIP_SUFFIX

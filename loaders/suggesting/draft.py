"""The draft of a mapping for some files, as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graph.errors import UsageError
from loaders.checking.survey import AMBIGUOUS_TEXT
from loaders.mapping import TABLES
from loaders.suggesting.columns import SEEN_AT, Column, described
from loaders.suggesting.overlap import with_references
from loaders.suggesting.sample import read_sample
from loaders.suggesting.tables import tables_of
from loaders.suggesting.toml_text import toml

NO_TABLES: Final = frozenset({".md", ".toml", ".json", ".html", ""})
EXCHANGE: Final = "# ? These are the files of an exchange folder: `kith load FOLDER` loads them without a mapping.\n"
HEAD: Final = """# The draft of a mapping for {files}.
# Lines that begin with # ? say what is in doubt: read them, correct the lines beside them, and take them out.
# Then `kith mapping check` says what does not fit, and `kith load --dry-run --mapping` what would be loaded.
"""


def suggest(paths: Sequence[Path]) -> str:
    """The text of a mapping for these files, which `kith load` reads.

    Raises UsageError without files, InputError for a file that cannot be read.
    """
    files = [file for path in paths for file in (_files_in(path) if path.is_dir() else [path])]
    if not files:
        raise UsageError("name the files to look at")
    found = with_references([described(read_sample(path)) for path in files])
    tables = [table for file in found for table in tables_of(file, found)]
    missing = sorted({token for file in found for column in file.columns for token in _missing(column)})
    is_exchange = {path.stem for path in files} <= set(TABLES)
    lines = [
        HEAD.format(files=", ".join(path.name for path in files)),
        f"name = {toml(files[0].resolve().parent.name)}  # ? the source; later loads of it correct this one",
        'ends = "implied"  # ? who is in no list becomes a party; "refuse" rejects such rows',
    ]
    if is_exchange:
        lines.insert(1, EXCHANGE)
    if missing:
        lines.append(f"missing = {toml(['', *missing])}  # ? tokens that mean missing in every field")
    if any(table.fields.get("kind") == {"constant": SEEN_AT} for table in tables):
        lines += ["", "[[kinds]]", f"name = {toml(SEEN_AT)}", 'category = "identifier"']
    return "\n".join(lines) + "\n\n" + "\n".join(table.render() for table in tables)


def _missing(column: Column) -> list[str]:
    """The tokens that mean missing in a column: not `NA` and `None` beside other texts, as of countries."""
    kept = () if column.is_reference or column.evidence.form != "text" else tuple(map(str.lower, AMBIGUOUS_TEXT))
    return [token for token in column.evidence.missing if token.lower() not in kept]


def _files_in(folder: Path) -> list[Path]:
    """The files of a folder that may hold rows, sorted; splits of an exchange folder are no facts."""
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() not in NO_TABLES)
    return [path for path in found if path.stem != "splits"]

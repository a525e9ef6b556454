"""Which columns of several files hold the same ids: what refers to what, whatever it is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from loaders.suggesting.columns import Column, DescribedFile

SHARED: Final = 0.5  # share of a column's values that another column must have
LEAST: Final = 3  # different values, below which sharing is chance
IDS: Final = frozenset({"person", ""})  # parts whose columns may be ids


def with_references(files: Sequence[DescribedFile]) -> list[DescribedFile]:
    """The files, their columns that hold ids of another file's party list known as references.

    A column whose ids are those but for capitals is marked so.
    """
    lists = [column for file in files for column in file.columns if _is_list(column)]
    return [
        replace(
            file,
            columns=tuple(
                _related(column, [other for other in lists if other is not column]) for column in file.columns
            ),
        )
        for file in files
    ]


def refers_to(column: Column, other: Column) -> bool:
    """Whether the values of a column are ids of another, but for capitals."""
    if column.evidence.distinct < LEAST:
        return False
    ids = _plain(column)
    return len(ids & _plain(other)) >= SHARED * len(ids)


def _is_list(column: Column) -> bool:
    """Whether a column can be the ids of a list of parties."""
    return column.part in IDS and column.evidence.unique and column.evidence.form in {"text", "number"}


def _related(column: Column, lists: Sequence[Column]) -> Column:
    if column.part not in IDS or column.evidence.form not in {"text", "number"}:
        return column
    other = next((other for other in lists if refers_to(column, other)), None)
    if other is None:
        return column
    shared, ours = column.evidence.values & other.evidence.values, _plain(column) & _plain(other)
    in_capitals = all(value == value.upper() for value in other.evidence.values)
    return replace(column, part="person", upper=in_capitals and len(shared) < len(ours))


def _plain(column: Column) -> frozenset[str]:
    return frozenset(value.upper() for value in column.evidence.values)

"""What graph files say of the direction of their links, beside the kinds that a mapping gives these links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from graph.schema import RelationshipKind
from loaders.reading.dialect import CsvDialect
from loaders.reading.format_of import EDGE_LIST, GRAPHML, format_by_name
from loaders.reading.formats import edge_lists, graphml

_IS_UNDIRECTED: Final[Mapping[str, Callable[[Path, CsvDialect], bool | None]]] = {
    EDGE_LIST: edge_lists.is_undirected,
    GRAPHML: graphml.is_undirected,
}


def direction_doubt(name: str, path: Path, dialect: CsvDialect, kind: RelationshipKind) -> str | None:
    """A warning where a file says of the direction of its links what their kind does not, else None."""
    is_undirected = _IS_UNDIRECTED.get(dialect.format or format_by_name(path) or "")
    undirected = None if is_undirected is None else is_undirected(path, dialect)
    if undirected is None or undirected == kind.symmetric:
        return None
    said, is_a = ("no direction", "directed") if undirected else ("a direction", "symmetric")
    return (
        f"{name}: it says that links have {said}, and the kind {kind.name} is {is_a}: "
        "choose another kind, or define one under [[kinds]] in the mapping"
    )

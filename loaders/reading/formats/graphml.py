"""GraphML: its nodes as rows of parties, its edges as rows of other tables, each with its data as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, iterparse

from graph.errors import InputError
from loaders.reading.chunk import Chunk
from loaders.reading.dialect import CsvDialect
from loaders.reading.opening import open_input
from loaders.reading.records import Record, record_chunks

OWN_COLUMNS: Final = {"node": ("id",), "edge": ("id", "source", "target", "directed")}


def _boolean(text: str) -> bool | str:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)


_READ: Final[dict[str, Callable[[str], Any]]] = {
    "int": int, "long": int, "float": float, "double": float, "boolean": _boolean,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Key:
    """A declared datum: its column, for nodes or edges or `all`, its type and the value where none is given."""

    column: str
    domain: str
    type: str
    default: str | None


def columns(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    """Names of the columns of the nodes (for parties) or of the edges. Raises InputError."""
    element = _element(dialect)
    return OWN_COLUMNS[element] + tuple(key.column for key in _keys(path, element).values())


def is_undirected(path: Path, dialect: CsvDialect) -> bool | None:
    """Whether the graph says that its edges have no direction unless they say otherwise; None where there is none."""
    graphs = (element for event, name, element in _elements(path) if name == "graph" and event == "start")
    graph = next(graphs, None)
    return None if graph is None else graph.get("edgedefault") == "undirected"


def chunks(path: Path, dialect: CsvDialect, chunk_rows: int) -> Iterator[Chunk]:
    """The nodes or the edges in order, numbered from 1. Raises InputError where the file is damaged."""
    element = _element(dialect)
    return record_chunks(columns(path, dialect), _records(path, element), chunk_rows)


def _element(dialect: CsvDialect) -> str:
    return "node" if dialect.table == "parties" else "edge"


def _records(path: Path, wanted: str) -> Iterator[Record]:
    keys = _keys(path, wanted)
    directed = "true"
    number = 0
    for event, name, element in _elements(path):
        if name == "graph" and event == "start":
            directed = "false" if element.get("edgedefault") == "undirected" else "true"
        if name == wanted and event == "end":
            number += 1
            own = [element.get(column) for column in OWN_COLUMNS[wanted]]
            if wanted == "edge":
                own[-1] = own[-1] or directed
            given = {str(data.get("key")): data.text or "" for data in element if _name(data) == "data"}
            yield Record(number, own + [_datum(given.get(id, key.default), key) for id, key in keys.items()])


def _datum(text: str | None, key: _Key) -> Any:
    """A datum as its declared type, or as text where it is not written so."""
    if text is None:
        return None
    try:
        return _READ.get(key.type, str)(text.strip() if key.type in _READ else text)
    except ValueError:
        return text


def _keys(path: Path, element: str) -> dict[str, _Key]:
    """The data that are declared for nodes or edges, by their key."""
    found: dict[str, _Key] = {}
    taken = set(OWN_COLUMNS[element])
    for event, name, item in _elements(path):
        if name == "graph":
            break
        if name == "key" and event == "end" and item.get("for", "all") in {element, "all"}:
            column = item.get("attr.name") or str(item.get("id"))
            column = f"{column} ({item.get('id')})" if column in taken else column
            taken.add(column)
            default = next((child.text or "" for child in item if _name(child) == "default"), None)
            found[str(item.get("id"))] = _Key(column, item.get("for", "all"), item.get("attr.type", "string"), default)
    return found


def _elements(path: Path) -> Iterator[tuple[str, str, Element]]:
    """(start or end, name, element) in order; nodes and edges are forgotten after their end."""
    with open_input(path) as file:
        graphs: list[Element] = []
        try:
            for event, element in iterparse(file, ("start", "end")):
                name = _name(element)
                yield event, name, element
                if name == "graph" and event == "start":
                    graphs.append(element)
                elif name in OWN_COLUMNS and event == "end" and graphs:
                    graphs[-1].clear()
                elif name == "graph":
                    graphs.pop()
        except ParseError as error:
            raise InputError(f"{path} is no GraphML ({error}); write it again") from error


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]

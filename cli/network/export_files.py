"""The files of an export: GraphML, CSV and JSON. Times are ISO 8601 in the first two."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.output import iso_time, written
from service.csv_files import write_csv

if TYPE_CHECKING:
    from service.answers.subgraphs import Subgraph, SubgraphLink

PARTY_COLUMNS: Final = ("party", "kind", "name", "hops")
LINK_COLUMNS: Final = (
    "source", "target", "kind", "category", "symmetric", "weight", "first", "last", "count", "amount", "context",
)  # fmt: skip


def write_subgraph(found: Subgraph, out: Path) -> list[Path]:
    """The files that were written: `out`, and for CSV also one of the parties. Raises InputError."""
    return WRITERS[out.suffix](found, out)


def _csv(found: Subgraph, out: Path) -> list[Path]:
    parties = out.with_name(f"{out.stem}-parties{out.suffix}")
    names = sorted({name for party in found.parties for name in party.attributes})
    write_csv(out, LINK_COLUMNS, (_values(link).values() for link in found.links))
    write_csv(
        parties,
        [*PARTY_COLUMNS, *names],
        (
            [*(getattr(party, column) for column in PARTY_COLUMNS), *(party.attributes.get(name) for name in names)]
            for party in found.parties
        ),
    )
    return [out, parties]


def _values(link: SubgraphLink) -> dict[str, Any]:
    """The values of a link by column, its times as texts."""
    values = {column: getattr(link, column) for column in LINK_COLUMNS}
    return values | {column: iso_time(values[column]) for column in ("first", "last")}


def _json(found: Subgraph, out: Path) -> list[Path]:
    with written(out):
        out.write_text(json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [out]


def _graphml(found: Subgraph, out: Path) -> list[Path]:
    """A directed multigraph; what is not known is left out, and what XML cannot hold is shown as its symbol."""
    import networkx as nx

    graph = nx.MultiDiGraph()
    for party in found.parties:
        values = {"kind": party.kind, "name": party.name, "hops": party.hops} | {
            f"attribute.{name}": value for name, value in party.attributes.items()
        }
        graph.add_node(_xml(party.party), **_present(values))
    for number, link in enumerate(found.links):
        values = {name: value for name, value in _values(link).items() if name not in {"source", "target"}}
        graph.add_edge(_xml(link.source), _xml(link.target), key=str(number), **_present(values))
    with written(out):
        nx.write_graphml_xml(graph, out, infer_numeric_types=True)
    return [out]


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {_xml(name): _xml(value) for name, value in values.items() if value is not None}


def _xml(value: Any) -> Any:
    """The value; in a text, characters that XML forbids are replaced by their visible symbols."""
    if not isinstance(value, str):
        return value
    return "".join(
        chr(0x2400 + ord(one)) if ord(one) < 32 and one not in "\t\n\r" else "\ufffd" if one in "\ufffe\uffff" else one
        for one in value
    )


WRITERS: Final[dict[str, Callable[[Subgraph, Path], list[Path]]]] = {
    ".graphml": _graphml,
    ".csv": _csv,
    ".json": _json,
}

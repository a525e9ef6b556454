"""`kith export`: the parties around one, with the links among them, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.data import Json
from cli.known_ids import known_id
from cli.network.export_files import WRITERS, write_subgraph
from cli.network.opened import Kinds, Snapshot, explored, kinds_of
from cli.output import say, write_json
from graph.errors import UsageError


def add_to(app: typer.Typer) -> None:
    app.command()(export)


def export(
    party: Annotated[str, typer.Argument(help="Id of the party in the middle.")],
    out: Annotated[Path, typer.Option(help=f"The file to write: {', '.join(WRITERS)}.")],
    hops: Annotated[int, typer.Option(min=0, max=6, help="Links from the middle to the farthest party.")] = 1,
    kinds: Kinds = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many parties, the nearest.")] = 5_000,
    snapshot: Snapshot = None,
    json_file: Json = None,
) -> None:
    """Write a party's surroundings as GraphML, CSV (links, and parties beside them) or JSON."""
    from service.answers.subgraphs import subgraph

    if out.suffix not in WRITERS:
        raise UsageError(f"{out} ends with none of {', '.join(WRITERS)}, so its form is not known; name it so")
    context = explored(snapshot)
    found = subgraph(context, known_id(context.snapshot, party), hops, limit, kinds_of(kinds))
    files = write_subgraph(found, out)
    where = " and ".join(map(str, files))
    say(f"{len(found.parties):,} parties and {len(found.links):,} links among them are in {where}")
    if found.total > len(found.parties):
        say(f"{found.total - len(found.parties):,} parties farther away are left out; --limit takes more")
    write_json(
        json_file,
        {
            "party": party,
            "hops": hops,
            "files": [str(file) for file in files],
            "parties": len(found.parties),
            "total": found.total,
            "links": len(found.links),
            "snapshot": found.snapshot,
        },
    )

"""`kith bench`: ours and a peer in one run, as ratios."""

from __future__ import annotations

import importlib
from typing import Annotated, Final

import typer

from cli.data import Json
from cli.output import say, table, write_json
from graph.errors import UsageError

BENCHES: Final = ("explanations", "loading", "propagation", "rings", "snapshots", "stores")


def add_to(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    json_file: Json = None,
) -> None:
    """Measure one part of Kith beside a peer; a ratio above 1 means we are ahead."""
    if name not in BENCHES:
        raise UsageError(f"there is no bench {name!r}; there are {', '.join(BENCHES)}")
    say(f"measuring {name}; other work on this machine blurs the figures")
    result = importlib.import_module(f"benchmarks.{name}").run()
    columns = ("case", "ours", "peer", "peer_value", "unit", "ratio")
    table(f"bench {name}", columns, [[row[column] for column in columns] for row in result["rows"]])
    write_json(json_file, result)

"""`kith bench`: ours and a peer in one run, as ratios."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.data import Json
from cli.output import say, table, write_json
from graph.errors import UsageError

BENCHES: Final = (
    "accuracy",
    "events",
    "explanations",
    "http",
    "loading",
    "payments",
    "point_in_time",
    "praise",
    "propagation",
    "rings",
    "scale",
    "search",
    "snapshots",
    "stores",
    "workbench",
)
OPTION_OF: Final = {"data": "accuracy", "only": "accuracy", "parties": "scale", "links": "scale"}


def add_to(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    json_file: Json = None,
    data: Annotated[Path | None, typer.Option(help="accuracy: the folder of data sets, ../shared/data.")] = None,
    only: Annotated[
        str | None, typer.Option(help="accuracy: run this data set alone; the page takes the others from the cache.")
    ] = None,
    parties: Annotated[int | None, typer.Option(min=1_000, help="scale: of so many parties; else 1,000,000.")] = None,
    links: Annotated[int | None, typer.Option(min=1_000, help="scale: with so many links; else 20,000,000.")] = None,
) -> None:
    """Measure one part of Kith beside a peer; a ratio above 1 means we are ahead."""
    if name not in BENCHES:
        raise UsageError(f"there is no bench {name!r}; there are {', '.join(BENCHES)}")
    given = {"data": data, "only": only, "parties": parties, "links": links}
    options: dict[str, Any] = {option: value for option, value in given.items() if value is not None}
    for option in options:
        if OPTION_OF[option] != name:
            raise UsageError(f"--{option} belongs to `kith bench {OPTION_OF[option]}`, not to {name}")
    if name == "accuracy":
        options["log"] = say
    say(f"measuring {name}; other work on this machine blurs the figures")
    result = importlib.import_module(f"benchmarks.{name}").run(**options)
    columns = ("case", "ours", "peer", "peer_value", "unit", "ratio")
    table(f"bench {name}", columns, [[row[column] for column in columns] for row in result["rows"]])
    write_json(json_file, result)

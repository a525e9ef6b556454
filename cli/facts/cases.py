"""`kith cases load`: what closed cases have confirmed becomes facts of the store, as any other file."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from cli import installation
from cli.data import Json, Store
from cli.facts.listed import existing_store
from cli.output import say, say_warnings, write_json


def add_to(app: typer.Typer) -> None:
    cases = typer.Typer(help="What investigators' cases have confirmed.", no_args_is_help=True)
    cases.command("load")(load)
    app.add_typer(cases, name="cases")


def load(
    store: Store = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    json_file: Json = None,
) -> None:
    """Load the outcomes that closed cases have confirmed, on the word of two people.

    They are one source, casework, and a full list: an outcome of a case that was opened again ends.
    """
    from loaders.ingest import load as load_files
    from service.casework.outcomes import SOURCE, write_outcomes
    from service.records.database import open_records

    workspace = installation.workspace()
    folder = workspace.made().folder / SOURCE
    write_outcomes(open_records(installation.settings().records), folder)
    with closing(existing_store(store)) as opened:
        result = load_files(
            [folder], opened, source=SOURCE, dry_run=dry_run, rejects_dir=workspace.folder / "rejects", replace=True
        )
    say_warnings(result.warnings)
    new, rejected = result.loaded.get("outcomes", 0), result.rejected
    say(
        f"read {result.read:,} outcomes of closed cases: loaded {new:,}, {result.unchanged:,} unchanged, "
        f"{result.ended:,} ended, {rejected:,} rejected"
    )
    answer = {
        "read": result.read,
        "loaded": result.loaded,
        "unchanged": result.unchanged,
        "ended": result.ended,
        "rejected": result.rejected,
        "revision": result.revision,
        "load": result.load,
    }
    write_json(json_file, answer)

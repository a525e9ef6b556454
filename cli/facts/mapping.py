"""`kith mapping suggest` and `kith mapping check`: a first draft of a mapping, and what of one does not fit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.data import Json
from cli.output import counting, say, write_json


def add_to(app: typer.Typer) -> None:
    mapping = typer.Typer(help="Draft a mapping for files, and check one.", no_args_is_help=True)
    mapping.command("suggest")(suggest)
    mapping.command("check")(check)
    app.add_typer(mapping, name="mapping")


def suggest(
    files: Annotated[list[Path], typer.Argument(help="The files that belong together, or their folder.")],
    json_file: Json = None,
) -> None:
    """Print the draft of a mapping for some files; what is in doubt has a comment that begins with `# ?`."""
    from loaders.suggesting.draft import suggest as draft

    text = draft(files)
    sys.stdout.write(text)
    write_json(json_file, {"mapping": text, "doubts": text.count("# ? ")})


def check(
    mapping: Annotated[Path, typer.Argument(help="A mapping file.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Its files or their folders; those beside it by default.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Say in a line each what of a mapping does not fit its files; nothing is loaded."""
    from loaders.suggesting.check import check_mapping

    with counting("checking") as progress:
        found = check_mapping(mapping, files or (), progress)
    say(*found.faults, *(f"warning: {warning}" for warning in found.warnings))
    does = "does not fit" if found.faults else "fits"
    say(f"{mapping} {does}: {len(found.files):,} files, {found.rows:,} rows, {found.rejected:,} rejected")
    write_json(
        json_file,
        {
            "fits": not found.faults,
            "files": [str(file) for file in found.files],
            "rows": found.rows,
            "rejected": found.rejected,
            "faults": list(found.faults),
            "warnings": list(found.warnings),
        },
    )
    if found.faults:
        raise typer.Exit(1)

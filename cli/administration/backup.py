"""`kith backup` and `kith restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import installation
from cli.data import Json
from cli.output import say, write_json


def add_to(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    folder: Annotated[Path, typer.Argument(help="The folder to make; it must not be there yet.")],
    json_file: Json = None,
) -> None:
    """Copy facts, records, snapshots and models into a folder, also while they are served and written to."""
    from service.administration.backup import make_backup

    settings = installation.settings()
    made = make_backup(settings.home, folder, settings.records_url, settings.tenant)
    size = sum(made.files.values())
    say(f"{folder}: {len(made.files):,} files, {size / 1e6:,.1f} MB, with a SHA-256 of each")
    for part in made.not_covered:
        say(f"not in it: {part}; back it up with the means of that database")
    write_json(
        json_file,
        {"folder": str(folder), "files": len(made.files), "bytes": size, "not_covered": list(made.not_covered)},
    )


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `kith backup` made.")],
    replace: Annotated[bool, typer.Option("--replace", help="Move aside what KITH_HOME holds already.")] = False,
    json_file: Json = None,
) -> None:
    """Put a backup back into KITH_HOME, after every byte of it was checked; stop the server first."""
    from service.administration.backup import restore as put_back

    settings = installation.settings()
    home = settings.home
    restored, aside = put_back(folder, home, replace, settings.tenant)
    made = datetime.fromtimestamp(restored.made, UTC).strftime("%Y-%m-%d %H:%M UTC")
    say(f"{home}: restored from {folder}, made {made}")
    if aside is not None:
        say(f"what was there before is in {aside}")
    for part in restored.not_covered:
        say(f"not in it: {part}")
    write_json(json_file, {"home": str(home), "made": restored.made, "aside": str(aside) if aside else None})

"""`kith audit`: who asked about whom, and whether somebody changed the log of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation
from cli.data import Json
from cli.output import say, table, write_json
from graph.errors import StoreError, UsageError

if TYPE_CHECKING:
    from service.records.audit import Head


def add_to(app: typer.Typer) -> None:
    audit = typer.Typer(help="Read the access log, and check that nobody changed it.", no_args_is_help=True)
    audit.command("list")(list_lines)
    audit.command("verify")(verify)
    audit.command("checkpoint")(checkpoint)
    app.add_typer(audit, name="audit")


def list_lines(
    party: Annotated[str | None, typer.Option(help="Only what was asked about this party.")] = None,
    key: Annotated[int | None, typer.Option(help="Only what was asked with the key of this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many lines, the newest.")] = 100,
    json_file: Json = None,
) -> None:
    """Who asked about whom and who changed keys, the newest first."""
    from service.administration.access_log import list_accesses
    from service.records.audit import LogQuery

    page = list_accesses(installation.records(), LogQuery(party, key), limit, None)
    rows = [
        [
            line.number,
            datetime.fromtimestamp(line.time, UTC).strftime("%Y-%m-%d %H:%M:%S"),
            line.person or "",
            line.key or "",
            line.what,
            ", ".join(line.parties),
            line.status or "",
        ]
        for line in page.lines
    ]
    table("accesses", ["line", "time (UTC)", "person", "key", "what", "parties", "status"], rows)
    write_json(json_file, page.to_json())


def verify(
    head: Annotated[str | None, typer.Option(help="NUMBER:DIGEST that was kept: the log must run through it.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A file of `kith audit checkpoint`: the log must run through it.")
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help="That the checkpoint is signed with; by default that of this installation.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Check every line of the access log against the digests that chain them; exit code 1 where one does not fit."""
    from service.records import audit

    if head is not None and checkpoint is not None:
        raise UsageError("name a head or a checkpoint, not both")
    kept = None if head is None else _head(head)
    if checkpoint is not None:
        from service.administration.checkpoints import read_checkpoint

        kept = read_checkpoint(checkpoint, public_key, installation.settings().home).head
    verdict = audit.verify(installation.records(), kept)
    found = {"lines": verdict.lines, "head": str(verdict.head), "faults": list(verdict.faults)}
    write_json(json_file, found)
    if verdict.faults:
        more = f" and {len(verdict.faults) - 1} more faults" if len(verdict.faults) > 1 else ""
        raise StoreError(f"the access log was changed: {verdict.faults[0]}{more}")
    say(f"{verdict.lines:,} lines, none changed; keep this head elsewhere to compare it later: {verdict.head}")


def checkpoint(
    file: Annotated[Path, typer.Argument(help="A new file, outside of KITH_HOME, best on another machine.")],
    json_file: Json = None,
) -> None:
    """Sign the head of the access log and write it to a file; the public key that is printed checks it anywhere."""
    from service.administration.checkpoints import make_checkpoint, write_checkpoint
    from service.records import audit

    records, home = installation.records(), installation.settings().home
    verdict = audit.verify(records)
    if verdict.faults:
        raise StoreError(f"the access log was changed, so it gets no checkpoint: {verdict.faults[0]}")
    made = make_checkpoint(home, verdict.head, time.time())
    write_checkpoint(file, made, home)
    say(f"{made.lines:,} lines are signed in {file}; keep it elsewhere, with the public key {made.public_key}")
    write_json(json_file, made.to_json())


def _head(text: str) -> Head:
    from service.records.audit import Head

    number, _, digest = text.partition(":")
    if not (number.isascii() and number.isdigit()) or len(digest) != 64:
        raise UsageError("a head is NUMBER:DIGEST, as `kith audit verify` printed it")
    return Head(int(number), digest)

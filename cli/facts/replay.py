"""`kith replay`: a score answer given again from the facts."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import installation
from cli.data import Json, Store
from cli.output import say, write_json
from graph.errors import UnknownRecord, UsageError

DIGITS = 64  # of a receipt, hexadecimal


def add_to(app: typer.Typer) -> None:
    app.command()(replay)


def replay(
    receipt: Annotated[str, typer.Argument(help="The receipt of the answer.")],
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Give a score answer again, byte for byte, from the facts; exit code 1 and one line where that is not possible."""
    from service.answers.replaying.replays import Sources
    from service.answers.replaying.replays import replay as give_again
    from service.records import receipts
    from service.records.database import open_records

    digest = receipt.strip().lower()
    if len(digest) != DIGITS or set(digest) - set("0123456789abcdef"):
        raise UsageError(f"a receipt is {DIGITS} hexadecimal digits; copy it whole from the answer")
    settings = installation.settings()
    records = open_records(settings.records)
    stored = receipts.find(records, digest)
    if stored is None:
        raise UnknownRecord(
            f"no answer with the receipt {digest[:16]}... is in the records; only answers over HTTP are kept, and of a "
            "server that was killed outright not those of its last moment"
        )
    rules = receipts.rules_of(records, stored.policy)
    again = give_again(stored, Sources(installation.workspace(), store or settings.store, rules))
    say(again.finding)
    write_json(json_file, again.to_json())
    if not again.identical:
        raise typer.Exit(1)

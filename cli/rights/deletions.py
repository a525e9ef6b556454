"""`kith delete`: everything about a party ends and does not come back, on its wish."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.data import Json, Store
from cli.output import say, write_json
from cli.rights.disputes import By, office_of, user


def add_to(app: typer.Typer) -> None:
    app.command()(delete)
    app.command()(readmit)


def delete(
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    why: Annotated[str, typer.Option(help="Why, for the access log.")],
    erase: Annotated[bool, typer.Option("--erase", help="Delete its facts of every revision for good.")] = False,
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """End every fact about a party, of every source; later loads of those sources cannot bring it back."""
    from service.rights.deletions import delete_party

    with office_of(store) as office:
        answer = delete_party(office, party, why, by or user(), erase)
    of_sources = ", ".join(f"{count:,} of {source}" for source, count in answer.ended.items()) or "none"
    say(f"facts that ended: {of_sources}; erased for good: {answer.erased:,} rows; revision {answer.revision}")
    say(*(f"  stays: {one}" for one in answer.kept))
    write_json(json_file, answer.to_json())


def readmit(
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    source: Annotated[str, typer.Option(help="Which source may state facts about it again.")],
    certification: Annotated[str, typer.Option(help="Who certified, and when, that what it states is right.")],
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Let a source state facts about a deleted party again; tell the party within the clock of re-insertion."""
    from service.rights.deletions import readmit as readmitted

    with office_of(store) as office:
        revision = readmitted(office, party, source, certification, by or user())
    say(f"{source} may state facts about {party} again from revision {revision} on; tell the party")
    write_json(json_file, {"party": party, "source": source, "revision": revision})

"""`kith lists`: entries of a blacklist, with evidence, a notice before use, an end and an appeal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from cli import installation
from cli.data import Json, Store
from cli.output import say, table, write_json, write_text
from cli.rights.disputes import By, checked, day_of, json_value, office_of, user
from graph.errors import UsageError

if TYPE_CHECKING:
    from service.rights.lists.list_entries import EntryMoveName, Ground
    from service.rights.lists.listing import EntryAnswer

Entry = Annotated[int, typer.Argument(help="The entry's number.")]


def add_to(app: typer.Typer) -> None:
    lists = typer.Typer(help="Entries of a blacklist.", no_args_is_help=True)
    for command in (propose, move, notice, sweep):
        lists.command()(command)
    lists.command("list")(listed)
    lists.command("look-up")(look_up)
    app.add_typer(lists, name="lists")


def propose(
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    ground: Annotated[str, typer.Option(help="default, fraud or, of a penalty, late, as the evidence says.")],
    source: Annotated[str, typer.Option(help="Who states the evidence.")],
    key: Annotated[list[str], typer.Option(help="Key of an outcome, as `kith disputes items` lists it; repeatable.")],
    purpose: Annotated[str, typer.Option(help="What it may be used for; it says for how long, too.")] = "lending",
    penalty: Annotated[str | None, typer.Option(help="Of a merchant, in words; else the party is listed.")] = None,
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Propose an entry; nobody is shown it before its party was told and had 14 days to answer."""
    from service.rights.disputes.items import ItemName
    from service.rights.lists import listing

    if ground not in ("default", "fraud", "late"):
        raise UsageError(f"a ground is default, fraud or late, not {ground!r}: refused is not fraud")
    names = [checked(ItemName, {"table": "outcomes", "source": source, "key": json_value(one, list)}) for one in key]
    chosen = installation.purpose(purpose)
    with office_of(store) as office:
        answer = listing.propose(office, party, cast("Ground", ground), names, chosen, by or user(), penalty)
    _tell(answer)
    write_json(json_file, answer.to_json())


def move(
    entry: Entry,
    name: Annotated[str, typer.Argument(metavar="MOVE", help="notify, answer, activate, withdraw, appeal, ...")],
    told: Annotated[str | None, typer.Option(help="What the party says, or why.")] = None,
    second: Annotated[str | None, typer.Option(help="Who agrees, where it goes against the party.")] = None,
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Make one legal move; an illegal one names those that are legal."""
    from service.rights.lists.list_entries import ENTRY_MOVES
    from service.rights.lists.listing import move_entry

    if name not in ENTRY_MOVES:
        raise UsageError(f"there is no move {name!r}; there are {', '.join(ENTRY_MOVES)}")
    with office_of(store) as office:
        law = installation.settings().legal_profile
        answer = move_entry(office, entry, cast("EntryMoveName", name), by or user(), told, second, law=law)
    _tell(answer)
    write_json(json_file, answer.to_json())


def notice(
    entry: Entry,
    page: Annotated[Path | None, typer.Option(help="Write it as a page to print to this file.")] = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of the page.")] = "en",
    json_file: Json = None,
) -> None:
    """What the party was told before the entry was used, as it was told."""
    from service.rights.disputes.handling import Desk
    from service.rights.lists.entry_notices import entry_page, read_entry_notice
    from service.rights.lists.listing import read_entry

    records = installation.records()
    told = read_entry_notice(records, read_entry(Desk(records, time.time()), entry).entry)
    if page is not None:
        write_text(page, entry_page(told, language))
    say(f"entry {entry} of {told.party}: told on {day_of(told.made + 1)}, SHA-256 {told.sha256()}")
    write_json(json_file, told.to_json())


def look_up(
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    recipient: Annotated[str, typer.Option(help="Who asks; it is written down.")],
    purpose: Annotated[str, typer.Option(help="Why it is asked.")] = "lending",
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Whether a party is listed for a purpose: the minimum. Who is shown an entry is told when it ends."""
    from service.rights.lists import listing

    with office_of(store) as office:
        shown = listing.look_up(office, party, installation.purpose(purpose).name, recipient)
    until = "" if shown.until is None else f" for {shown.ground} until the end of {day_of(shown.until)}"
    say(f"{party} is {'listed' if shown.listed else 'not listed'}{until}")
    write_json(json_file, shown.to_json())


def listed(
    party: Annotated[str | None, typer.Option(help="Only those about this party.")] = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Every entry, with its recipients."""
    from service.rights.lists.listing import entries_about

    with office_of(store) as office:
        found = entries_about(office, party)
    rows = [
        [
            one.entry.entry,
            one.entry.party,
            one.entry.ground,
            one.entry.purpose,
            one.entry.state,
            day_of(one.entry.ends),
            ", ".join(recipient.name for recipient in one.entry.recipients),
        ]
        for one in found
    ]
    table("entries", ["entry", "party", "ground", "purpose", "state", "until the end of", "shown to"], rows)
    write_json(json_file, {"entries": [one.to_json() for one in found]})


def sweep(store: Store = None, json_file: Json = None) -> None:
    """End what is over, withdraw what has lost its evidence, and name who has to be told; run it daily."""
    from service.rights.lists.listing import sweep_entries

    with office_of(store) as office:
        ended = sweep_entries(office)
    for one in ended:
        _tell(one)
    say(f"{len(ended):,} entries ended")
    write_json(json_file, {"ended": [one.to_json() for one in ended]})


def _tell(answer: EntryAnswer) -> None:
    entry = answer.entry
    say(
        f"entry {entry.entry} about {entry.party}: {entry.penalty or 'listed'} for {entry.ground}, {entry.state}, "
        f"until the end of {day_of(entry.ends)}"
    )
    if answer.tell:
        say(f"  tell {', '.join(answer.tell)} that it counts no more")

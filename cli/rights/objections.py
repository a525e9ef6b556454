"""`kith objections` and `kith statements`: what parties object to, and what they state about records of their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, cast

import typer

from cli import installation
from cli.data import Json, Store
from cli.output import say, table, write_json
from cli.rights.disputes import By, checked, day_of, json_value, office_of, user
from graph.errors import UsageError

if TYPE_CHECKING:
    from service.rights.disputes.handling import Desk
    from service.rights.objections.objection import Objection, ObjectionMoveName, ObjectionTo

Party = Annotated[str, typer.Argument(help="Id of the party.")]


def add_to(app: typer.Typer) -> None:
    objections = typer.Typer(help="Objections to categories and to automated decisions.", no_args_is_help=True)
    objections.command("open")(open_one)
    objections.command("list")(listed)
    objections.command()(move)
    app.add_typer(objections, name="objections")
    statements = typer.Typer(help="Statements that parties attach to records.", no_args_is_help=True)
    statements.command("attach")(attach_one)
    statements.command("list")(statements_listed)
    statements.command("withdraw")(withdraw_one)
    app.add_typer(statements, name="statements")


def open_one(
    party: Party,
    text: Annotated[str, typer.Option(help="Why, in the words of the party.")],
    category: Annotated[
        str | None, typer.Option(help="The category that may not count; else: no machine decides.")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="For which purpose alone; else for all.")] = None,
    by: By = None,
    json_file: Json = None,
) -> None:
    """Keep an objection: from the next answer on a person decides, until it is reviewed."""
    from service.rights.objections.reviewing import open_objection

    to: ObjectionTo = "automated_decisions" if category is None else "category"
    named = None if purpose is None else installation.purpose(purpose).name
    objection = open_objection(_desk(), party, to, category, named, text, by or user())
    _tell(objection)
    write_json(json_file, objection.to_json())


def move(
    objection: Annotated[int, typer.Argument(help="The objection's number.")],
    name: Annotated[str, typer.Argument(metavar="MOVE", help="uphold, overrule, appeal or withdraw.")],
    told: Annotated[str | None, typer.Option(help="Why.")] = None,
    second: Annotated[str | None, typer.Option(help="Who agrees, where it goes against the party.")] = None,
    by: By = None,
    json_file: Json = None,
) -> None:
    """Make one legal move: what a reviewer decided, or what the party asks for."""
    from service.rights.objections.objection import OBJECTION_MOVES
    from service.rights.objections.reviewing import move_objection, read_objection

    if name not in OBJECTION_MOVES:
        raise UsageError(f"there is no move {name!r}; there are {', '.join(OBJECTION_MOVES)}")
    at = _desk()
    version = read_objection(at, objection).version
    after = move_objection(at, objection, version, cast("ObjectionMoveName", name), by or user(), told, second)
    _tell(after)
    write_json(json_file, after.to_json())


def listed(
    party: Annotated[str | None, typer.Option(help="Only those of this party.")] = None,
    json_file: Json = None,
) -> None:
    """Every objection, oldest first."""
    from service.rights.objections.reviewing import list_objections

    found = list_objections(_desk(), party)
    rows = [
        [
            one.objection,
            one.party,
            one.category or one.to,
            one.purpose or "all",
            one.state,
            day_of(one.made + 1),
            one.text,
        ]
        for one in found.objections
    ]
    table("objections", ["objection", "party", "to", "purpose", "state", "why"], rows)
    write_json(json_file, found.to_json())


def attach_one(
    party: Party,
    source: Annotated[str, typer.Option(help="Who states the fact.")],
    key: Annotated[str, typer.Option(help="The fact's key, as `kith disputes items` lists it.")],
    text: Annotated[str, typer.Option(help="The statement.")],
    of: Annotated[str, typer.Option("--table", help="outcomes or relationships.")] = "outcomes",
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Attach a statement to a fact; every answer that rests on the fact tells it."""
    from service.rights.disputes.items import ItemName
    from service.rights.disputes.statements import attach
    from service.rights.legal.legal_profiles import legal_profile

    name = checked(ItemName, {"table": of, "source": source, "key": json_value(key, list)})
    profile = legal_profile(installation.settings().legal_profile)
    with office_of(store) as at:
        statement = attach(at.records, at.store, party, name, text, profile, by or user(), at.now)
    say(f"statement {statement.statement} of {party} about what {source} says ({statement.about})")
    write_json(json_file, statement.to_json())


def statements_listed(
    party: Annotated[str | None, typer.Option(help="Only those of this party.")] = None,
    json_file: Json = None,
) -> None:
    """Every statement, oldest first."""
    from service.rights.disputes.statements import list_statements

    found = list_statements(installation.records(), party)
    rows = [
        [one.statement, one.party, one.item.name.source, one.about, one.state, day_of(one.made + 1), one.text]
        for one in found.statements
    ]
    table("statements", ["statement", "party", "source", "about", "state", "made", "text"], rows)
    write_json(json_file, found.to_json())


def withdraw_one(
    statement: Annotated[int, typer.Argument(help="The statement's number.")], by: By = None, json_file: Json = None
) -> None:
    """Withdraw a statement: no answer tells it any more."""
    from service.rights.disputes.statements import withdraw

    after = withdraw(installation.records(), statement, by or user(), time.time())
    say(f"statement {statement} of {after.party}: {after.state}")
    write_json(json_file, after.to_json())


def _desk() -> Desk:
    from service.rights.disputes.handling import Desk

    return Desk(installation.records(), time.time())


def _tell(objection: Objection) -> None:
    to = objection.category or "automated decisions"
    purpose = objection.purpose or "every purpose"
    say(f"objection {objection.objection} of {objection.party} to {to}, for {purpose}: {objection.state}")

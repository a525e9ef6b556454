"""`kith suppression`: policies by which outcomes are shown, shared and used no more, without being deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.data import Json, Store
from cli.output import say, table, write_json
from cli.rights.disputes import By, office_of, user

if TYPE_CHECKING:
    from service.rights.suppression.applying import Applied


def add_to(app: typer.Typer) -> None:
    suppression = typer.Typer(help="Rules by which outcomes are shown and used no more.", no_args_is_help=True)
    for command in (begin, end, apply):
        suppression.command()(command)
    suppression.command("list")(listed)
    app.add_typer(suppression, name="suppression")


def begin(
    file: Annotated[Path, typer.Argument(help="A TOML file with one rule; docs/rights.md shows one.")],
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """Begin a rule and apply it to what is there: nothing is deleted, and `end` brings everything back."""
    from service.rights.suppression.applying import apply_rules, begin_rule
    from service.rights.suppression.rules import read_rule

    rule = read_rule(file)
    with office_of(store) as office:
        answer = begin_rule(office, rule, by or user())
        applied = apply_rules(office, by or user())
    say(f"the rule {rule.name} is in force from {_day(rule.in_force)} until {_day(rule.until) or 'it is ended'}")
    _tell(applied)
    write_json(json_file, {"rule": answer.to_json(), "applied": applied.to_json()})


def end(
    name: Annotated[str, typer.Argument(help="Name of the rule.")],
    why: Annotated[str, typer.Option(help="Why, for the log of acts.")],
    by: By = None,
    store: Store = None,
    json_file: Json = None,
) -> None:
    """End a rule now; what it alone suppressed stands as before."""
    from service.rights.suppression.applying import apply_rules, end_rule

    with office_of(store) as office:
        answer = end_rule(office, name, why, by or user())
        applied = apply_rules(office, by or user())
    _tell(applied)
    write_json(json_file, {"rule": answer.to_json(), "applied": applied.to_json()})


def apply(store: Store = None, json_file: Json = None) -> None:
    """Do what the rules say now; servers do it every hour, and `kith load` after each load."""
    from service.rights.suppression.applying import apply_rules

    with office_of(store) as office:
        applied = apply_rules(office)
    _tell(applied)
    write_json(json_file, applied.to_json())


def listed(store: Store = None, json_file: Json = None) -> None:
    """Every rule, with its source and its dates."""
    from service.rights.suppression.applying import rules

    with office_of(store) as office:
        found = rules(office)
    rows = [
        [one.rule.name, one.state, _day(one.rule.in_force), _day(one.rule.until), one.rule.source, one.rule.about]
        for one in found
    ]
    table("suppression rules", ["rule", "state", "from", "until", "source", "about"], rows)
    write_json(json_file, {"rules": [one.to_json() for one in found]})


def _tell(applied: Applied) -> None:
    suppressed, restored = _counted(applied.suppressed), _counted(applied.restored)
    say(f"suppressed: {suppressed}; restored: {restored}; revision {applied.revision}")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} outcomes by {name}" for name, count in sorted(counts.items())) or "none"


def _day(moment: float | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")

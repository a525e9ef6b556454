"""`kith what-if`: what would change if something happened that has not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation
from cli.ask import Model, Purpose, Snapshot
from cli.data import Json
from cli.output import say, table, write_json
from graph.purposes import DEFAULT_PURPOSE

if TYPE_CHECKING:
    from service.answers.scenarios import DefaultScenario


def add_to(app: typer.Typer) -> None:
    app.command("what-if")(what_if)


def what_if(
    default: Annotated[list[str], typer.Option("--default", help="Id of a party that defaults; may be repeated.")],
    limit: Annotated[int, typer.Option(help="How many of the most affected to name.")] = 20,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    json_file: Json = None,
) -> None:
    """The probability of others if some parties defaulted, the hardest hit first."""
    from service.answers.scenarios import defaults
    from service.context import ServingContext

    asked = installation.purpose(purpose)
    context = ServingContext.open(installation.settings(), snapshot, model)
    scenario = defaults(context, default, asked, limit)
    show(scenario)
    write_json(json_file, scenario.to_json())


def show(scenario: DefaultScenario) -> None:
    """Print who is hit hardest."""
    rows = [
        [one.party, one.before, one.after, one.rise, f"{one.level_before} -> {one.level_after}"]
        for one in scenario.affected
        if one.rise
    ]
    if rows:
        table(f"if {', '.join(scenario.failed)} defaulted", ["party", "before", "after", "rise", "level"], rows)
    for party in scenario.already_bad:
        say(f"{party} has a known bad outcome already, so its default is nothing new")
    say(
        f"{scenario.raised:,} of {scenario.parties:,} other parties within two hops would be riskier; "
        f"{scenario.more_defaults:+.2f} bad outcomes expected among them"
    )
    if scenario.left_out or scenario.links_left_out:
        say(
            f"left out: {scenario.left_out:,} further parties within two hops (a larger --limit takes more in) and "
            f"{scenario.links_left_out:,} links of parties with very many"
        )

"""`kith what-if`: what would change if something happened that has not."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation
from cli.ask import Model, Purpose, Snapshot
from cli.data import Json
from cli.output import say, table, write_json
from cli.rights.by_rights import ByRights
from graph.errors import UsageError
from graph.purposes import DEFAULT_PURPOSE

if TYPE_CHECKING:
    from service.answers.scenarios import ScenarioAnswer, SupposedLink

Ids = list[str] | None


def add_to(app: typer.Typer) -> None:
    app.command("what-if")(what_if)


def what_if(
    default: Annotated[Ids, typer.Option("--default", help="Id of a party that defaults; may be repeated.")] = None,
    cure: Annotated[Ids, typer.Option("--cure", help="Id of a party whose defaults are cured; repeatable.")] = None,
    remove: Annotated[
        Ids, typer.Option("--remove", help="'SOURCE KIND TARGET': these links are not there; repeatable.")
    ] = None,
    add: Annotated[
        Ids, typer.Option("--add", help="'SOURCE KIND TARGET [AMOUNT]': there is one more such link; repeatable.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many of the most affected to name.")] = 20,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    json_file: Json = None,
) -> None:
    """The probability of others if some parties defaulted or were cured, or some links ended or began.

    Whom it moves most comes first. An id with blanks in it stands in quotes: --remove '"Acme Ltd" PAYS bo'.
    """
    from service.answers.scenarios import Supposition, simulated
    from service.context import ServingContext

    asked = installation.purpose(purpose)
    removed, added = ([_link(text) for text in texts or ()] for texts in (remove, add))
    if amounts := [link for link in removed if link.amount is not None]:
        raise UsageError(
            f"--remove takes all links of a kind between two parties, so {amounts[0].amount:g} is too much"
        )
    if not (default or cure or removed or added):
        raise UsageError("suppose something: --default, --cure, --remove or --add")
    context = ServingContext.open(installation.settings(), snapshot, model).ready_for(asked)
    supposed = Supposition(default or [], cure or [], removed, added)
    scenario = simulated(context, supposed, asked, limit, ByRights(context).others(asked))
    show(scenario)
    write_json(json_file, scenario.to_json())


def _link(text: str) -> SupposedLink:
    """The link that a text names. Raises UsageError."""
    from service.answers.scenarios import SupposedLink

    try:
        words = shlex.split(text)
        amount = float(words[3]) if len(words) == 4 else None
        if len(words) not in {3, 4} or (amount is not None and not 0 <= amount < math.inf):
            raise ValueError(text)
    except ValueError:
        raise UsageError(
            f"{text!r} names no link; write 'SOURCE KIND TARGET', with --add an amount behind it"
        ) from None
    return SupposedLink(words[1], words[0], words[2], amount)


def show(scenario: ScenarioAnswer) -> None:
    """Print whom it moves most."""
    rows = [
        [one.party, one.before, one.after, one.rise, f"{one.level_before} -> {one.level_after}"]
        for one in scenario.affected
        if one.rise != 0
    ]
    if rows:
        table(f"if {_in_words(scenario)}", ["party", "before", "after", "rise", "level"], rows)
    for party in scenario.already_bad:
        say(f"{party} has a known bad outcome already, so its default is nothing new")
    for party in scenario.nothing_to_cure:
        say(f"{party} has no known default or late payment, so there is nothing to cure")
    safer = f" and {scenario.lowered:,} less risky" if scenario.lowered else ""
    whom = f"{scenario.parties:,} {'other ' if scenario.failed else ''}parties within two hops"
    say(
        f"{scenario.raised:,} of {whom} would be riskier{safer}; {scenario.more_defaults:+.2f} bad outcomes expected "
        "among them"
    )
    if scenario.left_out or scenario.links_left_out:
        say(
            f"left out: {scenario.left_out:,} further parties within two hops (a larger --limit takes more in) and "
            f"{scenario.links_left_out:,} links of parties with very many"
        )


def _in_words(scenario: ScenarioAnswer) -> str:
    """What is supposed."""
    parts = [
        f"{', '.join(scenario.failed)} defaulted" if scenario.failed else "",
        f"{', '.join(scenario.cured)} had cured what is overdue" if scenario.cured else "",
        *(f"{link.source} had no {link.kind} to {link.target}" for link in scenario.removed),
        *(f"{link.source} had one more {link.kind} to {link.target}" for link in scenario.added),
    ]
    return ", and ".join(part for part in parts if part)

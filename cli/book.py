"""`kith book`: credit lines, what is exposed on them, and what defaults do to them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation
from cli.ask import Model, Purpose, Snapshot
from cli.data import Json
from cli.output import say, table, write_json
from cli.rights.by_rights import ByRights
from graph.purposes import DEFAULT_PURPOSE

if TYPE_CHECKING:
    from service.context import ServingContext
    from service.credit.book import LineAnswer
    from service.credit.lines import CreditLine

Lender = Annotated[str | None, typer.Option(help="Only lines of this lender.")]
Conversion = Annotated[
    float, typer.Option(min=0, max=1, help="Share of what is not drawn that is by the time of a default.")
]
Loss = Annotated[float, typer.Option(min=0, max=1, help="Share of an exposure that is lost.")]
Limit = Annotated[int, typer.Option(min=1, help="How many lines to show; sums are over all.")]


def add_to(app: typer.Typer) -> None:
    book = typer.Typer(help="Credit lines: exposure, expected loss, contagion.", no_args_is_help=True)
    book.command("lines")(lines)
    book.command("contagion")(spread)
    app.add_typer(book, name="book")


def lines(
    lender: Lender = None,
    conversion: Conversion = 0.4,
    loss: Loss = 0.4,
    limit: Limit = 100,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    json_file: Json = None,
) -> None:
    """Credit lines as their events say, with exposure at default and expected loss over the model's horizon."""
    from service.credit.book import Shares, book

    context = _context(purpose, snapshot, model)
    asked = context.purpose(purpose)
    others = ByRights(context).others(asked)
    answer = book(context, _read(lender), asked, Shares(conversion, loss), limit, others)
    head = ["line", "party", "limit", "drawn", "days past due", "exposure", "probability", "expected loss"]
    table("credit lines", head, [_row(one) for one in answer.lines])
    say(
        f"{answer.count:,} lines: {answer.drawn:,.2f} drawn of {answer.limit:,.2f}, {answer.exposure:,.2f} exposed, "
        f"{answer.expected_loss:,.2f} expected to be lost"
    )
    if answer.unassessed:
        say(f"of {answer.unassessed:,.2f} nobody can say, since too little is known of who owes it")
    write_json(json_file, answer.to_json())


def spread(
    default: Annotated[list[str], typer.Option("--default", help="Id of a party that defaults; may be repeated.")],
    capacity: Annotated[
        str | None, typer.Option(help="Attribute of what a party can pay; left out: no guarantor fails.")
    ] = None,
    lender: Lender = None,
    conversion: Conversion = 0.4,
    loss: Loss = 0.4,
    limit: Limit = 100,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    json_file: Json = None,
) -> None:
    """What defaults do to the book: calls on guarantors round after round, and what is expected to be lost after."""
    from service.credit.book import Shares
    from service.credit.contagion import contagion

    context = _context(purpose, snapshot, model)
    shares, asked = Shares(conversion, loss), context.purpose(purpose)
    others = ByRights(context).others(asked)
    answer = contagion(context, _read(lender), default, asked, shares, capacity, limit, others)
    for number, failed in enumerate(answer.rounds):
        say(f"round {number}: {', '.join(failed)} default{'' if len(failed) > 1 else 's'}")
    rows = [
        [one.guarantor, one.called, _or_unknown(one.capacity), one.pays, "fails" if one.failed else ""]
        for one in answer.called
    ]
    if rows:
        table("called guarantors", ["guarantor", "called", "capacity", "pays", ""], rows)
    changed = [[one.line.line, one.line.party, one.line.expected_loss, one.expected_loss_after] for one in answer.lines]
    if changed:
        table("lines of others", ["line", "party", "expected loss", "after"], changed)
    say(
        f"{answer.exposure:,.2f} exposed to who defaults, {answer.recovered:,.2f} paid by guarantors, "
        f"{answer.loss:,.2f} lost; of all others {answer.expected_loss:,.2f} expected to be lost before and "
        f"{answer.expected_loss_after:,.2f} after"
    )
    write_json(json_file, answer.to_json())


def _context(purpose: str, snapshot: Path | None, model: Path | None) -> ServingContext:
    from service.context import ServingContext

    asked = installation.purpose(purpose)
    return ServingContext.open(installation.settings(), snapshot, model).ready_for(asked)


def _read(lender: str | None) -> list[CreditLine]:
    """The lines of the installation's store."""
    from graph.stores.open import open_store
    from service.credit.lines import read_lines

    with closing(open_store(installation.settings().store)) as store:
        return [one for one in read_lines(store) if lender in (None, one.lender)]


def _row(one: LineAnswer) -> list[object]:
    return [
        one.line, one.party, _or_unknown(one.limit), one.drawn, one.days_past_due, one.exposure,
        _or_unknown(one.probability), _or_unknown(one.expected_loss),
    ]  # fmt: skip


def _or_unknown(value: float | None) -> float | str:
    return "unknown" if value is None else value

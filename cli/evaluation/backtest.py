"""`kith backtest`: would the score have replaced the deposit or membership check of a file of orders?"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import installation
from cli.data import Json, Store
from cli.model import LateFrom
from cli.output import advancing, say, say_warnings, table, write_json, write_text
from graph.errors import UsageError
from graph.stores.open import not_made

if TYPE_CHECKING:
    from service.backtest.backtest import Backtest
    from service.backtest.rates import Rates

SHOWN: Final = 50  # points between the thresholds that are printed


def add_to(app: typer.Typer) -> None:
    app.command()(backtest)


def backtest(
    orders: Annotated[Path, typer.Argument(help="A file of orders: order, party, time, amount, asked, outcome.")],
    mapping: Annotated[str | None, typer.Option(help="A TOML file that names its columns, table = orders.")] = None,
    store: Store = None,
    purpose: Annotated[str, typer.Option(help="Why it would be asked; says what may count.")] = "deposit_waiver",
    blocks: Annotated[int, typer.Option(min=1, help="How many models are trained, one after another.")] = 3,
    snapshots: Annotated[int, typer.Option(min=1, help="From how many snapshots orders are scored.")] = 24,
    horizon: Annotated[int, typer.Option(min=1, help="Days, at most, within which outcomes are foretold.")] = 365,
    seed: Annotated[int, typer.Option(min=0, help="Of training and of resampling.")] = 0,
    max_bad_rate: Annotated[
        float | None, typer.Option(help="Accepted share of defaults; else that of orders with nothing asked.")
    ] = None,
    late_is_bad: Annotated[bool, typer.Option("--late-is-bad", help="Orders that were paid late defaulted.")] = False,
    late_from: LateFrom = None,
    report: Annotated[Path | None, typer.Option(help="Write the result as one HTML page.")] = None,
    json_file: Json = None,
) -> None:
    """Score past orders from what was known before each, and compare with what was asked for."""
    from gnn.features.targets import BadOutcome
    from gnn.models.score_scale import ODDS0
    from gnn.training.train import TrainingConfig
    from graph.stores.open import open_store
    from loaders.orders import read_orders
    from service.backtest.backtest import BacktestRequest
    from service.backtest.backtest import backtest as run

    settings = installation.settings()
    config = TrainingConfig(bad=BadOutcome(late_from))
    asked, odds0 = installation.purpose(purpose), settings.odds0 or ODDS0
    request = BacktestRequest(asked, odds0, config, horizon, blocks, snapshots, seed, max_bad_rate, late_is_bad)
    request.check()
    url = store or installation.workspace().store_url
    if not_made(url):
        raise UsageError(f"{url} is no store yet; load something into it first")
    read = read_orders(orders, mapping)
    say_warnings(read.warnings)
    for reject in read.examples:
        say(f"  {reject.render()}")
    with closing(open_store(url)) as facts, advancing() as progress:
        found = run(read, facts, request, progress)
    _show(found)
    write_json(json_file, found.to_json())
    if report is not None:
        from service.backtest.page import page

        write_text(report, page(found))
        say(f"the report is in {report}")


def _show(found: Backtest) -> None:
    """Print the answer, the figures and what has to be known to read them."""
    if found.file is not None:
        rows = [_row("as it was: nothing asked", found.file)]
        rows += [
            _row(f"score from {threshold}", one)
            for threshold, one in zip(found.thresholds, found.rates, strict=True)
            if threshold % SHOWN == 0 or threshold == found.verdict.threshold
        ]
        header = ["rule", "through", "share", "bad rate, 95 % interval", "lost"]
        table(f"{len(found.orders):,} orders, purpose {found.request.purpose.name}", header, rows)
    say(found.verdict.text, *found.sentences)


def _row(name: str, one: Rates) -> list[object]:
    from service.backtest.verdict import between, percent

    return [name, one.approved, percent(one.approve.value), between(one.bad), f"{one.lost:,.2f}"]

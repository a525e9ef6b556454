"""The `kith` command: the groups put together, and errors printed in one line."""

from __future__ import annotations

import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

# typer carries its own click and exports only some of its exceptions.
from typer._click.exceptions import ClickException, NoArgsIsHelpError

from cli import ask, bench, book, client, data, demo, exchange, model, rings, serve, what_if
from cli.administration import audit, backup, keys, models, purposes, tenants
from cli.evaluation import backtest, evaluate
from cli.facts import cases, listed, mapping, replay
from cli.network import compare, export, search, show
from cli.output import say, say_error
from cli.rights import deletions, disputes, lists, objections, report, suppression
from graph.errors import KithError, UsageError

app = typer.Typer(
    help="Kith: who knows, pays, vouches for and works with whom, and what that says about risk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def kith(
    version: Annotated[bool, typer.Option("--version", help="Print the version of Kith and exit.")] = False,
) -> None:
    """Kith: who knows, pays, vouches for and works with whom, and what that says about risk."""
    if version:
        say(f"kith {metadata.version('kith')}")
        raise typer.Exit


for group in (
    data,
    listed,
    mapping,
    cases,
    model,
    evaluate,
    backtest,
    search,
    show,
    export,
    compare,
    ask,
    rings,
    book,
    exchange,
    serve,
    keys,
    tenants,
    audit,
    purposes,
    backup,
    models,
    what_if,
    replay,
    disputes,
    objections,
    report,
    suppression,
    deletions,
    lists,
    client,
    bench,
    demo,
):
    group.add_to(app)


def main() -> None:
    """Exit code 0, 1 for a failure, 2 for wrong use, 130 when interrupted; never a traceback."""
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    try:
        return app(arguments, prog_name="kith", standalone_mode=False) or 0
    except NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 2
    except ClickException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "kith")
        return _failed(f"{error.format_message().rstrip('.')}; see `{command} --help`", 2)
    except UsageError as error:
        return _failed(str(error), 2)
    except KithError as error:
        return _failed(str(error), 1)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _failed(f"the system refused{where}: {error.strerror or error}", 1)
    except Exception as error:
        return _failed(_fault(error), 1)


def _failed(text: str, code: int) -> int:
    say_error(f"kith: {text}")
    return code


def _fault(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    return f"a fault in Kith itself, {type(error).__name__} at {where}: {error}; please report it with what you ran"

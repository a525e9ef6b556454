"""The `kith` command: the groups put together, and errors told in one line."""

from __future__ import annotations

import sys

import typer
from click import ClickException
from click.exceptions import Abort, Exit

from cli import ask, bench, data, demo, evaluate, model, rings, serve
from cli.output import errors
from graph.errors import KithError, UsageError

app = typer.Typer(
    help="Kith: who knows, pays, vouches for and works with whom, and what that says about risk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (data, model, evaluate, ask, rings, serve, bench, demo):
    group.add_to(app)


def main() -> None:
    """Exit code 0, 1 for a failure, 2 for wrong use."""
    try:
        code = app(standalone_mode=False)
    except ClickException as error:
        error.show()
        code = 2
    except UsageError as error:
        code = _said(error, 2)
    except KithError as error:
        code = _said(error, 1)
    except Exit as error:
        code = error.exit_code
    except (Abort, KeyboardInterrupt):
        code = 130
    sys.exit(code or 0)


def _said(error: KithError, code: int) -> int:
    errors.print(f"kith: {error}", soft_wrap=True, markup=False)
    return code

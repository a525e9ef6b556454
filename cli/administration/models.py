"""`kith models`: register, run in shadow, compare, promote and roll back models, while the server serves."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import installation
from cli.data import Json
from cli.output import say, table, when, write_json
from graph.errors import UsageError

if TYPE_CHECKING:
    from service.models.answers import ModelList
    from service.models.registry import ModelRegistry

By = Annotated[str | None, typer.Option("--by", help="Who decides it; the user of this system by default.")]
Name = Annotated[str, typer.Argument(help="A model's id, or how it begins; `kith models list` names them.")]
SHOWN = 16  # digits of an id


def add_to(app: typer.Typer) -> None:
    models = typer.Typer(help="Which model serves, which runs in shadow, and how they compare.")
    models.callback(invoke_without_command=True)(models_of)
    for name, command in (
        ("list", list_models),
        ("register", register),
        ("shadow", shadow),
        ("compare", compare),
        ("promote", promote),
        ("rollback", rollback),
    ):
        models.command(name)(command)
    app.add_typer(models, name="models")


def models_of(context: typer.Context, json_file: Json = None) -> None:
    """List the models of the workspace."""
    if context.invoked_subcommand is None:
        list_models(json_file)


def list_models(json_file: Json = None) -> None:
    """List the models of the workspace, and what was done with them."""
    found = _list()
    rows = [
        [one.id[:SHOWN], one.role, (one.snapshot or "")[:SHOWN], one.auroc or "", one.horizon_days or ""]
        for one in found.models
    ]
    table("models", ["model", "role", "trained on snapshot", "AUROC", "horizon, days"], rows)
    say(*(f"  {one.fault}" for one in found.models if one.fault is not None))
    say(*(f"{when(one.at)} {one.by}: {one.act} {one.model[:SHOWN]}" for one in found.acts))
    write_json(json_file, found.to_json())


def register(
    folder: Annotated[Path, typer.Argument(help="The folder of an artifact, such as `kith train --out` writes.")],
    by: By = None,
    json_file: Json = None,
) -> None:
    """Copy a model into the workspace, where it serves nobody until it is promoted."""
    id = _registry().register(folder, _person(by))
    say(f"model {id[:SHOWN]} is registered; kith models shadow {id[:SHOWN]} tries it beside the one that serves")
    write_json(json_file, {"id": id})


def shadow(
    model: Annotated[str | None, typer.Argument(help="A model's id, or how it begins.")] = None,
    off: Annotated[bool, typer.Option("--off", help="End it.")] = False,
    by: By = None,
    json_file: Json = None,
) -> None:
    """Score with a model beside the one that serves: nobody is told its scores, counts of differences are recorded."""
    if (model is None) != off:
        raise UsageError("name the model to run in shadow, or end that with --off")
    id = _registry().run_in_shadow(None if off else model, _person(by))
    if off:
        say("no model runs in shadow" if id is None else f"model {id[:SHOWN]} no longer runs in shadow")
    else:
        say(f"model {str(id)[:SHOWN]} runs in shadow; kith models compare says how its scores differ")
    write_json(json_file, {"id": id, "shadow": not off})


def compare(json_file: Json = None) -> None:
    """How the scores of models in shadow differ from those of the model that served, by purpose."""
    found = _list()
    rows = [
        [
            one.shadow[:SHOWN],
            one.live[:SHOWN],
            one.purpose,
            one.scores,
            "" if one.mean_difference is None else f"{one.mean_difference:+.1f}",
            "" if one.low is None or one.high is None else f"{one.low:+d} to {one.high:+d}",
            one.levels_differ,
            one.decisions_differ,
            one.only_live + one.only_shadow,
        ]
        for one in found.comparisons
    ]
    header = ["shadow", "beside", "purpose", "scores", "mean", "nine in ten", "levels", "decisions", "only one scores"]
    if rows:
        table("scores of the shadow less those that were answered, in points", header, rows)
    else:
        say("no scores were compared yet; kith models shadow runs a model beside the one that serves")
    write_json(json_file, {"comparisons": [one.to_json() for one in found.comparisons]})


def promote(model: Name, by: By = None, json_file: Json = None) -> None:
    """Let a model serve from now on; servers take it over within a second, without a restart."""
    _said(_registry().promote(model, _person(by)), json_file)


def rollback(by: By = None, json_file: Json = None) -> None:
    """Let the model serve again that served before."""
    _said(_registry().roll_back(_person(by)), json_file)


def _said(id: str, json_file: Path | None) -> None:
    from service.webhooks.announcing import announce

    announce(installation.settings(), "model.promoted", {"model": id})
    say(f"model {id[:SHOWN]} serves; servers take it over within a second")
    answer: Mapping[str, Any] = {"live": id}
    write_json(json_file, answer)


def _registry() -> ModelRegistry:
    from service.models.registry import ModelRegistry

    return ModelRegistry(installation.workspace(), time.time)


def _list() -> ModelList:
    from service.models.answers import model_list
    from service.records.database import open_records
    from service.records.shadow import recorded

    installation.workspace().made()
    return model_list(_registry(), recorded(open_records(installation.settings().records)))


def _person(by: str | None) -> str:
    """Who decides: as said, or the user of this system."""
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return "unknown"

"""`kith tenants`: the institutions of a server, each with a workspace of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli import installation
from cli.data import Json
from cli.output import say, table, write_json
from graph.errors import KithError, UsageError


def add_to(app: typer.Typer) -> None:
    tenants = typer.Typer(
        help="Several institutions on one server, in the folder of KITH_TENANTS.", no_args_is_help=True
    )
    tenants.command("create")(create)
    tenants.command("list")(list_tenants)
    app.add_typer(tenants, name="tenants")


def create(
    name: Annotated[str, typer.Argument(help="Small letters, digits and -; it stands in its keys.")],
    title: Annotated[str | None, typer.Option(help="What it is called where it may be named; NAME by default.")] = None,
    legal_profile: Annotated[str | None, typer.Option(help="By which law; that of the server by default.")] = None,
    taken: Annotated[Path | None, typer.Option("--from", help="A workspace whose content it begins with.")] = None,
    json_file: Json = None,
) -> None:
    """Make a workspace for an institution; KITH_TENANT=NAME has commands work on it.

    With --from it begins with facts, records, snapshots and models of a workspace, whose keys are to be made anew.
    """
    from service.administration.backup import make_backup, restore
    from service.tenant_file import make_tenant, tenant_file

    home = make_tenant(_folder(), name, tenant_file(title or name, legal_profile))
    if taken is not None:
        try:
            with tempfile.TemporaryDirectory(dir=home) as beside:
                make_backup(taken, Path(beside) / "taken")
                restore(Path(beside) / "taken", home)
        except KithError:
            shutil.rmtree(home)
            raise
    say(f"{home}: the workspace of {name}; set KITH_TENANT={name} for commands to work on it")
    write_json(json_file, {"tenant": name, "home": str(home)})


def list_tenants(json_file: Json = None) -> None:
    """The institutions of this server, and what each has to be served."""
    from service.settings import tenant_names
    from service.tenant_file import read_tenant_file
    from service.workspace import Workspace

    folder, rows = _folder(), []
    for name in tenant_names(installation.server_settings()):
        said, workspace = read_tenant_file(folder / name), Workspace(folder / name)
        assert said is not None
        snapshot, model = workspace.newest_snapshot(), workspace.live_model() or workspace.newest_model()
        rows.append((name, said.title, snapshot.name if snapshot else None, model.name if model else None))
    table("institutions", ["tenant", "title", "snapshot", "model"], [[cell or "" for cell in row] for row in rows])
    listed = [dict(zip(("tenant", "title", "snapshot", "model"), row, strict=True)) for row in rows]
    write_json(json_file, {"tenants": listed})


def _folder() -> Path:
    """The folder of the institutions. Raises UsageError where none is set."""
    folder = installation.server_settings().tenants
    if folder is None:
        raise UsageError(
            "set KITH_TENANTS to the folder that holds the workspaces of the institutions, and no KITH_TENANT"
        )
    return folder

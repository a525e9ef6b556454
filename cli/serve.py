"""`kith serve` and `kith keys`."""

from __future__ import annotations

import multiprocessing
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import installation
from cli.data import Json
from cli.output import say, table, write_json, write_secret
from graph.errors import NoModel, UsageError
from service.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from service.settings import Settings

ROOT: Final = Path(__file__).parents[1]  # where Kith's packages lie
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port; 0 for any free one. KITH_PORT or 8100 by default.")
]


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
    keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
    keys.command("create")(create)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; KITH_HOST or 127.0.0.1 by default.")] = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; KITH_WORKERS or 2 by default.")] = None,
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model's folder; the newest by default.")] = None,
    json_file: Json = None,
) -> None:
    """Answer over HTTP until stopped; the page at /docs lists what can be asked."""
    options = {"host": host, "port": port, "workers": workers, "snapshot": snapshot, "model": model}
    asked = {name: value for name, value in options.items() if value is not None}
    run(_found(installation.settings().model_copy(update=asked)), json_file)


def _found(settings: Settings) -> Settings:
    """The settings with the snapshot and the model that are served: the newest, where none is named."""
    from service.settings import NO_MODEL

    workspace = Workspace(settings.home)
    snapshot, model = workspace.snapshot(settings.snapshot).folder, settings.model
    if model != NO_MODEL:
        try:
            model = workspace.model_folder(model)
        except NoModel as error:
            say(f"{error}. Until then the network can be explored: search, neighbours, paths, rings")
            model = NO_MODEL
    return settings.model_copy(update={"snapshot": snapshot, "model": model})


def run(settings: Settings, json_file: Path | None = None) -> None:
    """Serve on these settings, which name a snapshot and a model; returns when the server is stopped.

    Each process hashes the whole snapshot before it is ready. Raises ModelError and StoreError before anything listens,
    UsageError where nothing can listen there.
    """
    _refuse_unfit(settings)
    host, port = settings.host, free_port(settings.host, settings.port)
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    with tempfile.TemporaryDirectory(prefix="kith-metrics-") as counters:
        os.environ |= _of_a_worker(settings, Path(counters)).environment() | {"NUMBA_NUM_THREADS": "1"}
        say(f"{url}/docs lists what can be asked; stop with Ctrl-C")
        model = str(settings.model) if isinstance(settings.model, Path) else None
        served = {"url": url, "snapshot": str(settings.snapshot), "model": model, "workers": settings.workers}
        write_json(json_file, served)
        _granian(settings, port)


def _refuse_unfit(settings: Settings) -> None:
    """Raises ModelError where the model may not be asked about the snapshot."""
    from gnn.features.compatibility import refuse_unfit
    from gnn.models import artifact
    from graph.snapshots.snapshot import Snapshot

    if isinstance(settings.model, Path) and settings.snapshot is not None:
        refuse_unfit(artifact.load(settings.model).spec, Snapshot.open(settings.snapshot))


def _of_a_worker(settings: Settings, counters: Path) -> Settings:
    """The settings for the processes that answer: places named from the root, since they run in another folder.

    The records are opened once before they start, so that a migration that fails is reported here and once.
    """
    from service.records.database import open_records

    records = open_records(settings.records)
    places = {
        "home": settings.home.resolve(),
        "records_url": records.url.render_as_string(hide_password=False),
        "snapshot": settings.snapshot.resolve() if settings.snapshot is not None else None,
        "before": settings.before.resolve() if settings.before is not None else None,
        "model": settings.model.resolve() if isinstance(settings.model, Path) else settings.model,
        "metrics_dir": counters,
    }
    records.dispose()
    return settings.model_copy(update=places)


def _granian(settings: Settings, port: int) -> None:
    """Run granian until it is stopped."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    # A fork would hand on this process's threads, locked as they are, and torch where a demo has just trained.
    multiprocessing.set_start_method("spawn", force=True)
    Server(
        f"{ROOT / 'api' / 'app.py'}:create_app",  # by its name alone it could be an `api` of the current folder
        working_dir=ROOT,
        factory=True,
        address=settings.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        http1_settings=HTTP1Settings(header_read_timeout=round(1000 * settings.header_timeout)),
        respawn_failed_workers=True,
        log_level=LogLevels.error,
        log_access=False,
    ).serve()


def free_port(host: str, port: int) -> int:
    """The port, or any free one for 0. Raises UsageError where it is taken or the address is not ours."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family) as tried:
            return int(tried.getsockname()[1])
    except OSError as error:
        raise UsageError(f"nothing can listen on {host}:{port} ({error.strerror}); choose another --port") from error


def create(
    role: Annotated[str, typer.Option(help="service, investigator or admin.")],
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose it may ask for; may be repeated.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Whose key it is; a person needs one to sign in to the workbench.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Make a key; it is shown once.

    Without --purpose a service may ask for lending alone, and an investigator or admin for fraud_investigation alone.
    `--purpose all` gives every purpose.
    """
    from service.records import keys

    text, key = keys.create(_records(), installation.settings().purposes, role, purpose or [], name)
    purposes = ", ".join(sorted(key.purposes))
    of = "" if key.name is None else f" of {key.name}"
    say(text, f"key {key.id}{of}, role {key.role}, may ask for {purposes}; it is not shown again")
    if not purpose:
        say("no --purpose was named, so it has that of its role; --purpose P gives it another, --purpose all every one")
    write_secret(json_file, {"key": text, "id": key.id})


def list_keys(json_file: Json = None) -> None:
    """Every key, without its secret."""
    from service.records import keys

    every = keys.all_keys(_records())
    states = ["revoked" if key.revoked else "valid" for key in every]
    rows = [
        [key.id, f"kith_{key.prefix}_...", key.name or "", key.role, ", ".join(sorted(key.purposes)), state]
        for key, state in zip(every, states, strict=True)
    ]
    table("keys", ["id", "key", "name", "role", "purposes", "state"], rows)
    described = [
        {
            "id": key.id,
            "prefix": key.prefix,
            "name": key.name,
            "role": key.role,
            "purposes": sorted(key.purposes),
            "state": state,
        }
        for key, state in zip(every, states, strict=True)
    ]
    write_json(json_file, {"keys": described})


def revoke(id: Annotated[int, typer.Argument(help="The key's number.")], json_file: Json = None) -> None:
    """Refuse a key from now on."""
    from service.records import keys

    keys.revoke(_records(), id)
    say(f"key {id} is revoked")
    write_json(json_file, {"id": id, "state": "revoked"})


def _records() -> Engine:
    """The records of the installation, whose folder is made if it is missing."""
    from service.records.database import open_records

    installation.workspace().made()
    return open_records(installation.settings().records)

"""`kith serve` and `kith keys`."""

from __future__ import annotations

import multiprocessing
import os
import socket
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.data import Json
from cli.output import say, table, write_json, write_secret
from graph.errors import NoModel, UsageError
from service.workspace import Workspace

THREADS: Final = 64
ROOT: Final = Path(__file__).parents[1]  # where Kith's packages lie
HEADER_MS: Final = 10_000  # a request's head must be there by then


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
    keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
    keys.command("create")(create)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")] = 8100,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model's folder; the newest by default.")] = None,
    json_file: Json = None,
) -> None:
    """Answer over HTTP until stopped; the page at /docs lists what can be asked."""
    home = Workspace.here()
    opened = home.snapshot(snapshot)
    try:
        folder = home.model_folder(model)
    except NoModel as error:
        say(f"{error}. Until then the network can be explored: search, neighbours, paths, rings")
        folder = None
    run(home, opened.folder, folder, host, port, workers, json_file)


def run(
    home: Workspace,
    snapshot: Path,
    model: Path | None,
    host: str,
    port: int,
    workers: int,
    json_file: Path | None = None,
) -> None:
    """Start granian on this snapshot and model (None: nothing can be scored); returns when it is stopped.

    Each process hashes the whole snapshot before it is ready. Raises ModelError before anything listens, UsageError
    where nothing can listen there.
    """
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    from gnn.features.compatibility import refuse_unfit
    from gnn.models import artifact
    from graph.snapshots.snapshot import Snapshot

    if model is not None:
        refuse_unfit(artifact.load(model).spec, Snapshot.open(snapshot))
    port = _free(host, port)
    # A fork would hand on this process's threads, locked as they are, and torch where a demo has just trained.
    multiprocessing.set_start_method("spawn", force=True)
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    with tempfile.TemporaryDirectory(prefix="kith-metrics-") as counters:
        os.environ |= {
            "KITH_HOME": str(home.folder.resolve()),
            "KITH_SNAPSHOT": str(snapshot.resolve()),
            "KITH_MODEL": "" if model is None else str(model.resolve()),
            "NUMBA_NUM_THREADS": "1",
            "PROMETHEUS_MULTIPROC_DIR": counters,
        }
        say(f"{url}/docs lists what can be asked; stop with Ctrl-C")
        write_json(
            json_file,
            {"url": url, "snapshot": str(snapshot), "model": None if model is None else str(model), "workers": workers},
        )
        Server(
            f"{ROOT / 'api' / 'app.py'}:create_app",  # by its name alone it could be an `api` of the current folder
            working_dir=ROOT,
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=THREADS,
            http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS),
            respawn_failed_workers=True,
            log_level=LogLevels.error,
            log_access=False,
        ).serve()


def _free(host: str, port: int) -> int:
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
    json_file: Json = None,
) -> None:
    """Make a key; it is shown once.

    Without --purpose a service may ask for lending alone, and an investigator or admin for fraud_investigation alone.
    `--purpose all` gives every purpose.
    """
    from service.records import keys
    from service.records.tables import open_records

    text, key = keys.create(open_records(Workspace.here().made().records_url), role, purpose or [])
    purposes = ", ".join(sorted(key.purposes))
    say(text, f"key {key.id}, role {key.role}, may ask for {purposes}; it is not shown again")
    if not purpose:
        say("no --purpose was named, so it has that of its role; --purpose P gives it another, --purpose all every one")
    write_secret(json_file, {"key": text, "id": key.id})


def list_keys(json_file: Json = None) -> None:
    """Every key, without its secret."""
    from service.records import keys
    from service.records.tables import open_records

    found = keys.listed(open_records(Workspace.here().made().records_url))
    states = ["revoked" if key.revoked else "valid" for key in found]
    rows = [
        [key.id, f"kith_{key.prefix}_...", key.role, ", ".join(sorted(key.purposes)), state]
        for key, state in zip(found, states, strict=True)
    ]
    table("keys", ["id", "key", "role", "purposes", "state"], rows)
    told = [
        {"id": key.id, "prefix": key.prefix, "role": key.role, "purposes": sorted(key.purposes), "state": state}
        for key, state in zip(found, states, strict=True)
    ]
    write_json(json_file, {"keys": told})


def revoke(id: Annotated[int, typer.Argument(help="The key's number.")], json_file: Json = None) -> None:
    """Refuse a key from now on."""
    from service.records import keys
    from service.records.tables import open_records

    keys.revoke(open_records(Workspace.here().made().records_url), id)
    say(f"key {id} is revoked")
    write_json(json_file, {"id": id, "state": "revoked"})

"""`kith serve` and `kith keys`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.data import Json
from cli.output import console, table, write_json
from service.home import Home

THREADS = 64


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
    keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
    keys.command("create")(create)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8100,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model's folder; the newest by default.")] = None,
) -> None:
    """Answer over HTTP until stopped; the page at /docs lists what can be asked."""
    home = Home.here()
    opened = home.snapshot(snapshot)
    run(home, opened.folder, home.model_folder(model), host, port, workers)


def run(home: Home, snapshot: Path, model: Path, host: str, port: int, workers: int) -> None:
    """Start granian on this snapshot and model; returns when it is stopped."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.server import Server

    os.environ |= {
        "KITH_HOME": str(home.folder.resolve()),
        "KITH_SNAPSHOT": str(snapshot.resolve()),
        "KITH_MODEL": str(model.resolve()),
        "NUMBA_NUM_THREADS": "1",
    }
    console.print(f"http://{host}:{port}/docs lists what can be asked; stop with Ctrl-C", soft_wrap=True)
    Server(
        "api.app:create_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


def create(
    role: Annotated[str, typer.Option(help="service, investigator or admin.")],
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose it may ask for; all by default.")] = None,
    json_file: Json = None,
) -> None:
    """Make a key; it is shown once."""
    from service.records import keys
    from service.records.tables import open_records

    text, key = keys.create(open_records(Home.here().records_url), role, purpose or [])
    console.print(text, soft_wrap=True, markup=False)
    console.print(f"key {key.id}, role {key.role}, purposes {', '.join(sorted(key.purposes))}; it is not shown again")
    write_json(json_file, {"key": text, "id": key.id})


def list_keys(json_file: Json = None) -> None:
    """Every key, without its secret."""
    from service.records import keys
    from service.records.tables import open_records

    found = keys.listed(open_records(Home.here().records_url))
    rows = [
        [
            key.id,
            f"kith_{key.prefix}_...",
            key.role,
            " ".join(sorted(key.purposes)),
            "revoked" if key.revoked else "valid",
        ]
        for key in found
    ]
    table("keys", ["id", "key", "role", "purposes", "state"], rows)
    write_json(
        json_file, {"keys": [{"id": r[0], "role": r[2], "purposes": str(r[3]).split(), "state": r[4]} for r in rows]}
    )


def revoke(id: Annotated[int, typer.Argument(help="The key's number.")]) -> None:
    """Refuse a key from now on."""
    from service.records import keys
    from service.records.tables import open_records

    keys.revoke(open_records(Home.here().records_url), id)
    console.print(f"key {id} is revoked")

"""`kith serve`."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import installation
from cli.data import Json
from cli.output import say, write_json
from graph.errors import KithError, NoModel, UsageError
from service.workspace import Workspace

if TYPE_CHECKING:
    from service.settings import Settings

ROOT: Final = Path(__file__).parents[1]  # where Kith's packages lie
SERVING: Final = ROOT / "api" / "gateway" / "serving.py"  # by its name alone it could be an `api` of the current folder
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port; 0 for any free one. KITH_PORT or 8100 by default.")
]


def add_to(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; KITH_HOST or 127.0.0.1 by default.")] = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; KITH_WORKERS or 2 by default.")] = None,
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model's folder; the newest by default.")] = None,
    json_file: Json = None,
) -> None:
    """Answer over HTTP until stopped; the workbench is at /, and /docs lists what can be asked."""
    options = {"host": host, "port": port, "workers": workers, "snapshot": snapshot, "model": model}
    asked = {name: value for name, value in options.items() if value is not None}
    settings = installation.server_settings().model_copy(update=asked)
    if settings.tenants is not None:
        if snapshot is not None or model is not None:
            raise UsageError("--snapshot and --model belong to one institution; set KITH_TENANT, or leave them out")
        run_several(settings, json_file)
        return
    run(found(settings.model_copy(update={"follow_models": settings.model is None})), json_file)


def found(settings: Settings) -> Settings:
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
    follow = settings.snapshot is None
    return settings.model_copy(update={"snapshot": snapshot, "model": model, "follow": follow})


def run(settings: Settings, json_file: Path | None = None, module: Path = SERVING) -> None:
    """Serve on these settings, which name a snapshot and a model; returns when the server is stopped.

    module: the file whose function `serving` is what each process runs.

    Each process hashes the whole snapshot before it is ready. Raises ModelError and StoreError before anything listens,
    UsageError where nothing can listen there, or purposes are declared wrongly.
    """
    _ = settings.purposes
    _refuse_unfit(settings)
    with tempfile.TemporaryDirectory(prefix="kith-metrics-") as counters:
        model = str(settings.model) if isinstance(settings.model, Path) else None
        served: dict[str, object] = {"snapshot": str(settings.snapshot), "model": model}
        _listen(_of_a_worker(settings, Path(counters)), served, json_file, module)


def run_several(settings: Settings, json_file: Path | None = None) -> None:
    """Serve every institution of KITH_TENANTS; returns when the server is stopped.

    One that cannot be served is named, and the others are. Raises UsageError where none can be.
    """
    from service.settings import tenant_names, tenant_settings, write_served

    with tempfile.TemporaryDirectory(prefix="kith-metrics-") as counters:
        served = {}
        for name in tenant_names(settings):
            try:
                one = found(tenant_settings(settings, name).model_copy(update={"follow_models": True}))
                _ = one.purposes
                _refuse_unfit(one)
                (place := Path(counters) / name).mkdir()
                served[name] = _of_a_worker(one, place)
            except KithError as error:
                say(f"{name} is not served: {error}")
        _refuse_shared(served)
        if not served:
            raise UsageError(f"no institution in {settings.tenants} can be served")
        write_served(file := Path(counters) / "served.json", served)
        update = {"tenants": None, "tenant": None, "served_tenants": file, "metrics_dir": Path(counters)}
        _listen(settings.model_copy(update=update), {"tenants": sorted(served)}, json_file, SERVING)


def _refuse_shared(served: dict[str, Settings]) -> None:
    """Raises UsageError where two institutions have one store or one database of records."""
    seen: dict[str, str] = {}
    for name, settings in served.items():
        for place in (settings.store, settings.records):
            if seen.setdefault(place, name) != name:
                raise UsageError(f"{seen[place]} and {name} would share a database; name another in {name}/tenant.toml")


def _listen(settings: Settings, served: dict[str, object], json_file: Path | None, module: Path) -> None:
    """Say where, and answer there until stopped. served: what the JSON object says beside that."""
    host, port = settings.host, free_port(settings.host, settings.port)
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    environment = settings.environment_of_a_process()
    for name in set(os.environ) - set(environment):  # a variable that was said already in what these settings are
        del os.environ[name]
    os.environ |= environment | {"NUMBA_NUM_THREADS": "1"}
    say(f"The workbench is at {url}/, what can be asked at {url}/docs; stop with Ctrl-C")
    write_json(json_file, {"url": url, **served, "workers": settings.workers})
    _granian(settings, port, module)


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
        "store_url": _from_the_root(settings.store),
        "model": settings.model.resolve() if isinstance(settings.model, Path) else settings.model,
        "metrics_dir": counters,
        "purposes_file": _copied(settings.purposes_file, counters),
    }
    records.dispose()
    return settings.model_copy(update=places)


def _from_the_root(store: str) -> str:
    """The URL of a store, an SQLite file in it named from the root."""
    file = store.removeprefix("sqlite:///")
    return store if file == store else f"sqlite:///{Path(file).resolve()}"


def _copied(file: Path | None, folder: Path) -> Path | None:
    """A copy of the purposes file, so that a process that is started later has the same purposes as the others."""
    return None if file is None else Path(shutil.copyfile(file, folder / "purposes.toml"))


def _granian(settings: Settings, port: int, module: Path) -> None:
    """Run granian until it is stopped."""
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    # A fork would hand on this process's threads, locked as they are, and torch where a demo has just trained.
    multiprocessing.set_start_method("spawn", force=True)
    Server(
        f"{module}:serving",
        working_dir=ROOT,
        factory=True,
        address=settings.host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # HTTP/2 has no timeout for who connects and says nothing
        workers=settings.workers,
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

"""A home with a town and a model of a small one, and a server over a home, as benchmarks ask them over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from graph.purposes import PURPOSES
from graph.snapshots.build import build_snapshot
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.synthetic.town import write_town
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from service.training import train_serving_model
from service.workspace import Workspace

NAME: Final = "Bench"  # whose key it is
TRAINED_ON: Final = 600  # parties of the town that the model is trained on
PATIENCE: Final = 600.0
OTHERS: Final = 3.0  # seconds until the other process is ready, too
SERVE: Final = ("-c", "from cli.main import main; main()", "serve", "--json")


def home_with_town(home: Path, scratch: Path, parties: int) -> None:
    """Make a home with a town of so many parties."""
    workspace = Workspace(home).made()
    for size, place in ((TRAINED_ON, scratch / "small.db"), (parties, home / "kith.db")):
        write_town(scratch / str(size), size)
        store = open_store(f"sqlite:///{place}")
        load([scratch / str(size)], store, rejects_dir=scratch / "rejects")
        if size == TRAINED_ON:
            trained = train_serving_model(build_snapshot(store, scratch / "small"), 0, None, lambda *_: None)
            workspace.keep_model(trained.model)
        else:
            workspace.keep_snapshot(store)
        store.close()


def new_key(home: Path, role: str = "service") -> str:
    """A key of a home, for every purpose."""
    records = open_records(Settings(home=home).records)
    text, _ = keys.create(records, PURPOSES, role, ["all"], NAME)
    records.dispose()
    return text


@contextmanager
def served(home: Path, program: Sequence[str] = SERVE, **settings: str) -> Iterator[str]:
    """The address of a server over a home, once it is ready.

    program: arguments of Python, to which the file is added in which the server says its address. settings: variables
    of its environment.
    """
    said, log = home / "served.json", home / "serve.log"
    told = {"KITH_HOME": str(home), "KITH_PORT": "0", "PYTHONPATH": ":".join(sys.path), **settings}
    with log.open("w") as written:
        command = [sys.executable, *program, str(said)]
        process = subprocess.Popen(command, env={**os.environ, **told}, stdout=written, stderr=written)
        try:
            end = time.monotonic() + PATIENCE
            while (address := _ready(said)) is None:
                if time.monotonic() > end or process.poll() is not None:
                    raise RuntimeError(log.read_text()[-2000:])
                time.sleep(0.2)
            time.sleep(OTHERS)
            yield address
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _ready(said: Path) -> str | None:
    try:
        address = str(json.loads(said.read_text())["url"])
        with urlopen(f"{address}/readyz", timeout=5):
            return address
    except (OSError, ValueError):
        return None

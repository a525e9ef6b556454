"""A real PostgreSQL for a run of the tests: a cluster of its own on a free loopback port, without any durability."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import StoreUnavailable

DEBIAN = Path("/usr/lib/postgresql")
PATIENCE = 60.0  # seconds
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50")


def programs() -> Path:
    """The folder of PostgreSQL's programs. Raises StoreUnavailable where it is not installed."""
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = versions[-1] if versions else shutil.which("initdb")
    if found is None:
        raise StoreUnavailable("PostgreSQL is not installed (Debian: postgresql)")
    return Path(found).parent


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a server, without a database; it ends with the block. Raises StoreUnavailable."""
    bin, user = programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="kith-postgresql-"))
    if user is not None:
        os.chown(folder, user, -1)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        made = [str(bin / "initdb"), "-D", str(folder / "data"), "-U", "kith", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(made, check=True, capture_output=True, user=user, cwd=folder)
        options = [word for option in QUICK for word in ("-c", option)]
        run = [str(bin / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen([*run, *options], stdout=log, stderr=log, user=user, cwd=folder) as server,
        ):
            try:
                _wait(bin, port, folder)
                yield f"postgresql+pg8000://kith@127.0.0.1:{port}"
            finally:
                server.terminate()
    finally:
        shutil.rmtree(folder)


def _user() -> int | None:
    """As whom it runs: PostgreSQL refuses root, for whom Debian's package has made a user."""
    return pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else None


def _wait(bin: Path, port: int, folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while subprocess.run([str(bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode:
        if time.monotonic() > end:
            raise StoreUnavailable(f"PostgreSQL did not start: {(folder / 'log').read_text()[-500:]}")
        time.sleep(0.1)

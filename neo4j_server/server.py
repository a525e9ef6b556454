"""A real Neo4j community server from its ordinary jars: fetched by Maven once, started on a loopback port.

It uses the driver only to see that the server answers and to change a fresh database's first password; facts go
through `graph.stores.neo4j`.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import neo4j
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from graph.errors import StoreUnavailable

HERE: Final = Path(__file__).parent
JARS: Final = HERE / "lib"
COMPLETE: Final = JARS / ".complete"
FIRST_PASSWORD: Final = "neo4j"
START_SECONDS: Final = 120
OPENED: Final = ("java.base/java.nio", "java.base/java.lang")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `url` has the password and goes to `--store`."""

    url: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Ask it to stop, as an operator would, and wait."""
        self.process.terminate()
        self.process.wait(60)


def fetch() -> None:
    """Fetch the jars where they are not there yet. Raises StoreUnavailable saying what is missing."""
    _need("javac", "default-jdk-headless")
    if COMPLETE.exists():
        return
    _need("mvn", "maven")
    print("Fetching Neo4j's jars (once, about 130 MB)", flush=True)
    goal = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
    done = subprocess.run(goal, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout or done.stderr).strip().splitlines()
        raise StoreUnavailable(f"no Neo4j: Maven could not fetch its jars ({said[0] if said else 'no reason given'})")
    COMPLETE.touch()


def _need(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise StoreUnavailable(
            f"no Neo4j: {program} is missing; install it (Debian: {package}), or name a running server in "
            "KITH_TEST_NEO4J_URL"
        )


def start(folder: Path, password: str = "kith-local", port: int = 0, options: tuple[str, ...] = ()) -> Server:
    """Start a server on `folder` (created if absent) and wait until it answers; port 0 takes a free one.

    `options` go to java.

    A fresh database wants its first password changed: it becomes `password`. Raises StoreUnavailable.
    """
    fetch()
    port = _free_port(port)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    opens = [argument for package in OPENED for argument in ("--add-opens", f"{package}=ALL-UNNAMED")]
    command = [
        "java",
        "-Xmx1g",
        *options,
        *opens,
        "-cp",
        f"{JARS}/*",
        str(HERE / "Launcher.java"),
        str(folder),
        str(port),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    server = Server(f"neo4j://neo4j:{password}@127.0.0.1:{port}/neo4j", port, folder, process)
    try:
        _wait(server, password)
    except BaseException:
        process.kill()
        raise
    return server


def _wait(server: Server, password: str) -> None:
    address = f"bolt://127.0.0.1:{server.port}"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with neo4j.GraphDatabase.driver(address, auth=("neo4j", password)) as driver:
                driver.verify_connectivity()
            return
        except AuthError:
            _change_first_password(address, password)
        except (DriverError, Neo4jError, OSError):
            time.sleep(0.3)
    raise StoreUnavailable(f"Neo4j did not start; its log is {server.folder / 'server.log'}")


def _change_first_password(address: str, password: str) -> None:
    try:
        with neo4j.GraphDatabase.driver(address, auth=("neo4j", FIRST_PASSWORD)) as driver:
            driver.execute_query(
                "ALTER CURRENT USER SET PASSWORD FROM $old TO $new",
                {"old": FIRST_PASSWORD, "new": password},
                database_="system",
            )
    except (DriverError, Neo4jError):
        time.sleep(0.3)


def _free_port(port: int) -> int:
    """The port, or any free one for 0. Raises StoreUnavailable where it is taken."""
    try:
        with socket.create_server(("127.0.0.1", port)) as probe:
            return int(probe.getsockname()[1])
    except OSError as error:
        raise StoreUnavailable(f"127.0.0.1:{port} is taken: a server may be running there already") from error

"""The commands of a page of the documents, run in their order on a copy of the house against a server of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.house import House

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8100"
PATIENCE = 240  # seconds
SECTION = "echo '## SECTION'"


def script(page: Path, port: int, party: str) -> str:
    """The commands of the page, for this port and this party; each section's output begins with a line of its own."""
    sections = re.findall(r"^```bash\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    commands = "\n".join(f"{SECTION}\n{section}" for section in sections)
    assert ADDRESS in commands and "PARTY=p00029" in commands
    wanted = commands.replace(ADDRESS, f"http://127.0.0.1:{port}").replace("PARTY=p00029", f"PARTY={party}")
    return f"set -euo pipefail\n{wanted}"


def walked(page: Path, house: House, folder: Path, **settings: str) -> list[str]:
    """What each section of the page printed, in a folder of its own that holds a copy of the house as `.kith`.

    settings: variables of the environment beside those of the server.
    """
    house.copy(folder / ".kith")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    kith = folder / "kith"
    kith.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from cli.main import main; main()' \"$@\"\n")
    kith.chmod(0o755)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}
    environment = plain | settings | {
        "KITH_PORT": str(port), "KITH_WORKERS": "1",
        "PATH": os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder), os.environ.get("PYTHONPATH", "")]),
    }  # fmt: skip
    out, err = folder / "out.txt", folder / "err.txt"
    with out.open("w") as printed, err.open("w") as logged:
        shell = subprocess.Popen(
            ["bash", "-c", script(page, port, house.member)], cwd=folder, env=environment, stdout=printed,
            stderr=logged, start_new_session=True,
        )  # fmt: skip
        try:
            code = shell.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)  # the server, where a command before its end failed
    assert code == 0, out.read_text() + err.read_text()
    return out.read_text().split("## SECTION\n")[1:]

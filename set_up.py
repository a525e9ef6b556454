"""Install a locked list of wheels into the environment whose Python runs this, and say how far it is.

    python set_up.py                            # which Python this is, and whether the lists have wheels for it
    .venv/bin/python set_up.py requirements.lock

`make` calls it before anything is installed, so it uses the standard library alone. pip shows nothing while it unpacks,
and most of set-up is unpacking; hence the lines every ten seconds.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SECONDS = 10  # between two lines of progress
LISTS = ("requirements.lock", "requirements-dev.lock")  # in the order of the columns of downloads.txt


def main(arguments: list[str]) -> int:
    """The exit code: 0 when the list is installed, 1 when there are no wheels for this Python, else pip's."""
    target = f"{platform.system()} {platform.machine()} {sys.version_info[0]}.{sys.version_info[1]}"
    sizes = downloads()
    if target not in sizes:
        offered = "".join(f"\n    {each}" for each in sizes)
        print(f"The locked lists have no wheels for {target}. They have them for{offered}", file=sys.stderr)
        return 1
    if not arguments:
        print(f"Taking {sys.executable}, Python {platform.python_version()}; PYTHON=... names another", flush=True)
        return 0
    (name,) = arguments
    megabytes = sizes[target][LISTS.index(name)]
    print(f"Installing {name}: up to {megabytes:,} MB to fetch, less what pip kept from before", flush=True)
    return install(ROOT / name)


def downloads() -> dict[str, list[int]]:
    """MB to fetch for each of LISTS, by system, machine and version of Python."""
    lines = (ROOT / "downloads.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.rsplit(maxsplit=len(LISTS)) for line in lines if not line.startswith("#")]
    return {target: [int(size) for size in sizes] for target, *sizes in rows}


def install(locked: Path, seconds: float = SECONDS) -> int:
    """pip's exit code after it has installed the list, with a line of progress every so many seconds.

    The list is complete, so nothing is resolved (--no-deps): an extra of a package, as in pydantic[email], would make
    pip want its newest release. Python compiles what is imported when it is, and not all of it here (--no-compile).
    """
    options = ["--quiet", "--no-deps", "--no-compile", "--require-hashes", "--only-binary=:all:"]
    start = time.time()
    with tempfile.TemporaryDirectory(prefix="fetched-", dir=sys.prefix) as folder:  # /tmp may lie in memory
        pip = subprocess.Popen(
            [sys.executable, "-m", "pip", "install", *options, "--requirement", str(locked)],
            env={**os.environ, "TMPDIR": folder},
        )
        while True:
            try:
                return pip.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                print(f"{time.time() - start:5.0f} s: {progress(Path(folder), start)}", flush=True)
            except KeyboardInterrupt:
                pip.wait()
                print("Stopped; the same command goes on.", file=sys.stderr)
                return 130


def progress(folder: Path, start: float) -> str:
    """How much lies in pip's folder of wheels; once all are there, how many of them are unpacked."""
    wheels = [wheel.stat().st_size for wheel in folder.glob("pip-unpack-*/*.whl")]
    installed = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    unpacked = sum(each.stat().st_mtime >= start for each in installed)
    if unpacked:
        return f"{unpacked} of {max(unpacked, len(wheels))} packages unpacked"  # pip empties the folder at the end
    return f"{sum(wheels) / 1e6:,.0f} MB fetched"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`kith client`: a typed Python client, generated from the description of a running server."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final
from urllib.error import HTTPError

import typer

from cli.data import Json
from cli.output import say, write_json
from graph.errors import InputError, KithError, UsageError

GENERATOR: Final = "openapi-python-client"
VERSION: Final = "0.29.1"  # the one that requirements-dev.lock pins, with which the tests are run
NEEDS: Final = ("httpx", "attrs")  # what a generated client imports
PATIENCE: Final = 30.0  # seconds for the server to describe itself


def add_to(app: typer.Typer) -> None:
    app.command()(client)


def client(
    out: Annotated[Path, typer.Argument(help="The folder to make; its name is that of the package.")],
    url: Annotated[str, typer.Option(help="Where the server is.")] = "http://127.0.0.1:8100",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the folder where it is there.")] = False,
    json_file: Json = None,
) -> None:
    """Make a typed Python client of a running server, a package of its own without Kith."""
    if not out.name.isidentifier():
        raise UsageError(f"{out.name} cannot be the name of a Python package; use letters, digits and underscores")
    if out.exists() and not overwrite:
        raise UsageError(f"{out} is there already; name another folder, or replace it with --overwrite")
    _check_generator()
    described = _description(url.rstrip("/"))
    with tempfile.TemporaryDirectory(prefix="kith-client-") as folder:
        spec, config = Path(folder) / "openapi.json", Path(folder) / "config.json"
        spec.write_bytes(described)
        config.write_text(json.dumps({"post_hooks": []}))  # programs that may be installed or not change nothing
        arguments = ["--path", str(spec), "--output-path", str(out), "--meta", "none", "--config", str(config)]
        arguments += ["--fail-on-warning", *(["--overwrite"] if overwrite else [])]
        command = [sys.executable, "-m", "openapi_python_client", "generate", *arguments]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise KithError(f"{GENERATOR} failed: {' '.join((made.stdout + made.stderr).split())}")
    say(f"{out}: a client of {url}; beside it install {' and '.join(NEEDS)}")
    write_json(json_file, {"client": str(out), "url": url, "generator": f"{GENERATOR} {VERSION}", "needs": NEEDS})


def _check_generator() -> None:
    """Raises KithError where the generator is missing or of another version."""
    how = f"install {GENERATOR}=={VERSION} beside Kith, or run `make client` in its folder"
    try:
        found = metadata.version(GENERATOR)
    except metadata.PackageNotFoundError:
        raise KithError(f"{GENERATOR} is not installed; {how}") from None
    if found != VERSION:
        raise KithError(f"{GENERATOR} is of version {found}, and clients are made by {VERSION}; {how}")


def _description(url: str) -> bytes:
    """What the server at this address answers as its description. Raises InputError where it is no Kith."""
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url} is no address of a server; it begins with http:// or https://")
    try:
        with urllib.request.urlopen(f"{url}/openapi.json", timeout=PATIENCE) as answer:
            described: bytes = answer.read()
        title = json.loads(described)["info"]["title"]
    except HTTPError:
        title = None
    except OSError as error:
        raise InputError(f"no server answers at {url} ({error}); start one with `kith serve`") from error
    except (ValueError, KeyError, TypeError):
        title = None
    if title != "Kith":
        raise InputError(f"what answers at {url} is no Kith; name another --url")
    return described

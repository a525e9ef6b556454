"""Which code answers: two servers with the same snapshot, model and policy may still run different versions of it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

ANSWERING: Final = ("graph", "gnn", "service")  # the packages whose code and texts an answer comes from
READ: Final = (".py", ".toml")
LIBRARIES: Final = ("numpy", "scipy", "numba", "onnxruntime", "networkx")  # whose arithmetic it comes from
SHOWN: Final = 12  # hex digits


@cache
def engine() -> str:
    """The engine as `VERSION+DIGEST`: Kith's version, and SHA-256 of the answering code and of its libraries' versions.

    The digest does not depend on where or when Kith was installed. It also covers code that only trains, so two engines
    that differ may answer the same; two that are the same answer the same on one family of processors.
    """
    digest = hashlib.sha256()
    for package in ANSWERING:
        for name, content in _sources(files(package), package):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    for library in LIBRARIES:
        digest.update(f"{library}=={version(library)}\n".encode())
    return f"{_own_version()}+{digest.hexdigest()[:SHOWN]}"


def _own_version() -> str:
    try:
        return version("kith")
    except PackageNotFoundError:  # run from its sources, without being installed
        return "0"


def _sources(folder: Traversable, name: str) -> list[tuple[str, bytes]]:
    """Every file of code and text below a package with its path, sorted."""
    sources = []
    for entry in folder.iterdir():
        if entry.is_dir():
            sources += _sources(entry, f"{name}/{entry.name}")
        elif entry.name.endswith(READ):
            sources.append((f"{name}/{entry.name}", entry.read_bytes()))
    return sorted(sources)

"""`python -m neo4j_server fetch | run`: what `make` calls."""

from __future__ import annotations

import sys
from pathlib import Path

from graph.errors import KithError
from neo4j_server.server import HERE, fetch, start

PORT = 7687


def main(arguments: list[str]) -> int:
    """Fetch the jars, or run a server until Ctrl-C."""
    try:
        if arguments == ["fetch"]:
            fetch()
            return 0
        if arguments == ["run"]:
            return _run()
    except KithError as error:
        print(error, file=sys.stderr)
        return 1
    print("python -m neo4j_server fetch | run", file=sys.stderr)
    return 2


def _run() -> int:
    data: Path = HERE / ".data"
    server = start(data, port=PORT)
    print(
        f"Neo4j is running on its data in {data}. Use it with\n\n    --store {server.url}\n\nCtrl-C stops it.",
        flush=True,
    )
    try:
        return server.process.wait()
    except KeyboardInterrupt:
        server.stop()
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

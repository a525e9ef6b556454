"""Serve a home as `kith serve` does, with the constant route: `python -m benchmarks.http.start FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.serve import found, run
from service.settings import read_settings

if __name__ == "__main__":
    run(found(read_settings()), Path(sys.argv[1]), Path(__file__).with_name("serving.py"))

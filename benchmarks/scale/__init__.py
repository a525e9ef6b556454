"""`kith bench scale`: a million parties on one machine, on a network of its own making (`network`), measured in parts
(`measure`)."""

from __future__ import annotations

from benchmarks.scale.measure import run

__all__ = ["run"]

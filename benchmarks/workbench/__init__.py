"""`kith bench workbench`: the page in a real Chromium, beside an empty page and beside Cytoscape's own layout.

`network` makes the workspace that is looked at, `server` serves it, `page` uses it as a person does, `layouts` says how
far parties move, `measure` puts the figures together.
"""

from __future__ import annotations

from benchmarks.workbench.measure import run

__all__ = ["run"]

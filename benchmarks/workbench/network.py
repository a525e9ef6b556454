"""The workspace that the page looks at: the built-in town, and beside it a hub with very many links."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cli.main import run
from loaders.synthetic.town import write_town

HUB: Final = "hub"
BEGIN: Final = 1_735_700_000.0
END: Final = 1_765_000_000.0  # of the town's year


def make_workspace(home: Path, parties: int, links_of_hub: int) -> str:
    """The id of an ordinary party with many links; the workspace has a snapshot and a model."""
    os.environ["KITH_HOME"] = str(home)
    truth = write_town(home / "town", parties=parties)
    _write_hub(home / "hub", links_of_hub)
    for command in (["load", str(home / "town")], ["load", str(home / "hub")], ["snapshot"], ["train"]):
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            code = run(command)
        if code:
            raise RuntimeError(told.getvalue())
    return truth.rings["ring_01"][0]


def _write_hub(folder: Path, links: int) -> None:
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    payers = [f"x{number:06d}" for number in range(links)]
    parties = {"id": [HUB, *payers], "kind": ["Merchant", *["Person"] * links]}
    paid: dict[str, Any] = {"source": payers, "target": [HUB] * links, "kind": ["PAYS"] * links}
    paid |= {"time": random.uniform(BEGIN, END, links).round(), "amount": random.lognormal(4, 1, links).round(2)}
    pq.write_table(pa.table(parties), folder / "parties.parquet")
    pq.write_table(pa.table(paid), folder / "relationships.parquet")

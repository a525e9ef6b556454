"""A year of payments through a mapping against the same payments as a plain folder: rows a second and memory.

The export has what banks write: IBANs in groups of four, decimal commas, dates with the day first. `python -m
benchmarks.payments [ROWS]`; both files are loaded one after the other, each in a process of its own.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.loading import CHUNK, KITH, ROWS, spent
from benchmarks.rows import row

ACCOUNTS: Final = 200_000
RATE_GOAL: Final = 0.6  # of the plain folder's rate
YEAR: Final = 365 * 1440  # minutes
BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
MAPPING: Final = """
name = "bank"
ends = "implied"
implied_kind = "Account"
[[files]]
name = "export.csv"
table = "relationships"
delimiter = ";"
decimal = ","
thousands = "."
[files.fields]
source = { column = "IBAN", form = "iban" }
target = { column = "IBAN Empfänger", form = "iban" }
kind = { constant = "PAYS" }
amount = "Betrag"
time = { column = "Buchungstag", unit = "%d.%m.%Y %H:%M" }
"""


def write_payments(folder: Path, rows: int, seed: int = 0) -> tuple[Path, Path]:
    """The plain relationships.csv and the export of the same payments, in a folder."""
    random = np.random.default_rng(seed)
    ibans = [_iban(number) for number in range(ACCOUNTS)]
    spaced = [" ".join(iban[i : i + 4] for i in range(0, len(iban), 4)) for iban in ibans]
    plain, export = folder / "relationships.csv", folder / "export.csv"
    with plain.open("w") as to_plain, export.open("w") as to_export:
        to_plain.write("source,target,kind,amount,time\n")
        to_export.write("Buchungstag;IBAN;IBAN Empfänger;Betrag\n")
        for start in range(0, rows, CHUNK):
            n = min(CHUNK, rows - start)
            source, target = random.integers(ACCOUNTS, size=(2, n)).tolist()
            cents, minutes = random.integers(1, 500_000, n).tolist(), random.integers(YEAR, size=n).tolist()
            times = [BEGIN + 60 * minute for minute in minutes]
            to_plain.writelines(
                f"{ibans[s]},{ibans[t]},PAYS,{c / 100},{at:.0f}\n"
                for s, t, c, at in zip(source, target, cents, times, strict=True)
            )
            days = [datetime.fromtimestamp(at, UTC).strftime("%d.%m.%Y %H:%M") for at in times]
            to_export.writelines(
                f"{day};{spaced[s]};{spaced[t]};{_german(c)}\n"
                for s, t, c, day in zip(source, target, cents, days, strict=True)
            )
    return plain, export


def run(rows: int = ROWS) -> dict[str, Any]:
    """Rows of `kith bench payments`; ratio > 1 where we are ahead of the goal."""
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        folder = Path(name)
        plain, export = write_payments(folder, rows)
        mapping = folder / "bank.toml"
        mapping.write_text(MAPPING)
        by_name = spent(KITH, "load", plain, "--store", f"sqlite:///{name}/plain.db")
        mapped = spent(KITH, "load", export, "--mapping", mapping, "--store", f"sqlite:///{name}/mapped.db")
    per_row: Sequence[float] = [1e6 * took.seconds / rows for took in (mapped, by_name)]
    return {
        "name": "payments",
        "links": rows,
        "rows": [
            row("load, one row", per_row[0], f"plain folder / {RATE_GOAL}", per_row[1] / RATE_GOAL, "us"),
            row("load, one row", per_row[0], "plain folder", per_row[1], "us"),
            row("load, peak memory", mapped.peak_mb, "plain folder", by_name.peak_mb, "MB"),
        ],
    }


def _iban(number: int) -> str:
    """A German IBAN with right check digits."""
    account = f"37040044{number:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def _german(cents: int) -> str:
    return f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:2])), indent=2))

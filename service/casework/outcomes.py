"""What closed cases have confirmed, as the rows of an outcomes file: the way back from casework to the facts."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from graph.errors import InputError
from service.casework.cases import content_of, state_of
from service.records.casework import cases as stored_cases

SOURCE: Final = "casework"  # of the facts in the store
COLUMNS: Final = ("id", "outcome", "time", "key")

Row = tuple[str, str, float | None, str]


def confirmed_outcomes(records: Engine) -> list[Row]:
    """Party, outcome, opening (seconds since 1970, None if unknown) and key of each, by case and party.

    Only of cases that are closed: one that is opened again takes its outcomes back.
    """
    rows: list[Row] = []
    for case in stored_cases.every(records):
        closing = content_of(case).closing
        if state_of(case) == "closed" and closing is not None and closing.confirmed_by is not None:
            rows += [
                (fact.party, fact.outcome, fact.opened, f"case {case.id}, {fact.outcome} of {fact.party}")
                for fact in sorted(closing.facts, key=lambda one: (one.party, one.outcome))
            ]
    return rows


def write_outcomes(records: Engine, folder: Path) -> int:
    """How many outcomes were written to `outcomes.csv` in a folder, as an exchange folder holds them.

    Raises InputError where the file cannot be written.
    """
    rows = confirmed_outcomes(records)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "outcomes.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
    except OSError as error:
        raise InputError(f"{folder / 'outcomes.csv'} cannot be written: {error.strerror or error}") from error
    return len(rows)

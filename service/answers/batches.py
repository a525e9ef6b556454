"""Scores of many parties at once, into one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from graph.errors import InputError, UsageError
from graph.purposes import Purpose
from service.answers.scores import ScoreAnswer, scores_of_rows
from service.context import ServingContext
from service.csv_files import write_csv

ROWS: Final = 2_000  # written at once
COLUMNS: Final = pa.schema(
    [
        pa.field("party", pa.string()),
        pa.field("score", pa.int32()),
        pa.field("probability", pa.float64()),
        pa.field("interval", pa.list_(pa.float64(), 2)),
        pa.field("level", pa.string()),
        pa.field("approved", pa.bool_()),
        pa.field("warnings", pa.list_(pa.string())),
    ]
)


CSV_COLUMNS: Final = ("party", "score", "probability", "low", "high", "level", "approved", "warnings")
FORMS: Final = (".csv", ".parquet")


def write_scores(
    context: ServingContext, purpose: Purpose, rows: Sequence[int], out: Path, progress: Callable[[float], None]
) -> dict[str, int]:
    """The number of parties by level (or yes and no), of a file with one line for each of the rows, in their order.

    out: a .parquet file or a .csv file, which has the interval as two columns and the warnings as one text.
    `progress` is called with the share that is done, 0..1.

    Raises InputError where the file cannot be written.
    Raises UsageError for a file of another name.
    """
    if out.suffix not in FORMS:
        raise UsageError(f"{out} ends neither with .csv nor with .parquet, so its form is not known; name it so")
    counts: Counter[str] = Counter()

    def answers() -> Iterator[list[ScoreAnswer]]:
        for start in range(0, len(rows), ROWS):
            scored = scores_of_rows(context, rows[start : start + ROWS], purpose)
            counts.update(
                str(one.level) if one.approved is None else ("yes" if one.approved else "no") for one in scored
            )
            yield scored
            progress(min(start + ROWS, len(rows)) / len(rows))

    beside = out.with_name(f".{out.name}.partial")
    try:
        (_write_csv if out.suffix == ".csv" else _write_parquet)(beside, answers())
        beside.replace(out)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return dict(sorted(counts.items()))


def _write_parquet(file: Path, answers: Iterable[list[ScoreAnswer]]) -> None:
    with pq.ParquetWriter(file, COLUMNS) as writer:
        for scored in answers:
            columns = [[getattr(one, name) for one in scored] for name in COLUMNS.names]
            writer.write_batch(pa.record_batch(columns, schema=COLUMNS))


def _write_csv(file: Path, answers: Iterable[list[ScoreAnswer]]) -> None:
    write_csv(file, CSV_COLUMNS, (_cells(one) for scored in answers for one in scored))


def _cells(one: ScoreAnswer) -> list[Any]:
    low, high = (None, None) if one.interval is None else one.interval
    approved = None if one.approved is None else "yes" if one.approved else "no"
    return [one.party, one.score, one.probability, low, high, one.level, approved, " ".join(one.warnings)]

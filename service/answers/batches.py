"""Scores of every party at once, into one Parquet file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from graph.errors import InputError
from graph.purposes import Purpose
from service.answers.scores import scores_of_rows
from service.context import ServingContext

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


def write_scores(
    context: ServingContext, purpose: Purpose, out: Path, progress: Callable[[float], None]
) -> dict[str, int]:
    """The number of parties by level (or yes and no), of a file with one row for each party, in row order.

    `progress` is called with the share that is done, 0..1. Raises InputError where the file cannot be written.
    """
    counts: Counter[str] = Counter()
    beside = out.with_name(f".{out.name}.partial")
    try:
        with pq.ParquetWriter(beside, COLUMNS) as writer:
            for start in range(0, context.snapshot.n_parties, ROWS):
                rows = range(start, min(start + ROWS, context.snapshot.n_parties))
                answers = scores_of_rows(context, rows, purpose)
                counts.update(
                    str(answer.level) if answer.approved is None else ("yes" if answer.approved else "no")
                    for answer in answers
                )
                columns = [[getattr(answer, name) for answer in answers] for name in COLUMNS.names]
                writer.write_batch(pa.record_batch(columns, schema=COLUMNS))
                progress(rows.stop / context.snapshot.n_parties)
        beside.replace(out)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return dict(sorted(counts.items()))

"""Scores of many parties at once, into one file.

Parts of PART parties are kept beside the file until it is complete. A run that was stopped goes on after its last part
if it is asked for the same parties of the same snapshot, by the same model, for the same purpose.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graph.errors import InputError, UsageError
from graph.purposes import Purpose
from graph.snapshots.files import canonical_json
from service.answers.objecting import NO_OTHERS, Others, by_row, own_scores_of_rows
from service.answers.provenance import provenance
from service.answers.scores import UNKNOWN
from service.context import ServingContext
from service.csv_files import write_csv

PART: Final = 20_000  # parties
AT_ONCE: Final = 4_000  # parties that are scored together
COLUMNS: Final = pa.schema(
    [
        pa.field("party", pa.string()),
        pa.field("state", pa.string()),
        pa.field("score", pa.int32()),
        pa.field("probability", pa.float64()),
        pa.field("interval", pa.list_(pa.float64(), 2)),
        pa.field("level", pa.string()),
        pa.field("approved", pa.bool_()),
        pa.field("warnings", pa.list_(pa.string())),
        pa.field("statements", pa.list_(pa.string())),
    ]
)


CSV_COLUMNS: Final = (
    "party",
    "state",
    "score",
    "probability",
    "low",
    "high",
    "level",
    "approved",
    "warnings",
    "statements",
)
FORMS: Final = (".csv", ".parquet", ".jsonl")
UNKNOWN_ROW: Final = -1
STATING: Final = ("assessed", "thin")  # states of the answers that tell what the party states

Statements = Mapping[int, Sequence[str]]  # what parties state, the oldest first, by row
NO_STATEMENTS: Final[Statements] = MappingProxyType({})


def write_scores(
    context: ServingContext,
    purpose: Purpose,
    rows: Sequence[int],
    out: Path,
    progress: Callable[[float], None],
    ids: Sequence[str] | None = None,
    others: Others = NO_OTHERS,
    statements: Statements = NO_STATEMENTS,
) -> dict[str, int]:
    """The number of parties by level (or yes and no), of a file with one line for each of the rows, in their order.

    out: a .parquet file, a .jsonl file of one JSON object a line, or a .csv file, which has the interval as two columns
    and warnings and statements as one text each. `progress` is called with the share that is done, 0..1. ids: what the
    parties are called; by default by their ids. UNKNOWN_ROW stands for one that the network does not have. others: the
    purposes of parties that objected. statements: those that count for the purpose.

    Raises InputError where the file cannot be written.
    Raises UsageError for a file of another name.
    """
    if out.suffix not in FORMS:
        raise UsageError(f"{out} ends with none of {', '.join(FORMS)}, so its form is not known; name it so")
    every = np.asarray(rows, np.int64)
    own = by_row(context.snapshot, others)
    by_others = [[row, other.policy()] for row, other in sorted(own.items())]
    said = canonical_json([provenance(context, purpose), ids, by_others, sorted(statements.items())])
    asked = hashlib.sha256(said + every.tobytes()).hexdigest()
    parts, beside = out.with_name(f".{out.name}.parts"), out.with_name(f".{out.name}.partial")
    try:
        _begin(parts, asked)
        files = []
        for number, start in enumerate(range(0, len(every), PART)):
            part = parts / f"{number:06d}.parquet"
            if not part.exists():
                names = None if ids is None else ids[start : start + PART]
                _write_part(part, context, purpose, every[start : start + PART], names, own, statements)
            files.append(part)
            progress(min(start + PART, len(every)) / len(every))
        counts = Counter[str]()
        _join(files, beside, out.suffix, counts)
        beside.replace(out)
        shutil.rmtree(parts)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return dict(sorted(counts.items()))


def _begin(parts: Path, asked: str) -> None:
    """Make the folder of parts; those of another question in it go."""
    of = parts / "asked"
    if parts.is_dir() and of.is_file() and of.read_text() == asked:
        return
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(mode=0o700)
    of.write_text(asked)


def _write_part(
    part: Path,
    context: ServingContext,
    purpose: Purpose,
    rows: Any,
    ids: Sequence[str] | None,
    others: Mapping[int, Purpose],
    statements: Statements,
) -> None:
    beside = part.with_suffix(".partial")
    with pq.ParquetWriter(beside, COLUMNS) as writer:
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            known = some[some != UNKNOWN_ROW].tolist()
            told = dict(zip(known, own_scores_of_rows(context, known, purpose, others), strict=True))
            scored = [told.get(row, UNKNOWN) for row in some.tolist()]
            columns = [[getattr(one, name) for one in scored] for name in COLUMNS.names[1:-1]]
            columns.append(
                [
                    list(statements.get(row, ())) if one.state in STATING else []
                    for row, one in zip(some.tolist(), scored, strict=True)
                ]
            )
            if ids is None:
                parties = context.snapshot.id_array().take(pa.array(some)).cast(pa.string())
            else:
                parties = pa.array(ids[start : start + AT_ONCE], pa.string())
            writer.write_batch(pa.record_batch([parties, *columns], schema=COLUMNS))
    beside.replace(part)


def _join(parts: Sequence[Path], out: Path, form: str, counts: Counter[str]) -> None:
    """Write all parts into one file and count parties by level, or by yes and no."""

    def tables() -> Iterator[pa.Table]:
        for part in parts:
            table = pq.read_table(part)
            approved = pc.if_else(table["approved"], "yes", "no")
            told = pc.value_counts(pc.coalesce(approved, table["level"]).combine_chunks())
            counts.update({one["values"]: one["counts"] for one in told.to_pylist()})
            yield table

    if form == ".csv":
        write_csv(out, CSV_COLUMNS, (_cells(one) for table in tables() for one in table.to_pylist()))
        return
    if form == ".jsonl":
        with out.open("w", encoding="ascii") as file:
            file.writelines(f"{json.dumps(one)}\n" for table in tables() for one in table.to_pylist())
        return
    with pq.ParquetWriter(out, COLUMNS) as writer:
        for table in tables():
            writer.write_table(table)


def _cells(one: dict[str, Any]) -> list[Any]:
    low, high = (None, None) if one["interval"] is None else one["interval"]
    approved = None if one["approved"] is None else "yes" if one["approved"] else "no"
    values = [one["party"], one["state"], one["score"], one["probability"], low, high, one["level"], approved]
    return [*values, " ".join(one["warnings"]), " | ".join(one["statements"])]

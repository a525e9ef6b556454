"""Scores of many parties as a job: a file of its own in the workspace, which goes when the job is forgotten."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine

from graph.errors import InputError, StateConflict, UnknownRecord
from graph.purposes import Purpose
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.snapshot import Snapshot
from service.answers.batching.files import Statements, write_scores
from service.answers.objecting import Objecting
from service.answers.provenance import provenance
from service.context import ServingContext
from service.job_worker import Progress
from service.records import jobs
from service.records.jobs import Job
from service.workspace import Workspace

KIND: Final = "score_batch"
IDS: Final = "asked.json"
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/jsonl",
}

Stating = Callable[[ServingContext, Purpose], Statements]


def begin(
    records: Engine, workspace: Workspace, parties: Sequence[str] | None, purpose: str, form: str, owner: int
) -> str:
    """The id of a new job that scores these parties (None: every one that can be scored) into a file of a form."""
    folder = secrets.token_hex(16)
    place = _place(workspace, folder)
    place.mkdir(mode=0o700, parents=True)
    if parties is not None:
        (place / IDS).write_text(json.dumps(list(parties)), encoding="ascii")
    request = {"folder": folder, "purpose": purpose, "form": form, "all": parties is None}
    return jobs.enqueue(records, KIND, request, owner, time.time())


def score_batch(
    context: Callable[[], ServingContext],
    objecting: Objecting,
    stating: Stating,
    workspace: Workspace,
    job: Job,
    progress: Progress,
) -> Any:
    """What became of a job: numbers of parties, by level too, and from what they were scored.

    A worker that goes on after another one keeps the parts that are written, unless the network is another by now.
    objecting: which parties are answered for by another purpose than one, and by which. stating: what parties state
    about what counts for a purpose.
    """
    _forget(workspace)
    served, place = context(), _place(workspace, job.request["folder"])
    purpose = served.purpose(job.request["purpose"])
    served = served.ready_for(purpose)
    if job.request["all"]:
        ids, rows = None, _scored(served.snapshot)
    else:
        ids = _ids(place)
        rows = served.snapshot.find_rows(pa.array(ids, pa.large_string())).astype(np.int64)
    progress(0, len(rows))
    out = place / f"scores.{job.request['form']}"
    counts = write_scores(
        served,
        purpose,
        rows.tolist(),
        out,
        lambda share: progress(round(share * len(rows)), len(rows)),
        ids,
        objecting(served, purpose),
        stating(served, purpose),
    )
    return {"parties": len(rows), "levels": counts, "bytes": out.stat().st_size} | provenance(served, purpose)


def file_of(records: Engine, workspace: Workspace, id: str, owner: int | None) -> tuple[Path, str]:
    """The file that a job of an owner (None: of anybody) has written, and its media type.

    Raises UnknownRecord, StateConflict for a job that is not done.
    """
    job = jobs.get(records, id)
    if job is None or job.kind != KIND or (owner is not None and job.owner != owner):
        raise UnknownRecord("there is no such batch, or it is not of this key")
    if job.state != "done":
        raise StateConflict(f"this batch is {job.state}; GET /v1/jobs/{id} says how far it is")
    form = job.request["form"]
    file = _place(workspace, job.request["folder"]) / f"scores.{form}"
    if not file.is_file():
        raise UnknownRecord("the file of this batch is gone; ask for it again")
    return file, MEDIA_TYPES[form]


def _scored(snapshot: Snapshot) -> Any:
    """The rows of every party but identifiers, which have no score, int64[k]."""
    identifies = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    return np.flatnonzero(~np.isin(snapshot.party_kind, identifies))


def _ids(place: Path) -> list[str]:
    try:
        return [str(id) for id in json.loads((place / IDS).read_text(encoding="ascii"))]
    except (OSError, ValueError) as error:
        raise InputError("what the batch asked about is gone; ask for it again") from error


def _place(workspace: Workspace, folder: str) -> Path:
    return workspace.made().folder / "batches" / folder


def _forget(workspace: Workspace) -> None:
    """Remove the files of batches that are older than jobs are kept."""
    for place in (workspace.folder / "batches").glob("*"):
        if place.stat().st_mtime < time.time() - 2 * jobs.KEPT:
            shutil.rmtree(place, ignore_errors=True)

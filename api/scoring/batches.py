"""/v1/score-batches: scores of more parties than one answer holds, as a job that writes a file."""

from __future__ import annotations

from functools import partial

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, g, send_file

from api.access import allowed_purpose, require_explorer
from api.administration.owner import owner
from api.context import asked_about, serving_context
from api.schemas.scores import ScoreFileRequest
from service.administration.jobs import JobAnswer, read_job
from service.answers.batching import jobs
from service.rights.objections.answering import others_of, statements_by_row
from service.workspace import Workspace

bp = APIBlueprint("batches", __name__, url_prefix="/v1", tag="scores")


def add_to(app: APIFlask) -> None:
    """Let this application work on batches."""
    workspace = Workspace(app.extensions["kith.settings"].home)
    objecting = partial(others_of, app.extensions["kith.matters"])
    stating = partial(statements_by_row, app.extensions["kith.matters"])
    handler = partial(jobs.score_batch, serving_context, objecting, stating, workspace)
    app.extensions["kith.job_handlers"][jobs.KIND] = handler


@bp.post("/score-batches")
@bp.doc(operation_id="begin_score_batch")
@bp.input(ScoreFileRequest)
@bp.output(JobAnswer, status_code=202)
def begin(json_data: ScoreFileRequest) -> JobAnswer:
    """Begin to score many parties into one file; `GET /v1/jobs/{job}` says how far it is.

    Without `parties` every one is scored, which tells their ids: not for keys of a service.
    """
    purpose = allowed_purpose(json_data.purpose)
    if json_data.parties is None:
        require_explorer("the scores of everybody")
    else:
        asked_about(*json_data.parties)
    _ = serving_context().model  # there must be one now, and not only when the job is worked on
    records = current_app.extensions["kith.records"]
    workspace = Workspace(current_app.extensions["kith.settings"].home)
    job = jobs.begin(records, workspace, json_data.parties, purpose.name, json_data.form, g.key.owner)
    return read_job(records, job, g.key.owner)


@bp.get("/score-batches/<string:job>")
@bp.doc(hide=True)  # a file, and no JSON
def file(job: str) -> Response:
    """The file of a batch that is done, for the key that began it and for admins."""
    workspace = Workspace(current_app.extensions["kith.settings"].home)
    path, media_type = jobs.file_of(current_app.extensions["kith.records"], workspace, job, owner())
    return send_file(path.resolve(), media_type, as_attachment=True, download_name=path.name)

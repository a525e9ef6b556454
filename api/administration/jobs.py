"""/v1/jobs: work that goes on after its request was answered."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import current_app

from api.administration.owner import owner
from api.schemas.administration import JobListQuery
from service.administration import jobs
from service.administration.jobs import JobAnswer, JobPage

bp = APIBlueprint("jobs", __name__, url_prefix="/v1", tag="administration")


@bp.get("/jobs")
@bp.doc(operation_id="list_jobs")
@bp.input(JobListQuery, location="query")
@bp.output(JobPage)
def listed(query_data: JobListQuery) -> JobPage:
    """The jobs that this key began, the newest first; an admin sees everybody's."""
    records = current_app.extensions["kith.records"]
    return jobs.list_jobs(records, owner(), query_data.kind, query_data.state, query_data.limit, query_data.cursor)


@bp.get("/jobs/<string:job>")
@bp.doc(operation_id="get_job")
@bp.output(JobAnswer)
def read(job: str) -> JobAnswer:
    """A job and how far it is, for the key that began it and for admins."""
    return jobs.read_job(current_app.extensions["kith.records"], job, owner())

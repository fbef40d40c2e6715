"""The routes of batch jobs."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, send_file

from api.bank.own import bank_of
from api.bank.service import template_of
from api.changes import changing
from api.context import current
from api.errors import NotFound
from api.identity import asking, needs
from api.jobs import schemas
from api.jobs.service import archive, found, order, stop
from api.openapi import address, blueprint, created, reply, responses, stream_responses
from api.paging import MOMENT_AND_ID
from api.scopes import Scope

api = blueprint("jobs", "Batches of exercises, made in the background")
ZIP = "application/zip"


@api.get("/jobs", responses=responses(schemas.JobList))
@needs(Scope.JOBS_READ)
def list_jobs(query: schemas.JobQuery) -> Response:
    """The course's jobs, newest first."""
    with current().database.read() as unit:
        rows = unit.jobs.of_course(asking().course_id, query.page(*MOMENT_AND_ID))
        answer = schemas.JobList(
            items=[schemas.BatchJob.model_validate(row) for row in rows],
            next=query.onward(rows, lambda row: (row.created_at, row.id)),
        )
    return reply(answer)


@api.post(
    "/jobs",
    responses=responses(
        schemas.BatchJob, HTTPStatus.CREATED, body=True, missing=True, conflict=True
    ),
)
@needs(Scope.JOBS_WRITE)
def create_job(body: schemas.NewJob) -> Response:
    """Orders a batch of certified exercises, as sheets with solutions or as data."""
    context = current()
    bank = bank_of(context, asking().course_id)
    for slug in body.templates:
        template_of(bank, slug)
    with changing() as change:
        job = order(change.unit, asking(), body, change.now)
        answer = schemas.BatchJob.model_validate(job)
        return change.answer(created(answer, address("jobs", job.id)))


@api.get("/jobs/<job_id>", responses=responses(schemas.BatchJob, missing=True))
@needs(Scope.JOBS_READ)
def get_job(path: schemas.JobPath) -> Response:
    """One job, and how far it has come."""
    with current().database.read() as unit:
        return reply(schemas.BatchJob.model_validate(found(unit, asking(), path.job_id)))


@api.post("/jobs/<job_id>/stop", responses=responses(schemas.BatchJob, missing=True))
@needs(Scope.JOBS_WRITE)
def stop_job(path: schemas.JobPath) -> Response:
    """Stops a job that is not over yet."""
    with changing() as change:
        job = found(change.unit, asking(), path.job_id)
        stop(job, change.now)
        change.unit.flush()
        return change.answer(reply(schemas.BatchJob.model_validate(job)))


@api.get("/jobs/<job_id>/archive", responses=stream_responses(ZIP))
@needs(Scope.JOBS_READ)
def get_archive(path: schemas.JobPath) -> Response:
    """What the job made, as one ZIP archive; 404 before it is done."""
    context = current()
    with context.database.read() as unit:
        job = found(unit, asking(), path.job_id)
    file = archive(context.settings, job.id).absolute()
    if not file.exists():
        raise NotFound("archive of job", job.id)
    return send_file(file, mimetype=ZIP, as_attachment=True)

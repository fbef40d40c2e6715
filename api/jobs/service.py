"""A job's life: ordered, run by whoever is free, stopped or fetched."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path

from api.errors import Conflict, NotFound
from api.identity import Identity
from api.jobs.schemas import NewJob
from api.settings import Settings
from api.store.models import Job, JobState
from api.store.unit import Unit

OPEN = (JobState.WAITING, JobState.RUNNING)


def order(unit: Unit, by: Identity, wanted: NewJob, now: datetime) -> Job:
    """The job, waiting to be run."""
    names = unit.practice.student_names(by.course_id) if wanted.for_learners else []
    if wanted.for_learners and not names:
        raise Conflict("Nobody is a student of this course yet; enrol somebody first.")
    learners = {"learners": names} if names else {}
    return unit.jobs.add(
        Job(
            id=uuid.uuid4(),
            course_id=by.course_id,
            order={**wanted.model_dump(mode="json"), **learners},
            state=JobState.WAITING,
            done=0,
            total=wanted.count * max(1, len(names)),
            created_by=by.person_id,
            created_at=now,
        )
    )


def found(unit: Unit, reader: Identity, job_id: uuid.UUID) -> Job:
    """The course's job of that id."""
    job = unit.jobs.get(reader.course_id, job_id)
    if job is None:
        raise NotFound("job", job_id)
    return job


def stop(job: Job, now: datetime) -> None:
    """Stops a job that is not over; whoever runs it notices at its next sign of life."""
    if job.state in OPEN:
        job.state, job.finished_at = JobState.STOPPED, now


def archive(settings: Settings, job_id: uuid.UUID) -> Path:
    """The file that holds what the job made."""
    return settings.data / "jobs" / f"{job_id}.zip"

"""Batch jobs and who runs them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.store.models import Job, JobState
from api.store.paging import Page, paged


class Jobs:
    """Repository of jobs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, course_id: uuid.UUID, job_id: uuid.UUID) -> Job | None:
        """The course's job of that id."""
        found = self._session.get(Job, job_id)
        return found if found and found.course_id == course_id else None

    def known(self, job_id: uuid.UUID) -> Job:
        """The job of that id, which is there."""
        return self._session.get_one(Job, job_id)

    def of_course(self, course_id: uuid.UUID, page: Page) -> Sequence[Job]:
        """The course's jobs, newest first."""
        query = select(Job).where(Job.course_id == course_id)
        return paged(self._session, query, (Job.created_at, Job.id), page, newest_first=True)

    def add(self, job: Job) -> Job:
        """The job, stored."""
        self._session.add(job)
        self._session.flush()
        return job

    def claim(self, silent_since: datetime, now: datetime) -> Job | None:
        """The job that has waited longest, or one whose runner fell silent, taken for oneself."""
        abandoned = (Job.state == JobState.RUNNING) & (Job.seen_at < silent_since)
        query = (
            select(Job)
            .where(or_(Job.state == JobState.WAITING, abandoned))
            .order_by(Job.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        job = self._session.scalar(query)
        if job is not None:
            job.state, job.seen_at = JobState.RUNNING, now
            self._session.flush()
        return job

"""The tables, as typed classes; migrations/ is the only thing that ever creates them."""

from api.store.models.attempts import Attempt, Outcome, State, Verdict, VerdictDiagnosis
from api.store.models.bank import Exercise, OwnTemplate, Question
from api.store.models.base import Base, Moment
from api.store.models.jobs import Job, JobState
from api.store.models.people import Course, Enrolment, Person, Role, Token
from api.store.models.practice import (
    Assignment,
    PracticeItem,
    PracticeSet,
    Sheet,
    Standing,
)
from api.store.models.regrades import Effect, Regrade, RegradedAttempt
from api.store.models.requests import AuditEntry, Replay
from api.store.models.webhooks import Delivered, Delivery, Webhook

__all__ = [
    "Assignment",
    "Attempt",
    "AuditEntry",
    "Base",
    "Course",
    "Delivered",
    "Delivery",
    "Effect",
    "Enrolment",
    "Exercise",
    "Job",
    "JobState",
    "Moment",
    "Outcome",
    "OwnTemplate",
    "Person",
    "PracticeItem",
    "PracticeSet",
    "Question",
    "Regrade",
    "RegradedAttempt",
    "Replay",
    "Role",
    "Sheet",
    "Standing",
    "State",
    "Token",
    "Verdict",
    "VerdictDiagnosis",
    "Webhook",
]

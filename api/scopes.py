"""What a token may do: one scope for each kind of operation, and the role that comes with it.

A role has every scope whose least role it reaches. A token may be given fewer than its role has,
never more. Scopes are words of the API: the OpenAPI document names one for each operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from api.store.models import Role


class Scope(StrEnum):
    """One kind of operation."""

    BANK_READ = "bank:read"
    BANK_WRITE = "bank:write"
    PRACTICE_READ = "practice:read"
    PRACTICE_WRITE = "practice:write"
    ATTEMPTS_READ = "attempts:read"
    ATTEMPTS_WRITE = "attempts:write"
    GRADEBOOK_READ = "gradebook:read"
    ANALYTICS_READ = "analytics:read"
    REGRADES_READ = "regrades:read"
    REGRADES_WRITE = "regrades:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    COURSE_READ = "course:read"
    COURSE_WRITE = "course:write"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    PERSON_READ = "person:read"
    PERSON_WRITE = "person:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    AUDIT_READ = "audit:read"
    COURSES_READ = "courses:read"
    COURSES_WRITE = "courses:write"
    METRICS_READ = "metrics:read"


@dataclass(frozen=True)
class Row:
    """A scope, the least role that has it, and what it means."""

    scope: Scope
    role: Role
    meaning: str


STUDENT, INSTRUCTOR, ADMIN, OPERATOR = Role
ROWS = (
    Row(Scope.COURSE_READ, STUDENT, "see the course"),
    Row(Scope.BANK_READ, STUDENT, "see templates, and exercises one may see"),
    Row(Scope.PRACTICE_READ, STUDENT, "see practice sets one may see"),
    Row(Scope.ATTEMPTS_READ, STUDENT, "see one's own attempts and verdicts; who teaches: all"),
    Row(Scope.ATTEMPTS_WRITE, STUDENT, "submit answers, and go on to the next variant"),
    Row(Scope.GRADEBOOK_READ, STUDENT, "see one's own marks; who teaches: all"),
    Row(Scope.PERSON_READ, STUDENT, "see and export what is kept about oneself"),
    Row(Scope.BANK_WRITE, INSTRUCTOR, "make exercises, bring templates of one's own"),
    Row(Scope.PRACTICE_WRITE, INSTRUCTOR, "make and change practice sets"),
    Row(Scope.ANALYTICS_READ, INSTRUCTOR, "see statistics, and export them"),
    Row(Scope.REGRADES_READ, INSTRUCTOR, "see regrades and what they would change"),
    Row(Scope.REGRADES_WRITE, INSTRUCTOR, "have attempts graded again, and apply that"),
    Row(Scope.JOBS_READ, INSTRUCTOR, "see batch jobs and fetch what they made"),
    Row(Scope.JOBS_WRITE, INSTRUCTOR, "start and stop batch jobs"),
    Row(Scope.PEOPLE_READ, INSTRUCTOR, "see who is in the course"),
    Row(Scope.COURSE_WRITE, ADMIN, "change the course"),
    Row(Scope.PEOPLE_WRITE, ADMIN, "enrol people, change their roles, end enrolments"),
    Row(Scope.PERSON_WRITE, ADMIN, "erase a person"),
    Row(Scope.TOKENS_READ, ADMIN, "see the course's tokens, without their secrets"),
    Row(Scope.TOKENS_WRITE, ADMIN, "give out and revoke tokens"),
    Row(Scope.WEBHOOKS_READ, ADMIN, "see webhooks and their deliveries"),
    Row(Scope.WEBHOOKS_WRITE, ADMIN, "make, change and try webhooks"),
    Row(Scope.AUDIT_READ, ADMIN, "see who changed what"),
    Row(Scope.COURSES_READ, OPERATOR, "see all courses"),
    Row(Scope.COURSES_WRITE, OPERATOR, "make courses"),
    Row(Scope.METRICS_READ, OPERATOR, "see what the service measures of itself"),
)
LEAST = {row.scope: row.role for row in ROWS}


def has(role: Role, scope: Scope) -> bool:
    """Whether a role comes with a scope: an operator's are the operator's own, and no course's."""
    least = LEAST[scope]
    return least == role if OPERATOR in (role, least) else role.reaches(least)


def of_role(role: Role) -> frozenset[Scope]:
    """Every scope of a role."""
    return frozenset(scope for scope in Scope if has(role, scope))


def granted(role: Role, narrowed: Iterable[str] | None) -> frozenset[Scope]:
    """The scopes of a token: those named among its role's, or all of its role."""
    every = of_role(role)
    return every if narrowed is None else every & frozenset(map(Scope, narrowed))

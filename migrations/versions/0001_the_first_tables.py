"""The first tables: courses and people, the bank, worksheets, attempts and their verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IDENTIFIER = sa.String(200)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Why: there is nothing yet, and an attempt needs a place where it cannot get lost."""
    create_people()
    create_bank()
    create_worksheets()
    create_attempts()
    create_verdicts()


def words(name: str, *values: str) -> sa.Enum:
    """A text column that admits these words only."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def required(name: str, kind: sa.types.TypeEngine, *more: sa.ForeignKey) -> sa.Column:
    """A column that always has a value."""
    return sa.Column(name, kind, *more, nullable=False)


def create_people() -> None:
    """course, person, enrolment, token."""
    role = words("role", "student", "instructor", "admin")
    op.create_table(
        "course",
        required("id", sa.Uuid()),
        required("title", sa.Text()),
        required("created_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_course"),
    )
    op.create_table(
        "person",
        required("id", sa.Uuid()),
        required("name", sa.Text()),
        required("created_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_table(
        "enrolment",
        required("course_id", sa.Uuid()),
        required("person_id", sa.Uuid()),
        required("role", role),
        sa.PrimaryKeyConstraint("course_id", "person_id", name="pk_enrolment"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_enrolment_course_id_course"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_enrolment_person_id_person"),
    )
    op.create_table(
        "token",
        required("id", sa.Uuid()),
        required("secret_sha256", sa.String(64)),
        required("course_id", sa.Uuid()),
        required("person_id", sa.Uuid()),
        required("role", role),
        required("created_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("secret_sha256", name="uq_token_secret_sha256"),
        sa.ForeignKeyConstraint(
            ["course_id", "person_id"],
            ["enrolment.course_id", "enrolment.person_id"],
            name="fk_token_course_id_person_id_enrolment",
        ),
    )


def create_bank() -> None:
    """exercise, question."""
    op.create_table(
        "exercise",
        required("id", IDENTIFIER),
        required("template", IDENTIFIER),
        required("version", sa.Integer()),
        required("seed", sa.BigInteger()),
        required("title", sa.Text()),
        required("spec", DOCUMENT),
        required("created_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_exercise"),
    )
    op.create_table(
        "question",
        required("id", IDENTIFIER),
        required("exercise_id", IDENTIFIER),
        required("position", sa.Integer()),
        required("name", IDENTIFIER),
        required("kind", sa.String(32)),
        required("spec", DOCUMENT),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.UniqueConstraint("exercise_id", "position", name="uq_question_exercise_id_position"),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercise.id"], name="fk_question_exercise_id_exercise"
        ),
    )


def create_worksheets() -> None:
    """worksheet, worksheet_item."""
    op.create_table(
        "worksheet",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("title", sa.Text()),
        required("created_at", MOMENT),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_worksheet"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_worksheet_course_id_course"),
    )
    op.create_index("ix_worksheet_course_id_created_at", "worksheet", ["course_id", "created_at"])
    op.create_table(
        "worksheet_item",
        required("worksheet_id", sa.Uuid()),
        required("position", sa.Integer()),
        required("exercise_id", IDENTIFIER),
        sa.PrimaryKeyConstraint("worksheet_id", "position", name="pk_worksheet_item"),
        sa.UniqueConstraint(
            "worksheet_id", "exercise_id", name="uq_worksheet_item_worksheet_id_exercise_id"
        ),
        sa.ForeignKeyConstraint(
            ["worksheet_id"], ["worksheet.id"], name="fk_worksheet_item_worksheet_id_worksheet"
        ),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercise.id"], name="fk_worksheet_item_exercise_id_exercise"
        ),
    )
    op.create_index("ix_worksheet_item_exercise_id", "worksheet_item", ["exercise_id"])


def create_attempts() -> None:
    """attempt, with an index over what is pending only: the sweeper reads nothing else."""
    op.create_table(
        "attempt",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("learner_id", sa.Uuid()),
        required("question_id", IDENTIFIER),
        required("text", sa.Text()),
        required("submitted_at", MOMENT),
        required("state", words("state", "pending", "graded")),
        required("due_at", MOMENT),
        required("enqueue_count", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.CheckConstraint("enqueue_count >= 0", name=op.f("ck_attempt_enqueue_count")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_attempt_course_id_course"),
        sa.ForeignKeyConstraint(["learner_id"], ["person.id"], name="fk_attempt_learner_id_person"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name="fk_attempt_question_id_question"
        ),
    )
    newest = ["submitted_at", "id"]
    op.create_index("ix_attempt_course_id_submitted_at_id", "attempt", ["course_id", *newest])
    op.create_index(
        "ix_attempt_learner_id_course_id_submitted_at_id",
        "attempt",
        ["learner_id", "course_id", *newest],
    )
    op.create_index("ix_attempt_question_id_course_id", "attempt", ["question_id", "course_id"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_attempt_pending",
        "attempt",
        ["due_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )


def create_verdicts() -> None:
    """verdict, verdict_diagnosis; at most one verdict of an attempt is the current one."""
    op.create_table(
        "verdict",
        required("id", SERIAL),
        required("attempt_id", sa.Uuid()),
        required("grader_version", sa.String(64)),
        required("current", sa.Boolean()),
        required(
            "outcome",
            words(
                "outcome", "correct", "partially_correct", "incorrect", "invalid", "needs_review"
            ),
        ),
        required("score", sa.Double()),
        required("reason", sa.String(64)),
        required("document", DOCUMENT),
        required("milliseconds", sa.Double()),
        required("recorded_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
        sa.UniqueConstraint(
            "attempt_id", "grader_version", name="uq_verdict_attempt_id_grader_version"
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_verdict_score")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_verdict_attempt_id_attempt"
        ),
    )
    current = sa.text("current")
    op.create_index(
        "ix_verdict_current",
        "verdict",
        ["attempt_id"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    op.create_table(
        "verdict_diagnosis",
        required("verdict_id", SERIAL),
        required("position", sa.Integer()),
        required("slug", IDENTIFIER),
        required("title", sa.Text()),
        sa.PrimaryKeyConstraint("verdict_id", "position", name="pk_verdict_diagnosis"),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdict.id"], name="fk_verdict_diagnosis_verdict_id_verdict"
        ),
    )
    op.create_index("ix_verdict_diagnosis_slug", "verdict_diagnosis", ["slug"])

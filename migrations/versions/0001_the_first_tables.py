"""The first tables: people, the bank, practice sets, attempts, verdicts, what requests leave."""

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
ROLES = ("student", "instructor", "admin", "operator")
OUTCOMES = ("correct", "partially_correct", "incorrect", "invalid", "needs_review")


def upgrade() -> None:
    """Why: there is nothing yet, and an attempt needs a place where it cannot get lost."""
    create_people()
    create_bank()
    create_practice()
    create_attempts()
    create_verdicts()
    create_requests()


def words(name: str, *values: str) -> sa.Enum:
    """A text column that admits these words only."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def required(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def create_people() -> None:
    """course, person, enrolment, token."""
    op.create_table(
        "course",
        required("id", sa.Uuid()),
        required("title", sa.Text()),
        required("created_at", MOMENT),
        required("revision", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_course"),
    )
    op.create_table(
        "person",
        required("id", sa.Uuid()),
        required("name", sa.Text()),
        sa.Column("external_id", IDENTIFIER),
        required("created_at", MOMENT),
        sa.Column("erased_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("external_id", name="uq_person_external_id"),
    )
    op.create_table(
        "enrolment",
        required("course_id", sa.Uuid()),
        required("person_id", sa.Uuid()),
        required("role", words("role", *ROLES)),
        required("created_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        required("revision", sa.Integer()),
        sa.CheckConstraint("role <> 'operator'", name="in_a_course"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_enrolment_course_id_course"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_enrolment_person_id_person"),
        sa.PrimaryKeyConstraint("course_id", "person_id", name="pk_enrolment"),
    )
    op.create_index("ix_enrolment_person_id", "enrolment", ["person_id"])
    op.create_table(
        "token",
        required("id", sa.Uuid()),
        required("secret_sha256", sa.String(64)),
        required("label", IDENTIFIER),
        sa.Column("course_id", sa.Uuid()),
        required("person_id", sa.Uuid()),
        required("role", words("role", *ROLES)),
        sa.Column("scopes", DOCUMENT),
        required("created_at", MOMENT),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.CheckConstraint("(role = 'operator') = (course_id IS NULL)", name="one_course"),
        sa.ForeignKeyConstraint(
            ["course_id", "person_id"],
            ["enrolment.course_id", "enrolment.person_id"],
            name="fk_token_course_id_person_id_enrolment",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_token_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("secret_sha256", name="uq_token_secret_sha256"),
    )
    op.create_index("ix_token_course_id_created_at_id", "token", ["course_id", "created_at", "id"])


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
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercise.id"], name="fk_question_exercise_id_exercise"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.UniqueConstraint("exercise_id", "position", name="uq_question_exercise_id_position"),
    )


def create_practice() -> None:
    """practice_set, practice_item, assignment."""
    op.create_table(
        "practice_set",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("title", sa.Text()),
        required("created_at", MOMENT),
        sa.Column("opens_at", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("closes_at", MOMENT),
        required("policy", DOCUMENT),
        required("revision", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name="fk_practice_set_course_id_course"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_practice_set"),
    )
    op.create_index(
        "ix_practice_set_course_id_created_at_id", "practice_set", ["course_id", "created_at", "id"]
    )
    op.create_table(
        "practice_item",
        required("practice_set_id", sa.Uuid()),
        required("position", sa.Integer()),
        required("template", IDENTIFIER),
        sa.Column("exercise_id", IDENTIFIER),
        sa.Column("questions", DOCUMENT),
        sa.Column("streak", sa.Integer()),
        required("weight", sa.Double()),
        sa.CheckConstraint("streak > 0", name="streak"),
        sa.CheckConstraint("weight >= 0", name="weight"),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercise.id"], name="fk_practice_item_exercise_id_exercise"
        ),
        sa.ForeignKeyConstraint(
            ["practice_set_id"],
            ["practice_set.id"],
            name="fk_practice_item_practice_set_id_practice_set",
        ),
        sa.PrimaryKeyConstraint("practice_set_id", "position", name="pk_practice_item"),
        sa.UniqueConstraint(
            "practice_set_id", "exercise_id", name="uq_practice_item_practice_set_id_exercise_id"
        ),
    )
    op.create_index("ix_practice_item_exercise_id", "practice_item", ["exercise_id"])
    op.create_table(
        "assignment",
        required("practice_set_id", sa.Uuid()),
        required("position", sa.Integer()),
        required("learner_id", sa.Uuid()),
        required("opportunity", sa.Integer()),
        required("exercise_id", IDENTIFIER),
        required("assigned_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercise.id"], name="fk_assignment_exercise_id_exercise"
        ),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["person.id"], name="fk_assignment_learner_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["practice_set_id", "position"],
            ["practice_item.practice_set_id", "practice_item.position"],
            name="fk_assignment_practice_set_id_position_practice_item",
        ),
        sa.PrimaryKeyConstraint(
            "practice_set_id", "position", "learner_id", "opportunity", name="pk_assignment"
        ),
    )
    op.create_index(
        "ix_assignment_exercise_id_learner_id", "assignment", ["exercise_id", "learner_id"]
    )
    op.create_index(
        "ix_assignment_learner_id_practice_set_id", "assignment", ["learner_id", "practice_set_id"]
    )


def create_attempts() -> None:
    """attempt, with an index over what is pending only: the sweeper reads nothing else."""
    op.create_table(
        "attempt",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("learner_id", sa.Uuid()),
        required("question_id", IDENTIFIER),
        sa.Column("practice_set_id", sa.Uuid()),
        sa.Column("position", sa.Integer()),
        required("number", sa.Integer()),
        required("credit", sa.Double()),
        required("text", sa.Text()),
        required("submitted_at", MOMENT),
        required("state", words("state", "pending", "graded")),
        required("due_at", MOMENT),
        required("enqueue_count", sa.Integer()),
        sa.CheckConstraint("credit BETWEEN 0 AND 1", name="credit"),
        sa.CheckConstraint("enqueue_count >= 0", name="enqueue_count"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_attempt_course_id_course"),
        sa.ForeignKeyConstraint(["learner_id"], ["person.id"], name="fk_attempt_learner_id_person"),
        sa.ForeignKeyConstraint(
            ["practice_set_id"], ["practice_set.id"], name="fk_attempt_practice_set_id_practice_set"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name="fk_attempt_question_id_question"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.UniqueConstraint(
            "learner_id",
            "question_id",
            "practice_set_id",
            "number",
            name="uq_attempt_learner_id_question_id_practice_set_id_number",
        ),
    )
    op.create_index(
        "ix_attempt_course_id_submitted_at_id", "attempt", ["course_id", "submitted_at", "id"]
    )
    op.create_index(
        "ix_attempt_learner_id_course_id_submitted_at_id",
        "attempt",
        ["learner_id", "course_id", "submitted_at", "id"],
    )
    op.create_index(
        "ix_attempt_pending",
        "attempt",
        ["due_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_attempt_practice_set_id_learner_id_question_id_submitted_at",
        "attempt",
        ["practice_set_id", "learner_id", "question_id", "submitted_at"],
    )
    op.create_index("ix_attempt_question_id_course_id", "attempt", ["question_id", "course_id"])


def create_verdicts() -> None:
    """verdict, verdict_diagnosis, standing."""
    op.create_table(
        "verdict",
        required("id", SERIAL),
        required("attempt_id", sa.Uuid()),
        required("grader_version", sa.String(64)),
        required("current", sa.Boolean()),
        required("outcome", words("outcome", *OUTCOMES)),
        required("score", sa.Double()),
        required("reason", sa.String(64)),
        required("document", DOCUMENT),
        required("milliseconds", sa.Double()),
        required("recorded_at", MOMENT),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="score"),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_verdict_attempt_id_attempt"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
        sa.UniqueConstraint(
            "attempt_id", "grader_version", name="uq_verdict_attempt_id_grader_version"
        ),
    )
    op.create_index(
        "ix_verdict_current",
        "verdict",
        ["attempt_id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "verdict_diagnosis",
        required("verdict_id", SERIAL),
        required("position", sa.Integer()),
        required("slug", IDENTIFIER),
        required("title", sa.Text()),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdict.id"], name="fk_verdict_diagnosis_verdict_id_verdict"
        ),
        sa.PrimaryKeyConstraint("verdict_id", "position", name="pk_verdict_diagnosis"),
    )
    op.create_index("ix_verdict_diagnosis_slug", "verdict_diagnosis", ["slug"])
    op.create_table(
        "standing",
        required("practice_set_id", sa.Uuid()),
        required("learner_id", sa.Uuid()),
        required("question_id", IDENTIFIER),
        required("course_id", sa.Uuid()),
        required("exercise_id", IDENTIFIER),
        required("position", sa.Integer()),
        required("name", IDENTIFIER),
        required("submissions", sa.Integer()),
        required("unreadable", sa.Integer()),
        sa.Column("first_outcome", words("first_outcome", *OUTCOMES)),
        sa.Column("first_score", sa.Double()),
        sa.Column("first_at", MOMENT),
        sa.Column("slug", IDENTIFIER),
        sa.Column("best_score", sa.Double()),
        sa.Column("last_score", sa.Double()),
        sa.Column("last_at", MOMENT),
        sa.Column("right_number", sa.Integer()),
        sa.Column("right_at", MOMENT),
        required("mark", sa.Double()),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_standing_course_id_course"),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercise.id"], name="fk_standing_exercise_id_exercise"
        ),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["person.id"], name="fk_standing_learner_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["practice_set_id"],
            ["practice_set.id"],
            name="fk_standing_practice_set_id_practice_set",
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name="fk_standing_question_id_question"
        ),
        sa.PrimaryKeyConstraint("practice_set_id", "learner_id", "question_id", name="pk_standing"),
    )
    op.create_index("ix_standing_course_id_question_id", "standing", ["course_id", "question_id"])
    op.create_index(
        "ix_standing_practice_set_id_position_name",
        "standing",
        ["practice_set_id", "position", "name"],
    )


def create_requests() -> None:
    """replay, audit_entry."""
    op.create_table(
        "replay",
        required("token_id", sa.Uuid()),
        required("key", IDENTIFIER),
        required("fingerprint", sa.String(64)),
        required("status", sa.Integer()),
        required("headers", DOCUMENT),
        required("body", sa.Text()),
        required("created_at", MOMENT),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name="fk_replay_token_id_token"),
        sa.PrimaryKeyConstraint("token_id", "key", name="pk_replay"),
    )
    op.create_index("ix_replay_created_at", "replay", ["created_at"])
    op.create_table(
        "audit_entry",
        required("id", SERIAL),
        required("at", MOMENT),
        sa.Column("course_id", sa.Uuid()),
        required("person_id", sa.Uuid()),
        required("token_id", sa.Uuid()),
        required("operation", sa.String(64)),
        required("target", sa.Text()),
        required("request_id", IDENTIFIER),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_audit_entry_person_id_person"
        ),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name="fk_audit_entry_token_id_token"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_course_id_id", "audit_entry", ["course_id", "id"])

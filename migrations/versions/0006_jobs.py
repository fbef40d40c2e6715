"""Batch jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def words(name: str, *values: str) -> sa.Enum:
    """A text column that admits these words only."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def required(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Why: a hundred sheets take longer than a request may."""
    op.create_table(
        "job",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("order", DOCUMENT),
        required("state", words("job_state", "waiting", "running", "done", "failed", "stopped")),
        required("done", sa.Integer()),
        required("total", sa.Integer()),
        sa.Column("fault", sa.Text()),
        required("created_by", sa.Uuid()),
        required("created_at", MOMENT),
        sa.Column("seen_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_job_course_id_course"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name="fk_job_created_by_person"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_course_id_created_at_id", "job", ["course_id", "created_at", "id"])
    op.create_index(
        "ix_job_open",
        "job",
        ["created_at"],
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )

"""Templates that courses bring."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IDENTIFIER = sa.String(200)


def required(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Why: a course has exercises that no bank has thought of."""
    op.create_table(
        "own_template",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("slug", sa.String(200)),
        required("version", sa.Integer()),
        required("source", sa.Text()),
        required("created_by", sa.Uuid()),
        required("created_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name="fk_own_template_course_id_course"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name="fk_own_template_created_by_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_own_template"),
        sa.UniqueConstraint("slug", "version", name="uq_own_template_slug_version"),
    )
    op.create_index(
        "ix_own_template_course_id_slug_version", "own_template", ["course_id", "slug", "version"]
    )

"""What statistics are made of: misconceptions by opportunity, a learner's standings as a sheet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IDENTIFIER = sa.String(200)


def upgrade() -> None:
    """Why: statistics are read at once only where somebody has kept what they are made of.

    What standings from before say of it comes with their next verdict.
    """
    with op.batch_alter_table("standing") as table:
        table.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default=""))
        table.add_column(sa.Column("scores", DOCUMENT, nullable=False, server_default="[]"))
        table.add_column(sa.Column("fixed", sa.Boolean()))
        table.add_column(sa.Column("persisted", sa.Boolean()))
    asked = "(SELECT question.kind FROM question WHERE question.id = standing.question_id)"
    op.execute(f"UPDATE standing SET kind = {asked}")
    with op.batch_alter_table("standing") as table:
        table.alter_column("kind", server_default=None)
        table.alter_column("scores", server_default=None)
    create_indexes()
    op.create_table(
        "sheet",
        sa.Column("practice_set_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["person.id"], name="fk_sheet_learner_id_person"),
        sa.ForeignKeyConstraint(
            ["practice_set_id"], ["practice_set.id"], name="fk_sheet_practice_set_id_practice_set"
        ),
        sa.PrimaryKeyConstraint("practice_set_id", "learner_id", name="pk_sheet"),
    )


def create_indexes() -> None:
    """By misconception, by opportunity, and those who are stuck."""
    op.create_index(
        "ix_standing_misconception",
        "standing",
        [
            *("course_id", "practice_set_id", "exercise_id", "slug"),
            *("first_outcome", "fixed", "persisted"),
        ],
    )
    op.create_index(
        "ix_standing_opportunity", "standing", ["learner_id", "course_id", "kind", "first_at"]
    )
    unsolved = sa.text("right_number IS NULL")
    op.create_index(
        "ix_standing_stuck",
        "standing",
        ["course_id", "first_at", "learner_id", "question_id"],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )

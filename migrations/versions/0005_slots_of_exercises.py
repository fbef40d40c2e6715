"""The slots of exercises, in a column of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SLOTS = {"sqlite": "json_extract(spec, '$.slots')", "postgresql": "spec -> 'slots'"}


def upgrade() -> None:
    """Why: statistics by slot value read thousands of them, and none of the long specs."""
    with op.batch_alter_table("exercise") as table:
        table.add_column(sa.Column("slots", DOCUMENT, nullable=False, server_default="{}"))
    op.execute(f"UPDATE exercise SET slots = {SLOTS[op.get_bind().dialect.name]}")
    with op.batch_alter_table("exercise") as table:
        table.alter_column("slots", server_default=None)
    op.create_index("ix_exercise_template", "exercise", ["template"])

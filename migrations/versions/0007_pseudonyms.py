"""A key for each course, from which the pseudonyms of its exports are made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# 256 random bits as hexadecimal digits, from what each database has.
DRAWN = {
    "sqlite": "lower(hex(randomblob(32)))",
    "postgresql": "replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')",
}


def upgrade() -> None:
    """Why: who is given an export shall follow learners through it and not know who they are."""
    with op.batch_alter_table("course") as table:
        table.add_column(sa.Column("pseudonym_key", sa.String(64)))
    op.execute(f"UPDATE course SET pseudonym_key = {DRAWN[op.get_bind().dialect.name]}")
    with op.batch_alter_table("course") as table:
        table.alter_column("pseudonym_key", existing_type=sa.String(64), nullable=False)

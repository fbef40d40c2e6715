"""Which function a wrong answer is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Why: wrong answers that are equal, though written differently, are told as one."""
    with op.batch_alter_table("verdict") as table:
        table.add_column(sa.Column("function", sa.String(16)))

"""An item of a worksheet may ask some questions of its exercise only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Why: templates ask more than an instructor wants on one sheet; null means all, as before."""
    op.add_column("worksheet_item", sa.Column("questions", DOCUMENT, nullable=True))

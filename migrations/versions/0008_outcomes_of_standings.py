"""How many attempts of a standing came out how."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTED = (("correct", "correct"), ("partial", "partially_correct"), ("reviews", "needs_review"))
NUMBER = """(
    SELECT count(*) FROM attempt JOIN verdict ON verdict.attempt_id = attempt.id
    WHERE attempt.practice_set_id = standing.practice_set_id
    AND attempt.learner_id = standing.learner_id AND attempt.question_id = standing.question_id
    AND verdict.current AND verdict.outcome = '{outcome}'
)"""


def upgrade() -> None:
    """Why: outcomes question by question are counted over standings; attempts are too many."""
    with op.batch_alter_table("standing") as table:
        for name, _ in COUNTED:
            table.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name, outcome in COUNTED:
        op.execute(f"UPDATE standing SET {name} = {NUMBER.format(outcome=outcome)}")
    with op.batch_alter_table("standing") as table:
        for name, _ in COUNTED:
            table.alter_column(name, server_default=None)
    op.drop_index("ix_standing_course_id_question_id", "standing")
    columns = ("course_id", "question_id", "slug")
    numbers = ("submissions", "correct", "partial", "unreadable", "reviews")
    op.create_index("ix_standing_outcomes", "standing", [*columns, *numbers])

"""Regrades, webhooks and their deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Why: a better grader must be able to look at old answers, and an LMS wants to be told."""
    create_regrades()
    create_webhooks()


def words(name: str, *values: str) -> sa.Enum:
    """A text column that admits these words only."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def required(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def create_regrades() -> None:
    """regrade, regraded_attempt, with an index over what is open only."""
    op.create_table(
        "regrade",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("scope", DOCUMENT),
        required("reason", sa.Text()),
        required("dry_run", sa.Boolean()),
        required("created_by", sa.Uuid()),
        required("created_at", MOMENT),
        required("total", sa.Integer()),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_regrade_course_id_course"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name="fk_regrade_created_by_person"),
        sa.PrimaryKeyConstraint("id", name="pk_regrade"),
    )
    op.create_index(
        "ix_regrade_course_id_created_at_id", "regrade", ["course_id", "created_at", "id"]
    )
    op.create_table(
        "regraded_attempt",
        required("regrade_id", sa.Uuid()),
        required("attempt_id", sa.Uuid()),
        required("due_at", MOMENT),
        required("before_id", SERIAL),
        sa.Column("after_id", SERIAL),
        sa.Column("effect", words("effect", "same", "raised", "lowered")),
        required("applied", sa.Boolean()),
        sa.ForeignKeyConstraint(
            ["after_id"], ["verdict.id"], name="fk_regraded_attempt_after_id_verdict"
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_regraded_attempt_attempt_id_attempt"
        ),
        sa.ForeignKeyConstraint(
            ["before_id"], ["verdict.id"], name="fk_regraded_attempt_before_id_verdict"
        ),
        sa.ForeignKeyConstraint(
            ["regrade_id"], ["regrade.id"], name="fk_regraded_attempt_regrade_id_regrade"
        ),
        sa.PrimaryKeyConstraint("regrade_id", "attempt_id", name="pk_regraded_attempt"),
    )
    op.create_index("ix_regraded_attempt_attempt_id", "regraded_attempt", ["attempt_id"])
    op.create_index(
        "ix_regraded_attempt_open",
        "regraded_attempt",
        ["due_at"],
        sqlite_where=sa.text("effect IS NULL"),
        postgresql_where=sa.text("effect IS NULL"),
    )
    op.create_index(
        "ix_regraded_attempt_regrade_id_effect", "regraded_attempt", ["regrade_id", "effect"]
    )


def create_webhooks() -> None:
    """webhook, delivery, with an index over what is waiting only."""
    op.create_table(
        "webhook",
        required("id", sa.Uuid()),
        required("course_id", sa.Uuid()),
        required("url", sa.Text()),
        required("events", DOCUMENT),
        required("active", sa.Boolean()),
        required("secret", sa.String(200)),
        required("created_at", MOMENT),
        required("revision", sa.Integer()),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_webhook_course_id_course"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_index(
        "ix_webhook_course_id_created_at_id", "webhook", ["course_id", "created_at", "id"]
    )
    op.create_table(
        "delivery",
        required("id", sa.Uuid()),
        required("webhook_id", sa.Uuid()),
        required("event", sa.String(64)),
        required("payload", DOCUMENT),
        required("state", words("delivered", "waiting", "delivered", "given-up")),
        required("due_at", MOMENT),
        required("tries", sa.Integer()),
        sa.Column("status", sa.Integer()),
        sa.Column("fault", sa.Text()),
        required("created_at", MOMENT),
        sa.Column("delivered_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name="fk_delivery_webhook_id_webhook"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["due_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_delivery_webhook_id_created_at_id", "delivery", ["webhook_id", "created_at", "id"]
    )

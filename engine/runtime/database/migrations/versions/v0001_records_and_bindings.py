"""Call records and bindings: the first tables.

Frozen, like every migration: it says what the tables were then, not what they are now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table(
        "cdr",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("callee", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("talk_s", sa.Double(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("cdr_tenant", "cdr", ["tenant", "call_id"])
    op.create_index("cdr_caller", "cdr", ["tenant", "caller", "call_id"])
    op.create_index("cdr_callee", "cdr", ["tenant", "callee", "call_id"])
    op.create_index("cdr_answered_by", "cdr", ["tenant", "answered_by", "call_id"])
    op.create_index("cdr_started_at", "cdr", ["started_at"])
    op.create_table(
        "binding",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("cseq", sa.BigInteger(), nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("transport", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.Double(), nullable=False),
        sa.Column("refreshed_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("q", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number", "contact"),
    )


def downgrade() -> None:
    op.drop_table("binding")
    op.drop_table("cdr")

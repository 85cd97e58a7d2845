"""Records are found by direction and trunk, and by every other filter along an index in the order of time; retention.

The columns come with a default, so that adding them to millions of rows takes no time; what they really are for old rows is read from
their documents later, in steps (`engine.runtime.database.upkeep`). Building the indexes takes some 5 s for a million records, in the
database's thread: calls go on, their records wait in the journal.

Frozen, like every migration: it says what the tables were then, not what they are now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"

_OLD = ("cdr_tenant", "cdr_caller", "cdr_callee", "cdr_answered_by", "cdr_started_at")
_ASKED = ("caller", "callee", "answered_by", "outcome", "direction", "trunk", "talk_s")


def upgrade() -> None:
    op.add_column("cdr", sa.Column("direction", sa.Text(), nullable=False, server_default="internal"))
    op.add_column("cdr", sa.Column("trunk", sa.Text(), nullable=False, server_default=""))
    for name in _OLD:
        op.drop_index(name, "cdr")
    op.create_index("cdr_walk", "cdr", ["started_at", "call_id", "tenant", *_ASKED])
    op.create_index("cdr_tenant", "cdr", ["tenant", "started_at", "call_id", *_ASKED])
    for column in _ASKED:
        op.create_index(f"cdr_{column}", "cdr", [column, "started_at", "call_id", "tenant"])
    op.create_table(
        "upkeep",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "cdr_retention",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.execute("INSERT INTO upkeep (name, place) SELECT 'directions', '' WHERE EXISTS (SELECT 1 FROM cdr)")


def downgrade() -> None:
    op.drop_table("cdr_retention")
    op.drop_table("upkeep")
    for name in ("cdr_walk", "cdr_tenant", *[f"cdr_{column}" for column in _ASKED]):
        op.drop_index(name, "cdr")
    op.drop_column("cdr", "trunk")
    op.drop_column("cdr", "direction")
    op.create_index("cdr_tenant", "cdr", ["tenant", "call_id"])
    op.create_index("cdr_caller", "cdr", ["tenant", "caller", "call_id"])
    op.create_index("cdr_callee", "cdr", ["tenant", "callee", "call_id"])
    op.create_index("cdr_answered_by", "cdr", ["tenant", "answered_by", "call_id"])
    op.create_index("cdr_started_at", "cdr", ["started_at"])

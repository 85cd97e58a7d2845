"""Which token opened a session of the page, so that they end together.

Frozen, like every migration: it says what the tables were then, not what they are now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    op.add_column("token", sa.Column("opened_by", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("token", "opened_by")

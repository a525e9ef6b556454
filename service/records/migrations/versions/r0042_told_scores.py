"""The scores that webhooks were told of last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "told_score",
        sa.Column("owner", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("party", sa.String(1024), primary_key=True),
        sa.Column("purpose", sa.String(100), primary_key=True),
        sa.Column("figures", sa.Text(), nullable=False),
    )

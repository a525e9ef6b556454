"""Entries of blacklists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "list_entry",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("ends", sa.Float(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
    for column in ("state", "party", "ends"):
        op.create_index(f"ix_list_entry_{column}", "list_entry", [column])

"""Suppression rules, statements and objections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0045"


def upgrade() -> None:
    op.create_table(
        "matter",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("party", sa.String(64), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
    )
    for column in ("kind", "state", "party"):
        op.create_index(f"ix_matter_{column}", "matter", [column])

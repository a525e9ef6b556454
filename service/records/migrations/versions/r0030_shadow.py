"""How scores of a model in shadow differ, as counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "shadow",
        sa.Column("live", sa.String(64), primary_key=True),
        sa.Column("shadow", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.String(100), primary_key=True),
        sa.Column("assessed", sa.String(16), primary_key=True),
        sa.Column("difference", sa.Integer(), primary_key=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("levels", sa.Integer(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("first", sa.Float(), nullable=False),
        sa.Column("last", sa.Float(), nullable=False),
    )

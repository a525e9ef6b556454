"""Webhooks, and what is sent to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.Integer(), nullable=False, index=True),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("parties", sa.Text()),
        sa.Column("signature", sa.String(8), nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("old_secret", sa.String(100)),
        sa.Column("old_until", sa.Float()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made", sa.Float(), nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("webhook", sa.String(32), nullable=False, index=True),
        sa.Column("owner", sa.Integer(), nullable=False, index=True),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made", sa.Float(), nullable=False, index=True),
        sa.Column("ended", sa.Float(), index=True),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.String(500)),
    )

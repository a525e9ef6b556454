"""Disputes, what was told to parties, and keys that are bound to one party."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("due", sa.Float()),
        sa.Column("content", sa.Text(), nullable=False),
    )
    for column in ("state", "party", "due"):
        op.create_index(f"ix_dispute_{column}", "dispute", [column])
    op.create_table(
        "told",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("made", sa.Float(), nullable=False),
        sa.Column("kept_until", sa.Float(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
    for column in ("party", "kind", "about", "kept_until"):
        op.create_index(f"ix_told_{column}", "told", [column])
    with op.batch_alter_table("key") as key:
        key.add_column(sa.Column("party", sa.String(1024)))
        key.add_column(sa.Column("assurance", sa.String(16)))

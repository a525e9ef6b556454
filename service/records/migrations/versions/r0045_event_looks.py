"""How far events were looked through for alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0042"


def upgrade() -> None:
    op.create_table(
        "event_look",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("made", sa.Float(), nullable=False, index=True),
        sa.Column("seconds", sa.Float(), nullable=False),
    )

"""Jobs, and who asked about whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("owner", sa.Integer(), index=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("made", sa.Float(), nullable=False, index=True),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("worker", sa.String(32)),
        sa.Column("lease", sa.Float()),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("checkpoint", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("error", sa.String(500)),
        sa.Column("ended", sa.Float()),
    )
    op.create_index("ix_job_due", "job", ["state", "due"])
    op.create_table(
        "access",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("time", sa.Float(), nullable=False, index=True),
        sa.Column("key", sa.Integer(), index=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_table(
        "access_party",
        sa.Column("number", sa.Integer(), sa.ForeignKey("access.number"), primary_key=True),
        sa.Column("party", sa.String(64), primary_key=True, index=True),
    )
    head = op.create_table(
        "access_head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "digest": 64 * "0"}])

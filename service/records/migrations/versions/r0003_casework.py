"""Cases, alerts, views, and the acts on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "case",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("assignee", sa.String(200), index=True),
        sa.Column("opened", sa.Float(), nullable=False),
        sa.Column("changed", sa.Float(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
    op.create_table(
        "case_party",
        sa.Column("case", sa.Integer(), sa.ForeignKey("case.id"), primary_key=True),
        sa.Column("party", sa.String(1024), primary_key=True, index=True),
    )
    op.create_table(
        "case_view",
        sa.Column("case", sa.Integer(), sa.ForeignKey("case.id"), primary_key=True),
        sa.Column("view", sa.String(64), primary_key=True, index=True),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("level", sa.String(16)),
        sa.Column("strength", sa.Float(), nullable=False, index=True),
        sa.Column("made", sa.Float(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("assignee", sa.String(200)),
        sa.Column("snoozed_until", sa.Float()),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
    )
    op.create_table(
        "alert_party",
        sa.Column("alert", sa.String(16), sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("party", sa.String(1024), primary_key=True, index=True),
    )
    op.create_table(
        "alert_search",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("before", sa.String(64)),
        sa.Column("made", sa.Float(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("about", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
    )
    op.create_index("ix_act_subject", "act", ["about", "subject", "number"], unique=True)
    op.create_table(
        "view",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made", sa.Float(), nullable=False),
    )
    op.create_table(
        "view_owner",
        sa.Column("view", sa.String(64), sa.ForeignKey("view.id"), primary_key=True),
        sa.Column("person", sa.String(200), primary_key=True),
    )

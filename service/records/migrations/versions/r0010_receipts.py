"""Receipts of answers, with the policies they were given under, and the pairs that keys asked about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("rules", sa.Text(), nullable=False),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("key", sa.Integer(), sa.ForeignKey("key.id"), primary_key=True),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("base_revision", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Float()),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("odds0", sa.Float(), nullable=False),
        sa.Column("engine", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "pair_day",
        sa.Column("key", sa.Integer(), sa.ForeignKey("key.id"), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        sa.Column("pairs", sa.Integer(), nullable=False),
    )
    op.create_table(
        "pair",
        sa.Column("key", sa.Integer(), sa.ForeignKey("key.id"), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
    )

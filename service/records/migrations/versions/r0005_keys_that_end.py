"""Keys that expire, are rotated, have a quota, or see only test parties."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("key") as key:
        key.add_column(sa.Column("expires", sa.DateTime(timezone=True)))
        key.add_column(sa.Column("used", sa.DateTime(timezone=True)))
        key.add_column(sa.Column("family", sa.Integer()))
        key.add_column(sa.Column("per_minute", sa.Integer()))
        key.add_column(sa.Column("per_day", sa.Integer()))
        key.add_column(sa.Column("sandbox", sa.Boolean()))
    keys = sa.table("key", sa.column("sandbox", sa.Boolean()))
    op.execute(keys.update().values(sandbox=False))
    with op.batch_alter_table("key") as key:
        key.alter_column("sandbox", existing_type=sa.Boolean(), nullable=False)
    op.create_table(
        "key_use",
        sa.Column("family", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("span", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
    )

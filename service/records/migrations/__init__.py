"""The tables of the records as a line of revisions, which alembic follows at start.

A change of `tables.py` is a new file in versions/, numbered after the newest and naming it as its `down_revision`; what
was released is never changed. A test compares the tables with what the revisions make.
"""

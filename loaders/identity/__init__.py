"""Which rows and ids are the same: natural keys, rows that repeat others, parties that are known, ids that look alike.

In: checked chunks and the parties known so far. Out: keys, the rows that count, and doubts. It may import `checking`
and what lies below it.
"""

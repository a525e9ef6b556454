"""Checking rows: chunks of columns become Arrow batches of facts, and every row that breaks a rule is rejected.

In: a chunk, its mapping, the kinds and parties known so far. Out: the columns of a table of facts, and which rows are
valid. It may import `rejects`, `plan`, `reading`, `mapping`, `notices` and `values`.
"""

"""A snapshot and what was recorded since: new parties, changed attributes, links and outcomes that came and went.

In: an opened snapshot, and changes as the store or the journal gives them. Out: a snapshot in memory that answers like
one that is built from all the facts. Imports of graph what lies beside and below.
"""

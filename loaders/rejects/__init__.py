"""Rejected rows: why each was rejected, and the files in which they are corrected and loaded again.

In: chunks and the rejects found in them. Out: counts by reason code, a few examples, and one rejects file an input. It
may import `plan`, `reading` and `values`.
"""

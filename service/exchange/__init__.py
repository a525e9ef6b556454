"""Files between institutions that stay closed to each other: what one asks of parties, and what the other answers.

Parties are named by keyed hashes of what both know them by, files are signed, and an answer is taken as facts.
"""

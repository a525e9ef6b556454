"""Commands that look around in a snapshot: `kith search`, `show`, `neighbours`, `paths`, `export` and `compare`.

In go texts and ids of parties; out come lines and tables for people and, with --json, the answers of service.
"""

"""Commands about what was loaded and what may be: `kith loads`, `snapshots`, `kinds` and `mapping`.

In go a store, the workspace or files; out come tables for people and, with --json, one object.
"""

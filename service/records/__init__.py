"""What the service itself must remember: API keys, in a database of its own that migrations make.

In goes a database URL; out come an engine and, from it, keys. It may import graph's errors and purposes.
"""

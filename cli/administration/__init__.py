"""Commands for those who run an installation: keys, the access log, purposes, models, backups.

In: files, the records and the workspace. Out: tables for people, JSON for programs. May import service and graph.
"""

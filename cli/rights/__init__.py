"""Commands for the rights of the person scored: disputes, notices, own reports, and the legal profiles.

In: the records and the store. Out: tables for people, JSON for programs, pages to print. May import service and graph.
"""

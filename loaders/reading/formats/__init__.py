"""Formats whose rows are records: spreadsheets, JSON lines, networks and address books, as chunks of typed columns.

In: a path and its dialect. Out: names of columns, and chunks. It may import what else is in `reading`, but `readers`.
"""

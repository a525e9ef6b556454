"""Commands that test what the score is worth on files of what happened.

In: files and a store. Out: tables, sentences, a page. May import service and what trains.
"""

"""Objections to categories and to automated decisions, statements on records, and what answers make of both.

Comes in: what parties say, reviewers' decisions. Goes out: the purpose by which a party is answered for, statements.
"""

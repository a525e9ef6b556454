"""Suppression rules: policies by which outcomes are shown, shared and used no more, without being deleted.

Comes in: rules as TOML, outcomes of the store, the time. Goes out: outcomes that are suppressed or stand again.
"""

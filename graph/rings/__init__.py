"""Rings: groups that share identifiers, move money in circles or begin at once, more than chance and kinship explain.

In: a snapshot. Out: rings with members, roles, evidence and strength (`graph.rings.find.find_rings`).
May import graph.snapshots, graph.schema and graph.csr.
"""

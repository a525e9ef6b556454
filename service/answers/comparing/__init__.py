"""Two of a kind side by side: two snapshots, a party before and after, two rings.

Comes in: snapshots or contexts, a party, names of rings. Goes out: what differs and what both have.
"""

"""Alerts from events, before the next snapshot is made: what is found near them, and when it is looked for.

In: the network as it is now and as its snapshot was built, and the journal between. Out: alerts in the records. It may
import what casework may.
"""

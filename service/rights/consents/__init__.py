"""Consents of parties, exported as records that other institutions can read.

Comes in: consents of the store. Goes out: JSON-LD by ISO/IEC TS 27560 and the Data Privacy Vocabulary.
"""

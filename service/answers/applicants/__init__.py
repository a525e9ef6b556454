"""Applicants: parties that are not in the network, described by a question, assessed, and stored nowhere."""

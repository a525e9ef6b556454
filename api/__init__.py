"""The HTTP API, a Flask application: parse a question, call service, serialise its answer.

In go requests, with a key; out come the answer models of service as JSON, and problems. It may import service, and of
the lower packages what names things: graph's errors, purposes and limits.
"""

"""What the API says of itself beside its schemas: kinds of problems, where answers lead.

In go names of operations and errors of graph; out come parts of /openapi.json, and pages for people.
"""

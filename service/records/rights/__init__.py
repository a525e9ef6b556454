"""Records of what people scored can do: disputes, and what was told to whom.

Comes in: values of `service.rights` as JSON. Goes out: the same. It may import the tables and acts of service.records.
"""

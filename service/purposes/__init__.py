"""The purposes of an installation: those that are built in, and those that it declares in a file.

In goes a TOML file; out come `graph.purposes.Purpose` values that keep to the locked profiles they name. May import
graph's errors, purposes and schema.
"""

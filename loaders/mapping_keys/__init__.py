"""The keys of a mapping file by what they describe: typed TOML tables, dialects, notations, fields.

In: a TOML table. Out: parts of a mapping, or a MappingError that names the place. It may import `mapping`,
`reading` and `values`.
"""

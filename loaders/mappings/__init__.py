"""The mapping files (TOML) that come with Kith, one for each published source, named like the source.

In: nothing. Out: data that `loaders.mapping_file` reads, which also documents the format. No code, no imports.
"""

"""Mapping files (TOML) of well-known sources; `loaders.mapping` says what may stand in one."""

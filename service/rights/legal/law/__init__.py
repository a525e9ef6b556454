"""Legal profiles, as TOML files: the clocks of disputes and notices, each with its source."""

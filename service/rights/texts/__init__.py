"""What notices and own reports say, in English and Chinese, as TOML files."""

"""Holidays of business-day calendars, as TOML files."""

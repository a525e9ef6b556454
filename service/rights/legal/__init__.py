"""Legal profiles (`law/`) and calendars of business days (`calendars/`), both data. Knows nothing of disputes."""

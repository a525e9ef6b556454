"""The routes of those who run a service, and of what belongs to a key: jobs, the access log, webhooks, models."""

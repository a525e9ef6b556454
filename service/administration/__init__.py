"""What those who run a service ask and set: keys, jobs, the access log, webhooks, backups.

Comes in: the records and the workspace. Goes out: answers as pydantic models, what was changed, and what a sandbox key
is told. It may import all of service but casework; nothing of Flask.
"""
